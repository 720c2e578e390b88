//! Recordings of real kernels: read, played by the simulator, and printed in the same words.
