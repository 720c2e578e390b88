//! `yaml` under libFuzzer; what is asked of it is in src/lib.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| chainwalk_fuzz::yaml(data));
