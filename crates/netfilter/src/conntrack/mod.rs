//! What a namespace remembers of connections.
