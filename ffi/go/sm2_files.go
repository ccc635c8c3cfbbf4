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

// EncryptPEM is PKCS#8 under a passphrase (SM4-CBC, PBKDF2-HMAC-SM3), ENCRYPTED PRIVATE KEY.
func (k *SM2PrivateKey) EncryptPEM(passphrase []byte) ([]byte, error) {
	return k.with(func(object pointer) ([]byte, error) { return cPrivateEncryptPEM(object, passphrase) })
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
	e.handle = newHandle(e, object, cExchangeFree)
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
	e.handle.close()
	return nil
}
