//! Keys of modes with tags, whose number of bytes is a type in the library and a number in C, and messages on their way through one.
//!
//! Knows no mode.

/// `tagged!(Gcm, begin: (), "which tags there are" { Four = 4, … })`: an enum `Tagged` of a key with each length of tags, and one,
/// `Encrypting`, of the mode's `Encryptor` under such a key. `begin` makes the latter of a key, a nonce, associated data and what else
/// the mode has to know.
macro_rules! tagged {
    ($mode:ident, $begin:ident: $said:ty, $lengths:literal { $($name:ident = $len:literal),+ $(,)? }) => {
        /// The number of bytes of a tag is a type in the library.
        enum Tagged {
            $($name($mode<$len>),)+
        }

        impl Tagged {
            fn new(key: &[u8; 16], tag_len: usize) -> Result<Self> {
                Ok(match tag_len {
                    $($len => Self::$name($mode::new(key)),)+
                    _ => return Err(Error::new(Kind::Invalid, $lengths)),
                })
            }

            const fn len(&self) -> usize {
                match self {
                    $(Self::$name(_) => $len,)+
                }
            }

            fn encrypt(&self, nonce: &[u8], aad: &[u8], place: Place<'_>, tag: &mut [u8]) -> Result<()> {
                match self {
                    $(Self::$name(key) => {
                        let made = match place {
                            Place::Same(text) => key.encrypt(nonce, aad, text),
                            Place::Apart(text, out) => key.encrypt_to(nonce, aad, text, out),
                        };
                        tag.copy_from_slice(&made?);
                    })+
                }
                Ok(())
            }

            fn decrypt(&self, nonce: &[u8], aad: &[u8], text: &mut [u8], tag: &[u8]) -> Result<(), Rejected> {
                match self {
                    $(Self::$name(key) => {
                        key.decrypt(nonce, aad, text, tag.try_into().map_err(|_| Rejected)?)
                    })+
                }
            }

            fn encryptor(&self, nonce: &[u8], aad: &[u8], said: $said) -> Result<Encrypting> {
                Ok(match self {
                    $(Self::$name(key) => Encrypting::$name($begin(key.clone(), nonce, aad, said)?),)+
                })
            }
        }

        /// A message on its way, with a key of its own.
        enum Encrypting {
            $($name(Encryptor<$mode<$len>, $len>),)+
        }

        impl Encrypting {
            const fn tag_len(&self) -> usize {
                match self {
                    $(Self::$name(_) => $len,)+
                }
            }

            fn update(&mut self, place: Place<'_>) -> Result<()> {
                match self {
                    $(Self::$name(encryptor) => match place {
                        Place::Same(text) => encryptor.update(text),
                        Place::Apart(text, out) => encryptor.update_to(text, out),
                    },)+
                }
            }

            fn finish(&mut self, tag: &mut [u8]) -> Result<()> {
                match self {
                    $(Self::$name(encryptor) => tag.copy_from_slice(&encryptor.finish()?),)+
                }
                Ok(())
            }
        }
    };
}

pub(crate) use tagged;
