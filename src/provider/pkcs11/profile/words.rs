//! The words that a profile's fields may hold.
//!
//! Knows which word means what, not where it may stand.

/// Makes a closed set of words: a type, every value of it, and its words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$value_doc])* $value,)*
        }

        impl $name {
            /// Every one, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value,)*];

            /// What stands in the file.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$value => $word,)* }
            }

            /// The one that this word names.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }
    };
}
pub(super) use words;

words! {
    /// The shape of a mechanism's parameter (机制参数).
    Parameter {
        /// No parameter.
        None = "none",
        /// The 16 bytes of an initialisation vector.
        Iv16 = "iv16",
        /// `CK_AES_CTR_PARAMS`: the bits of the counter, then the 16 bytes of the first block.
        Ctr = "ctr",
        /// `CK_GCM_PARAMS` {pIv, ulIvLen, ulIvBits, pAAD, ulAADLen, ulTagBits} (PKCS#11 2.40 and later).
        Gcm = "gcm",
        /// {pIv, ulIvLen, pAAD, ulAADLen, ulTagBits}: the structure before the field `ulIvBits` was added.
        GcmShort = "gcm-short",
        /// {pIv, pAAD, ulAADLen, ulTagBits, ulIvBits}: iv, aad, tag bits, iv bits, as Koal's interface orders them.
        GcmKoal = "gcm-koal",
        /// `CK_GCM_MESSAGE_PARAMS` {pIv, ulIvLen, ulIvFixedBits, ivGenerator, pTag, ulTagBits} (PKCS#11 3.2): the tag is in the parameter.
        GcmMessage = "gcm-message",
        /// `CK_ECDH1_DERIVE_PARAMS` with `CKD_NULL`; the point as 04 ‖ x ‖ y.
        Ecdh1 = "ecdh1",
        /// The bytes of the signer's ID.
        Id = "id",
        /// {u16 length, big-endian; 16 bytes of the ID; 64 bytes x ‖ y}: SM3 that begins with Z, as Westone has it.
        IdAndKey = "id-and-key",
        /// The handle of the key, a `CK_OBJECT_HANDLE`.
        KeyHandle = "key-handle",
    }
}

words! {
    /// What a signature is computed over, as the device is given it.
    Input {
        /// The message; the device hashes it with SM3.
        Message = "message",
        /// The 32 bytes of e; the device hashes nothing.
        Digest = "digest",
    }
}

words! {
    /// Who computes Z = SM3(ENTL ‖ ID ‖ a ‖ b ‖ G ‖ P) of GB/T 32918.2-2016 §5.5, which a signature's digest begins with.
    Z {
        /// The host, which hands over e = SM3(Z ‖ M).
        Host = "host",
        /// The device, with the ID of GM/T 0009-2012 §10: 1234567812345678.
        Device = "device",
        /// The device, with the ID of the parameter.
        Parameter = "parameter",
        /// Nobody: the device hashes exactly what it is given. A host that gives Z ‖ M gets the signature of the standard.
        None = "none",
    }
}

words! {
    /// The form of a signature.
    Signature {
        /// r ‖ s, 64 bytes.
        Raw = "raw",
        /// SEQUENCE { r, s } (GM/T 0009-2012 §7.3).
        Der = "der",
    }
}

words! {
    /// The form of an SM2 ciphertext.
    Ciphertext {
        /// 04 ‖ x ‖ y ‖ C3 ‖ C2 (GB/T 32918.4-2016).
        C1C3C2 = "c1c3c2",
        /// x ‖ y ‖ C3 ‖ C2.
        BareC1C3C2 = "bare-c1c3c2",
        /// 04 ‖ x ‖ y ‖ C2 ‖ C3, as before the standard of 2016.
        C1C2C3 = "c1c2c3",
        /// x ‖ y ‖ C2 ‖ C3.
        BareC1C2C3 = "bare-c1c2c3",
        /// SEQUENCE { x, y, C3, C2 } (GM/T 0009-2012 §7.2).
        Der = "der",
    }
}
