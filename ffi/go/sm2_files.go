package miyao

import "runtime"

// Expose is the key itself, 32 bytes, big-endian, which are the caller's to [Wipe].
func (k *SM2PrivateKey) Expose() ([]byte, error) {
	return k.with(func(object pointer) ([]byte, error) {
		out := make([]byte, 32)
		err := cPrivateExpose(object, out)
		return out, err
	})
}

// ExposePKCS8 is PKCS#8 in DER, unencrypted.
func (k *SM2PrivateKey) ExposePKCS8() ([]byte, error) { return k.with(cPrivatePKCS8) }

// ExposePEM is PKCS#8 as PEM, PRIVATE KEY, unencrypted.
func (k *SM2PrivateKey) ExposePEM() ([]byte, error) { return k.with(cPrivatePEM) }

// ExposeSEC1 is ECPrivateKey of SEC1 in DER, unencrypted.
func (k *SM2PrivateKey) ExposeSEC1() ([]byte, error) { return k.with(cPrivateSEC1) }

// PKCS8Derivation is how the derivation of a key from a passphrase is written, for a reader that asks for it.
type PKCS8Derivation uint32

const (
	PKCS8HMACSM3        PKCS8Derivation = 1 // 1.2.156.10197.1.401.2 without parameters, which GmSSL reads
	PKCS8HMACSM3Null    PKCS8Derivation = 2 // the same with NULL for parameters
	PKCS8HMACSM3OpenSSL PKCS8Derivation = 3 // 1.2.156.10197.1.401.3.1, the number of OpenSSL
	PKCS8GMT0091        PKCS8Derivation = 4 // the numbers of GM/T 0091-2020
)

// PKCS8Options are how a private key is encrypted under a passphrase; the zero value of each field is the usual.
type PKCS8Options struct {
	Iterations uint32 // of PBKDF2-HMAC-SM3, 1,024 to 10,000,000; 0 for 600,000
	Derivation PKCS8Derivation
}

// EncryptPEM is PKCS#8 under a passphrase (SM4-CBC, PBKDF2-HMAC-SM3), ENCRYPTED PRIVATE KEY. Options may be nil.
func (k *SM2PrivateKey) EncryptPEM(passphrase []byte, options *PKCS8Options) ([]byte, error) {
	return k.encrypted(passphrase, options, true)
}

// EncryptPKCS8 is the same in DER.
func (k *SM2PrivateKey) EncryptPKCS8(passphrase []byte, options *PKCS8Options) ([]byte, error) {
	return k.encrypted(passphrase, options, false)
}

func (k *SM2PrivateKey) encrypted(passphrase []byte, options *PKCS8Options, pem bool) ([]byte, error) {
	if options == nil {
		options = &PKCS8Options{}
	}
	return k.with(func(object pointer) ([]byte, error) { return cPrivateEncrypt(object, passphrase, *options, pem) })
}

// WrapKey hides the key for whoever holds the private half of recipient, as an EnvelopedKey (GB/T 35276, GM/T 0009) in DER: so a certification
// authority hands out a key pair for encryption.
func (k *SM2PrivateKey) WrapKey(recipient *SM2PublicKey) ([]byte, error) {
	return k.with(func(object pointer) ([]byte, error) {
		out, err := cWrapKey(object, recipient.of())
		runtime.KeepAlive(recipient)
		return out, err
	})
}

// UnverifiedWrappedKey is the public half that an EnvelopedKey in DER names, as anybody may have written it.
func UnverifiedWrappedKey(der []byte) (*SM2PublicKey, error) {
	object, err := cUnverifiedWrappedKey(der)
	if err != nil {
		return nil, err
	}
	return newPublic(object), nil
}

// UnwrapKey finds the private key of an EnvelopedKey (GB/T 35276, GM/T 0009) in DER again.
func (k *SM2PrivateKey) UnwrapKey(der []byte) (*SM2PrivateKey, error) {
	object, err := k.handle.enter()
	if err != nil {
		return nil, err
	}
	defer k.handle.leave()
	return madePrivate(cUnwrapKey(der, object))
}

// SharedX is x([d]P), the raw Diffie–Hellman value, 32 bytes. Derive keys from it, never use it as one.
func (k *SM2PrivateKey) SharedX(peer *SM2PublicKey) ([]byte, error) {
	return k.with(func(object pointer) ([]byte, error) {
		out := make([]byte, 32)
		err := cPrivateSharedX(object, peer.of(), out)
		runtime.KeepAlive(peer)
		return out, err
	})
}

func (k *SM2PrivateKey) with(call func(pointer) ([]byte, error)) ([]byte, error) {
	object, err := k.handle.enter()
	if err != nil {
		return nil, err
	}
	defer k.handle.leave()
	out, err := call(object)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// SM2Role is whose side of a key exchange one is on.
type SM2Role uint32

const (
	SM2Initiator SM2Role = 1 // the user A, who starts
	SM2Responder SM2Role = 2 // the user B, who answers
)

// SM2Side is one user of a key exchange: a key and a user id, and a fresh key that is used once.
type SM2Side struct {
	Key, Ephemeral *SM2PrivateKey
	UserID         []byte
}

// SM2Peer is what one knows of the other user.
type SM2Peer struct {
	Key, Ephemeral *SM2PublicKey
	UserID         []byte
}

// SM2Exchange is what both sides share after a key exchange (GB/T 32918.3).
type SM2Exchange struct {
	handle *handle
}

// NewSM2Exchange computes it in one's own role.
func NewSM2Exchange(role SM2Role, own SM2Side, peer SM2Peer) (*SM2Exchange, error) {
	if own.Key == nil || own.Ephemeral == nil {
		return nil, invalid("a key exchange needs one's own key and a fresh one; give both")
	}
	key, err := own.Key.handle.enter()
	if err != nil {
		return nil, err
	}
	defer own.Key.handle.leave()
	ephemeral, err := own.Ephemeral.handle.enter()
	if err != nil {
		return nil, err
	}
	defer own.Ephemeral.handle.leave()
	object, err := cExchangeNew(role, key, user(own.UserID), ephemeral, peer.Key.of(), user(peer.UserID), peer.Ephemeral.of())
	runtime.KeepAlive(peer.Key)
	runtime.KeepAlive(peer.Ephemeral)
	if err != nil {
		return nil, err
	}
	e := &SM2Exchange{}
	e.handle = newHandle(object, cExchangeFree)
	return e, nil
}

// Key fills out with the agreed key.
func (e *SM2Exchange) Key(out []byte) error {
	object, err := e.handle.enter()
	if err != nil {
		return err
	}
	defer e.handle.leave()
	return cExchangeKey(object, out)
}

// Confirmation is what the user of this role sends: SB = S1 is the responder's, SA = S2 the initiator's.
func (e *SM2Exchange) Confirmation(role SM2Role) (out [32]byte, err error) {
	object, err := e.handle.enter()
	if err != nil {
		return out, err
	}
	defer e.handle.leave()
	err = cExchangeConfirmation(object, role, out[:])
	return out, err
}

// Verify verifies the confirmation that the peer sent. [ErrRejected] says that the peer has another key.
func (e *SM2Exchange) Verify(confirmation []byte) error {
	object, err := e.handle.enter()
	if err != nil {
		return err
	}
	defer e.handle.leave()
	return cExchangeVerify(object, confirmation)
}

// Close wipes it.
func (e *SM2Exchange) Close() error {
	if e == nil {
		return errNone
	}
	return e.handle.close()
}
