//! Clears the vector registers, in which kernels leave what they worked on.
//!
//! Knows neither kernels nor secrets; whoever has worked on a secret calls it.

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

/// Sets every vector register that a kernel may use to zero; does nothing where kernels are integers.
pub(crate) fn wipe_registers() {
    if cfg!(miyao_backend = "soft") {
        return;
    }
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    aarch64::wipe();
    #[cfg(target_arch = "x86_64")]
    x86_64::wipe();
}
