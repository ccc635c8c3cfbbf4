//! The fuzz bodies as a library, one target of libFuzzer around each.

#[path = "../bodies.rs"]
pub mod bodies;
#[path = "../bodies/border.rs"]
pub mod border;
#[path = "../bodies/devices.rs"]
pub mod devices;
