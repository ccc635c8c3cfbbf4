package miyao

import (
	"crypto/cipher"
	"math"
)

var _ cipher.AEAD = (*AEAD)(nil)

// AEAD is a key of SM4-GCM or SM4-CCM as a [cipher.AEAD], for any number of goroutines. A nonce must never meet the same key twice.
type AEAD struct {
	handle           *handle
	nonceLen, tagLen int
	ccm              bool
}

// NewGCM takes a key of 16 bytes; nonces have 12 bytes and tags 16.
func NewGCM(key []byte) (*AEAD, error) { return NewGCMWithSizes(key, 12, 16) }

// NewGCMWithSizes is for other systems' nonces of 1 byte or more, and tags of 4, 8 or 12 to 16 bytes.
func NewGCMWithSizes(key []byte, nonceLen, tagLen int) (*AEAD, error) {
	if nonceLen < 1 || tagLen < 0 {
		return nil, ErrInvalid
	}
	object, err := cGCMNew(key, tagLen)
	return newAEAD(AEAD{nonceLen: nonceLen, tagLen: tagLen}, cGCMFree, object, err)
}

// NewCCM takes a key of 16 bytes; nonces have 12 bytes and tags 16. **A text has fewer than 16 MiB: Seal panics for a longer one**, so ask [AEAD.MaxPlaintext]
// where others say how long it is.
func NewCCM(key []byte) (*AEAD, error) { return NewCCMWithSizes(key, 12, 16) }

// NewCCMWithSizes is for other systems' nonces of 7 to 13 bytes, and tags of 4, 6, 8, 10, 12, 14 or 16 bytes. A longer nonce leaves less room for the length of
// a text: [AEAD.MaxPlaintext] is 65,535 bytes for nonces of 13, and Seal panics for more.
func NewCCMWithSizes(key []byte, nonceLen, tagLen int) (*AEAD, error) {
	if nonceLen < 7 || nonceLen > 13 || tagLen < 0 {
		return nil, ErrInvalid
	}
	object, err := cCCMNew(key, tagLen)
	return newAEAD(AEAD{nonceLen: nonceLen, tagLen: tagLen, ccm: true}, cCCMFree, object, err)
}

func newAEAD(a AEAD, free func(pointer), object pointer, err error) (*AEAD, error) {
	if err != nil {
		return nil, err
	}
	out := &a
	out.handle = newHandle(object, free)
	return out, nil
}

// NonceSize is the number of bytes of a nonce.
func (a *AEAD) NonceSize() int { return a.nonceLen }

// Overhead is the number of bytes of a tag.
func (a *AEAD) Overhead() int { return a.tagLen }

// MaxPlaintext is how many bytes a text has at most: 2^36 − 32 in GCM (NIST SP 800-38D §5.2.1.1), and 2^(8 (15 − NonceSize)) − 1 in CCM; no more than an int
// holds.
func (a *AEAD) MaxPlaintext() int {
	most := uint64(1<<36 - 32)
	if a.ccm {
		most = 1<<(8*min(15-a.nonceLen, 7)) - 1
		if a.nonceLen == 7 {
			most = math.MaxUint64
		}
	}
	return int(min(most, math.MaxInt-uint64(a.tagLen)))
}

// Seal appends ciphertext and tag to dst; plaintext[:0] as dst encrypts in place. It panics for a nonce of another size, buffers that overlap
// otherwise, a text longer than MaxPlaintext, and after Close: [cipher.AEAD] has no place for an error.
func (a *AEAD) Seal(dst, nonce, plaintext, additionalData []byte) []byte {
	if len(nonce) != a.nonceLen {
		panic("miyao: a nonce of another size than NonceSize")
	}
	object, err := a.handle.enter()
	must(err)
	all, out := grown(dst, len(plaintext)+a.tagLen)
	if overlap(out, nonce) || overlap(out, additionalData) || overlap(out[len(plaintext):], plaintext) {
		a.handle.leave()
		panic(errOverlap)
	}
	text, tag := out[:len(plaintext)], out[len(plaintext):]
	if a.ccm {
		err = cCCMEncrypt(object, nonce, additionalData, plaintext, text, tag)
	} else {
		err = cGCMEncrypt(object, nonce, additionalData, plaintext, text, tag)
	}
	a.handle.leave()
	must(err)
	return all
}

// Open verifies and appends the plaintext to dst; ciphertext[:0] as dst decrypts in place. [ErrRejected] says nothing more, and leaves zeros where the
// plaintext would be.
func (a *AEAD) Open(dst, nonce, ciphertext, additionalData []byte) ([]byte, error) {
	if len(nonce) != a.nonceLen {
		panic("miyao: a nonce of another size than NonceSize")
	}
	n := len(ciphertext) - a.tagLen
	if n < 0 {
		return nil, ErrRejected
	}
	object, err := a.handle.enter()
	if err != nil {
		return nil, err
	}
	all, out := grown(dst, n)
	if overlap(out, nonce) || overlap(out, additionalData) || overlap(out, ciphertext[n:]) {
		a.handle.leave()
		return nil, errOverlap
	}
	if a.ccm {
		err = cCCMDecrypt(object, nonce, additionalData, ciphertext[:n], ciphertext[n:], out)
	} else {
		err = cGCMDecrypt(object, nonce, additionalData, ciphertext[:n], ciphertext[n:], out)
	}
	a.handle.leave()
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Close wipes the key.
func (a *AEAD) Close() error {
	if a == nil {
		return errNone
	}
	return a.handle.close()
}
