//! The `miyao` command.
fn main() {}
