package message

import (
	"crypto/hmac"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"hash"
	"runtime"
	"slices"

	"github.com/emmansun/gmsm/sm3"
)

// The labels of the derivations: M40–M50, M71, M82–M84.
const (
	labelMessage     = "miyao v1 message\x00"
	labelCommit      = "miyao v1 commit\x00"
	labelBody        = "miyao v1 body\x00"
	labelWrap        = "miyao v1 wrap\x00"
	labelSignature   = "miyao v1 signature\x00"
	labelToken       = "miyao v1 token\x00"
	labelTokenBody   = "miyao v1 token body\x00"
	labelTokenCommit = "miyao v1 token commit\x00"
)

// PRK is a pseudorandom key: what holds the secret of a KMS key's version, here or in a device (M87).
type PRK interface {
	// Expand is HKDF-Expand with HMAC-SM3 (RFC 5869 §2.3) into n bytes, at most 8,160.
	Expand(info []byte, n int) ([]byte, error)
}

// Secret is 32 bytes that are a [PRK] in memory. Formatting it prints no byte of it, but in unexported fields of other types: fmt calls no method there.
type Secret struct{ bytes [32]byte }

// NewSecret copies 32 bytes; the caller may overwrite them then.
func NewSecret(bytes []byte) (*Secret, error) {
	if len(bytes) != 32 {
		return nil, fail(ErrInvalid, "a version's secret has 32 bytes")
	}
	return &Secret{[32]byte(bytes)}, nil
}

// Expand implements [PRK].
func (s *Secret) Expand(info []byte, n int) ([]byte, error) {
	if s == nil {
		return nil, fail(ErrInvalid, "there is no secret; NewSecret takes 32 bytes")
	}
	if n < 0 || n > 255*hashLen {
		return nil, fail(ErrInvalid, "HKDF gives at most 8,160 bytes")
	}
	mac := hmacSM3(s.bytes[:])
	out := make([]byte, 0, n+hashLen) // room for a whole last block, so that no copy is left behind by growing
	for counter := byte(1); len(out) < n; counter++ {
		previous := out[max(0, len(out)-hashLen):]
		mac.Reset()
		mac.Write(previous)
		mac.Write(info)
		mac.Write([]byte{counter})
		out = mac.Sum(out)
	}
	wipe(out[n:])
	return out[:n:n], nil
}

// Wipe overwrites the secret; it must not be used after.
func (s *Secret) Wipe() { wipe(s.bytes[:]) }

// Format implements [fmt.Formatter].
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "Secret") }

// expand is prk.Expand of the parts joined, for whoever stands behind it.
func expand(prk PRK, n int, parts ...[]byte) ([]byte, error) {
	if prk == nil {
		return nil, fail(ErrInvalid, "a version has no secret")
	}
	out, err := prk.Expand(slices.Concat(parts...), n)
	if err == nil && len(out) != n {
		return nil, fail(ErrInvalid, "a PRK gave another number of bytes than it was asked for")
	}
	return out, err
}

// FileKey is FK: the key of one message, which every other is derived from. Formatting it prints no byte of it, but in unexported fields
// of other types: fmt calls no method there.
type FileKey [32]byte

// Format implements [fmt.Formatter].
func (FileKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, "FileKey") }

// MarshalJSON implements [json.Marshaler] and refuses.
func (FileKey) MarshalJSON() ([]byte, error) {
	return nil, fail(ErrInvalid, "a file key is not written as JSON; leave it out")
}

// derived is what FK, header and context give (M40, M41).
type derived struct {
	prk  *Secret
	bind [32]byte
}

func derive(h *header, full Context, fileKey *FileKey) *derived {
	length := binary.BigEndian.AppendUint32(nil, uint32(len(h.uncommitted)))
	bind := sm3Of([]byte(labelMessage), length, h.uncommitted, full.encode())
	extract := hmacSM3(h.salt[:]) // HKDF-Extract
	extract.Write(fileKey[:])
	prk := new(Secret)
	extract.Sum(prk.bytes[:0])
	return &derived{prk, bind}
}

// commits says whether the commitment is that of these keys (M43).
func (d *derived) commits(commitment []byte) (bool, error) {
	return commits(d.prk, labelCommit, d.bind, commitment)
}

func commits(prk PRK, label string, bind [32]byte, commitment []byte) (bool, error) {
	expected, err := expand(prk, hashLen, []byte(label), bind[:])
	return subtle.ConstantTimeCompare(expected, commitment) == 1, err
}

// bodyKeys are M44's.
func (d *derived) bodyKeys(suite Suite) ([]byte, error) {
	return expand(d.prk, suite.keyLen(), []byte(labelBody), d.bind[:])
}

// unwrap opens an entry of type 1 or 3 (M50–M52).
func unwrap(prk PRK, entry *Entry, digest HeaderDigest) (*FileKey, error) {
	if len(entry.Hidden) != wrappedLen {
		return nil, ErrRejected
	}
	aad := entry.AAD(digest)
	aadDigest := sm3Of(aad)
	keys, err := expand(prk, 60, []byte(labelWrap), entry.salt, aadDigest[:])
	if err != nil {
		return nil, err
	}
	defer wipe(keys)
	wrapped, tag := entry.Hidden[:32], entry.Hidden[32:]
	mac := hmacSM3(keys[28:])
	mac.Write(aad)
	mac.Write(wrapped)
	if subtle.ConstantTimeCompare(mac.Sum(nil), tag) != 1 {
		return nil, ErrRejected
	}
	fileKey := new(FileKey)
	return fileKey, sm4CTR(keys[:16], keys[16:28], fileKey[:], wrapped)
}

func sm3Of(parts ...[]byte) (sum [32]byte) {
	hash := sm3.New()
	for _, part := range parts {
		hash.Write(part)
	}
	hash.Sum(sum[:0])
	return sum
}

func hmacSM3(key []byte) hash.Hash { return hmac.New(sm3.New, key) }

// wipe overwrites bytes; the compiler does not know that nobody reads them again.
func wipe(bytes []byte) {
	clear(bytes)
	runtime.KeepAlive(bytes)
}
