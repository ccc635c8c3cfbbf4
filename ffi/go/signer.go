package miyao

import (
	"crypto"
	"io"
)

var (
	_ crypto.Signer    = (*SM2PrivateKey)(nil)
	_ crypto.Decrypter = (*SM2PrivateKey)(nil)
	_ crypto.Signer    = (*KMSSigner)(nil)
	_ crypto.Decrypter = (*KMSDecrypter)(nil)
)

// KMSSigner signs with the version of an sm2-sign key that was primary when it was made, inside the store, wherever an alias points that the key
// was named by. After a rotation that version verifies and nothing else (docs/lifecycle.md), so it answers [ErrConflict]: take its
// [KMSSigner.Successor], whose public key is another too.
type KMSSigner struct {
	kms    *KMS
	key    *KeyRef
	public *SM2PublicKey
}

// Signer looks the key up once. Closing the store ends its use.
func (k *KMS) Signer(key Key) (*KMSSigner, error) {
	ref, public, err := k.pinned(key)
	if err != nil {
		return nil, err
	}
	return &KMSSigner{k, ref, public}, nil
}

// Public is a *[SM2PublicKey].
func (s *KMSSigner) Public() crypto.PublicKey { return s.public }

// Sign signs a digest and returns DER, as [SM2PrivateKey.Sign] does.
func (s *KMSSigner) Sign(_ io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	if err := plainDigest(options); err != nil {
		return nil, err
	}
	signature, _, err := s.kms.SignDigest(s.key, digest)
	if err != nil {
		return nil, err
	}
	return signature.DER()
}

// SignMessage signs a message, as [SM2PrivateKey.SignMessage] does.
func (s *KMSSigner) SignMessage(userID, message []byte) (Signature, error) {
	digest, err := s.public.Digest(userID, message)
	if err != nil {
		return Signature{}, err
	}
	signature, _, err := s.kms.SignDigest(s.key, digest[:])
	return signature, err
}

// Successor signs with the version of the same key that is primary now; whoever has the public key of s gets the new one too.
func (s *KMSSigner) Successor() (*KMSSigner, error) {
	key, err := s.key.WithVersion(0)
	if err != nil {
		return nil, err
	}
	return s.kms.Signer(key)
}

// KMSDecrypter decrypts with the version of an sm2-encrypt key that was primary when it was made, inside the store, also after a rotation.
type KMSDecrypter struct {
	kms    *KMS
	key    *KeyRef
	public *SM2PublicKey
}

// Decrypter looks the key up once. Closing the store ends its use.
func (k *KMS) Decrypter(key Key) (*KMSDecrypter, error) {
	ref, public, err := k.pinned(key)
	if err != nil {
		return nil, err
	}
	return &KMSDecrypter{k, ref, public}, nil
}

// Public is a *[SM2PublicKey].
func (d *KMSDecrypter) Public() crypto.PublicKey { return d.public }

// Decrypt takes options as [SM2PrivateKey.Decrypt] does.
func (d *KMSDecrypter) Decrypt(_ io.Reader, ciphertext []byte, options crypto.DecrypterOpts) ([]byte, error) {
	encoding, err := encodingOf(options)
	if err != nil {
		return nil, err
	}
	return d.kms.SM2Decrypt(d.key, ciphertext, encoding)
}

// pinned is a version by its key's id: an alias may point elsewhere tomorrow, and what signs or decrypts must stay what the public key says.
func (k *KMS) pinned(key Key) (*KeyRef, *SM2PublicKey, error) {
	ref, err := named(key)
	if err != nil {
		return nil, nil, err
	}
	first, version, err := k.PublicKey(ref)
	if err != nil {
		return nil, nil, err
	}
	if ref, err = ref.WithVersion(0); err != nil {
		return nil, nil, err
	}
	described, err := k.Describe(ref)
	if err != nil {
		return nil, nil, err
	}
	if ref, err = ParseKeyRef(described.ID); err != nil {
		return nil, nil, err
	}
	if ref, err = ref.WithVersion(version); err != nil {
		return nil, nil, err
	}
	public, _, err := k.PublicKey(ref)
	if err == nil && !public.Equal(first) {
		err = &Error{Kind: ErrConflict, Message: "the alias was moved to another key meanwhile; try again"}
	}
	return ref, public, err
}

// plainDigest refuses options by which a digest is not e. Others' options for SM2 answer 0 to HashFunc too, so it is not asked.
func plainDigest(options crypto.SignerOpts) error {
	if options == nil || options == crypto.SignerOpts(crypto.Hash(0)) {
		return nil
	}
	return invalid("the digest of SM2 is e, which SM2PublicKey.Digest makes, and its options are nil or crypto.Hash(0); SignMessage signs a message")
}

func encodingOf(options crypto.DecrypterOpts) (SM2Encoding, error) {
	switch encoding := options.(type) {
	case nil:
		return SM2DER, nil
	case SM2Encoding:
		return encoding, nil
	default:
		return 0, invalid("the options of an SM2 decryption are nil or an SM2Encoding; give one of them")
	}
}
