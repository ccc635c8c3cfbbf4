//! Gives the shared library the name that programs remember it by.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // The number is the ABI's, `MIYAO_ABI_VERSION`. Which symbols are seen is the compiler's version script: those with `no_mangle` alone.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libmiyao.so.1");
    }
}
