#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| miyao_fuzz::bodies::roots::seals(data));
