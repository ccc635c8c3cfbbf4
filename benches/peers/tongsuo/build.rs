//! Compiles the worker for the headers of the Tongsuo that was built.
use std::env;

fn main() {
    let include = env::var("DEP_OPENSSL_INCLUDE").expect("tongsuo-sys says where its headers are");
    println!("cargo:rerun-if-changed=../c");
    cc::Build::new()
        .file("../c/worker.c")
        .file("../c/evp.c")
        .file("../c/evp-sm2.c")
        .include(include)
        .opt_level(2)
        .compile("worker");
}
