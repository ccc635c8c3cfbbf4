//! The worker is C's `main`; this links it to the Tongsuo of the crate.
#![no_main]

extern crate tongsuo as _;
