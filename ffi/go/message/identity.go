package message

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm2"
)

// Identity is who can find the file key of a message. Whoever reaches a key service or a device implements it.
type Identity interface {
	// Holds says whether an entry is for this identity, by the entry's id alone (M93).
	Holds(entry *Entry) bool
	// Unwrap finds the file key that the entry hides. A wrong key, another header and altered bytes are [ErrRejected]; any
	// other error reaches the caller as it is. The file key is overwritten after use.
	Unwrap(entry *Entry, digest HeaderDigest) (*FileKey, error)
}

// Version is one version of a KMS key, for entries of type 1 and for tokens.
type Version struct {
	key    [16]byte
	number uint32
	prk    PRK
}

// NewVersion is for a caller who has the version's secret ([NewSecret]) or whose device expands it.
func NewVersion(key [16]byte, number uint32, prk PRK) *Version { return &Version{key, number, prk} }

// Holds implements [Identity].
func (v *Version) Holds(entry *Entry) bool {
	return entry.Type == EntryKMS && bytes.Equal(entry.Key, v.key[:]) && entry.Version == v.number
}

// Unwrap implements [Identity].
func (v *Version) Unwrap(entry *Entry, digest HeaderDigest) (*FileKey, error) {
	if !v.Holds(entry) {
		return nil, ErrRejected
	}
	return unwrap(v.prk, entry, digest)
}

// Format implements [fmt.Formatter]: the secret behind it is not printed.
func (v Version) Format(f fmt.State, _ rune) { fmt.Fprint(f, "Version") }

// SM2Key is the holder of an SM2 private key, for entries of type 2.
type SM2Key struct {
	key    crypto.Decrypter
	public *PublicKey
}

// How long the DER of an SM2 ciphertext of 64 bytes is: a SEQUENCE of two INTEGERs of 1 to 33 bytes, and OCTET STRINGs of 32 and 64.
const (
	minSM2Len = 2 + 3 + 3 + 34 + 66
	maxSM2Len = 3 + 35 + 35 + 34 + 66
)

// NewSM2Key takes a key of gmsm, *sm2.PrivateKey, or any other that decrypts SM2 ciphertexts in DER, such as one in a
// device. Package smx509 of gmsm reads key files.
func NewSM2Key(key crypto.Decrypter) (*SM2Key, error) {
	if here, ok := key.(*sm2.PrivateKey); key == nil || ok && here == nil {
		return nil, fail(ErrInvalid, "no private key was given")
	}
	point, ok := key.Public().(*ecdsa.PublicKey)
	if !ok {
		return nil, fail(ErrInvalid, "not a private key on the curve of SM2")
	}
	public, err := NewPublicKey(point)
	if err != nil {
		return nil, err
	}
	return &SM2Key{key, public}, nil
}

// Public is the public half.
func (k *SM2Key) Public() *PublicKey { return k.public }

// Holds implements [Identity].
func (k *SM2Key) Holds(entry *Entry) bool {
	return entry.Type == EntrySM2 && bytes.Equal(entry.Key, k.public.id[:])
}

// Unwrap implements [Identity] (M53).
func (k *SM2Key) Unwrap(entry *Entry, digest HeaderDigest) (*FileKey, error) {
	// gmsm takes what is no SEQUENCE for a ciphertext of another form. What is no ciphertext of 64 bytes by its length is asked of nobody: a key may be far away,
	// and tell of a length otherwise than of a wrong key.
	if n := len(entry.Hidden); !k.Holds(entry) || n < minSM2Len || n > maxSM2Len || entry.Hidden[0] != 0x30 {
		return nil, ErrRejected
	}
	text, err := k.key.Decrypt(rand.Reader, entry.Hidden, sm2.ASN1DecrypterOpts)
	if _, isHere := k.key.(*sm2.PrivateKey); err != nil && (isHere || errors.Is(err, sm2.ErrDecryption)) {
		return nil, ErrRejected
	} else if err != nil {
		return nil, err
	}
	defer wipe(text)
	bound := sm3Of([]byte{2}, k.public.id[:], digest[:])
	if len(text) != 64 || subtle.ConstantTimeCompare(text[32:], bound[:]) != 1 {
		return nil, ErrRejected
	}
	fileKey := FileKey(text[:32])
	return &fileKey, nil
}

// Format implements [fmt.Formatter]: no private key is printed.
func (k SM2Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, "SM2Key") }

// Passphrase is whoever knows a passphrase, for entries of type 3. Opening takes 600,000 to 10,000,000 iterations of
// PBKDF2, as the message says.
type Passphrase struct{ bytes []byte }

// NewPassphrase copies the bytes as they are (no terminator, no normalisation); the caller may overwrite them then.
func NewPassphrase(passphrase []byte) *Passphrase { return &Passphrase{bytes.Clone(passphrase)} }

// Wipe overwrites the passphrase; it must not be used after.
func (p *Passphrase) Wipe() { wipe(p.bytes) }

// Holds implements [Identity].
func (p *Passphrase) Holds(entry *Entry) bool { return entry.Type == EntryPassphrase }

// Unwrap implements [Identity].
func (p *Passphrase) Unwrap(entry *Entry, digest HeaderDigest) (*FileKey, error) {
	if !p.Holds(entry) || entry.Iterations < minIterations || entry.Iterations > maxIterations { // M36
		return nil, ErrRejected
	}
	if len(p.bytes) == 0 {
		return nil, fail(ErrInvalid, "the passphrase is empty; give the one that the message was written for")
	}
	secret := pbkdf2(p.bytes, entry.salt, entry.Iterations)
	defer secret.Wipe()
	return unwrap(secret, entry, digest)
}

// Format implements [fmt.Formatter]: no passphrase is printed, but by fmt of an unexported field of another type, for which it calls no method.
func (p Passphrase) Format(f fmt.State, _ rune) { fmt.Fprint(f, "Passphrase") }

// pbkdf2 is the first block of PBKDF2-HMAC-SM3 (RFC 8018 §5.2). The one of Go takes the passphrase as a string, which
// nobody can overwrite.
func pbkdf2(passphrase, salt []byte, iterations uint32) *Secret {
	mac := hmacSM3(passphrase)
	mac.Write(salt)
	mac.Write([]byte{0, 0, 0, 1})
	block := mac.Sum(nil)
	defer wipe(block)
	secret := &Secret{[32]byte(block)}
	for range iterations - 1 {
		mac.Reset()
		mac.Write(block)
		mac.Sum(block[:0])
		subtle.XORBytes(secret.bytes[:], secret.bytes[:], block)
	}
	return secret
}
