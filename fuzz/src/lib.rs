//! The fuzz bodies as a library, one target of libFuzzer around each.

#[path = "../bodies.rs"]
pub mod bodies;
