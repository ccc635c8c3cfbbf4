package miyao

import (
	"io"
	"runtime"
	"time"
)

// Proof is which version of a key made a signature or a MAC.
type Proof struct {
	Version uint32
	// Compromised is when others were learnt to know that version's secret, or zero: what was made after it proves nothing.
	Compromised time.Time
}

func proof(version uint32, compromised uint64) Proof {
	p := Proof{Version: version}
	if compromised != 0 {
		p.Compromised = time.UnixMilli(int64(compromised))
	}
	return p
}

// Sign signs a message (SM2 with SM3) with the primary version of an sm2-sign key, whose number it returns. A nil user id is the usual one, [DefaultUserID].
func (k *KMS) Sign(key Key, userID, message []byte) (s Signature, version uint32, err error) {
	err = k.on(key, func(key pointer) error {
		version, err = cKMSSign(k.of(), key, user(userID), message, &s)
		return err
	})
	return s, version, err
}

// SignDigest signs e, the 32 bytes of [SM2PublicKey.Digest] made with the primary's public key. Where key names a version, only if that is the primary still:
// [ErrConflict] says that the key was rotated since.
func (k *KMS) SignDigest(key Key, digest []byte) (s Signature, version uint32, err error) {
	err = k.on(key, func(key pointer) error {
		version, err = cKMSSignDigest(k.of(), key, digest, &s)
		return err
	})
	return s, version, err
}

// Verify verifies a signature under the version that key names, or under any that may verify. [ErrRejected] says that it fits none.
func (k *KMS) Verify(key Key, userID, message []byte, s Signature) (p Proof, err error) {
	err = k.on(key, func(key pointer) error {
		version, compromised, err := cKMSVerify(k.of(), key, user(userID), message, &s)
		p = proof(version, compromised)
		return err
	})
	return p, err
}

// SignReader is Sign of everything that a reader gives.
func (k *KMS) SignReader(key Key, userID []byte, message io.Reader) (s Signature, version uint32, err error) {
	err = k.on(key, func(key pointer) error {
		return reading(message, func(number pointer) error {
			version, err = cKMSSignStream(k.of(), key, user(userID), number, &s)
			return err
		})
	})
	return s, version, err
}

// VerifyReader is Verify of everything that a reader gives, read once.
func (k *KMS) VerifyReader(key Key, userID []byte, message io.Reader, s Signature) (p Proof, err error) {
	err = k.on(key, func(key pointer) error {
		return reading(message, func(number pointer) error {
			version, compromised, err := cKMSVerifyStream(k.of(), key, user(userID), number, &s)
			p = proof(version, compromised)
			return err
		})
	})
	return p, err
}

// PublicKey is the public half of the version that key names, or of the primary, and that version's number.
func (k *KMS) PublicKey(key Key) (public *SM2PublicKey, version uint32, err error) {
	err = k.on(key, func(key pointer) error {
		object, number, err := cKMSPublicKey(k.of(), key)
		if err == nil {
			public, version = newPublic(object), number
		}
		return err
	})
	return public, version, err
}

// MAC is HMAC-SM3 of a message with the primary version of an hmac-sm3 key, whose number it returns.
func (k *KMS) MAC(key Key, message []byte) (mac [32]byte, version uint32, err error) {
	err = k.on(key, func(key pointer) error {
		version, err = cKMSMAC(k.of(), key, message, &mac)
		return err
	})
	return mac, version, err
}

// VerifyMAC verifies a MAC under the version that key names, or under any that may verify. [ErrRejected] says that it fits none.
func (k *KMS) VerifyMAC(key Key, message, mac []byte) (p Proof, err error) {
	err = k.on(key, func(key pointer) error {
		version, compromised, err := cKMSVerifyMAC(k.of(), key, message, mac)
		p = proof(version, compromised)
		return err
	})
	return p, err
}

// MACReader is MAC of everything that a reader gives.
func (k *KMS) MACReader(key Key, message io.Reader) (mac [32]byte, version uint32, err error) {
	err = k.on(key, func(key pointer) error {
		return reading(message, func(number pointer) error {
			version, err = cKMSMACStream(k.of(), key, number, &mac)
			return err
		})
	})
	return mac, version, err
}

// VerifyMACReader is VerifyMAC of everything that a reader gives, read once.
func (k *KMS) VerifyMACReader(key Key, message io.Reader, mac []byte) (p Proof, err error) {
	err = k.on(key, func(key pointer) error {
		return reading(message, func(number pointer) error {
			version, compromised, err := cKMSVerifyMACStream(k.of(), key, number, mac)
			p = proof(version, compromised)
			return err
		})
	})
	return p, err
}

// SM2Decrypt decrypts what was encrypted to the public half of the version of an sm2-encrypt key that key names, or of its primary.
func (k *KMS) SM2Decrypt(key Key, ciphertext []byte, encoding SM2Encoding) (plaintext []byte, err error) {
	opened, err := k.SM2DecryptFrom(key, ciphertext, encoding)
	return opened.Plaintext, err
}

// SM2DecryptFrom is SM2Decrypt and says which version opened it; the key is the one that was named, so KeyID is left zero.
func (k *KMS) SM2DecryptFrom(key Key, ciphertext []byte, encoding SM2Encoding) (opened Opened, err error) {
	err = k.on(key, func(key pointer) error {
		opened.Plaintext, err = cKMSSM2Decrypt(k.of(), key, ciphertext, encoding, &opened)
		return err
	})
	return opened, err
}

// Export hands out the 32 bytes of the version that key names, or of the primary, encrypted to an SM2 public key in DER; never in the clear.
func (k *KMS) Export(key Key, to *SM2PublicKey) (ciphertext []byte, err error) {
	err = k.on(key, func(key pointer) error {
		ciphertext, err = cKMSExport(k.of(), key, to.of())
		return err
	})
	runtime.KeepAlive(to)
	return ciphertext, err
}

// Import brings the 32 bytes of the next version of a key with imported material. They are the caller's to [Wipe].
func (k *KMS) Import(key Key, material []byte) (version uint32, err error) {
	err = k.on(key, func(key pointer) error {
		version, err = cKMSImportRaw(k.of(), key, material)
		return err
	})
	return version, err
}

// ImportTicket lets the holder of a key's material bring it encrypted: its 32 bytes to Public, in [SM2DER].
type ImportTicket struct {
	Public  *SM2PublicKey
	Token   []byte
	Expires time.Time
}

// ImportParameters makes a ticket for one import, valid at most 30 days.
func (k *KMS) ImportParameters(key Key, valid time.Duration) (ticket ImportTicket, err error) {
	if err := spans(valid); err != nil {
		return ticket, err
	}
	err = k.on(key, func(key pointer) error {
		token := make([]byte, importTokenLen)
		public, expires, err := cKMSImportParameters(k.of(), key, seconds(valid), token)
		if err == nil {
			ticket = ImportTicket{newPublic(public), token, time.UnixMilli(int64(expires))}
		}
		return err
	})
	return ticket, err
}

// ImportWrapped brings the next version by a ticket's token, which is used up.
func (k *KMS) ImportWrapped(key Key, token, ciphertext []byte) (version uint32, err error) {
	err = k.on(key, func(key pointer) error {
		version, err = cKMSImportWrapped(k.of(), key, token, ciphertext)
		return err
	})
	return version, err
}
