//! `miyao sm2 …`: keys, signatures and ciphertexts in files, without a store.

mod certificates;
mod convert;
mod encrypt;
mod inspect;
mod keygen;
mod openssl;
mod sign;
