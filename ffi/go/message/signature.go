package message

import (
	"crypto/ecdsa"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"slices"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
)

const (
	signatureLen = 64                 // M70
	userID       = "1234567812345678" // M71
)

// spkiHead is what precedes the point in every SubjectPublicKeyInfo of an SM2 key.
var spkiHead = []byte("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x03\x42\x00")

// PublicKey is an SM2 public key with its identifier.
type PublicKey struct {
	key *ecdsa.PublicKey
	id  KeyIdentifier
}

// NewPublicKey takes a key as gmsm has it; its curve must be that of SM2.
func NewPublicKey(key *ecdsa.PublicKey) (*PublicKey, error) {
	if key == nil || key.X == nil || key.Y == nil || !sm2.IsSM2PublicKey(key) {
		return nil, fail(ErrInvalid, "not a public key on the curve of SM2")
	}
	point, err := sm2.PublicKeyToECDH(key)
	if err != nil {
		return nil, fail(ErrInvalid, "not a public key on the curve of SM2")
	}
	return &PublicKey{key, sm3Of(spkiHead, point.Bytes())}, nil
}

// ParsePublicKey reads a SubjectPublicKeyInfo, PEM or DER.
func ParsePublicKey(text []byte) (*PublicKey, error) {
	der := text
	if block, _ := pem.Decode(text); block != nil && block.Type == "PUBLIC KEY" {
		der = block.Bytes
	}
	if len(der) != len(spkiHead)+65 || !slices.Equal(der[:len(spkiHead)], spkiHead) {
		return nil, fail(ErrMalformed, "not an SM2 public key as SubjectPublicKeyInfo, in PEM or DER")
	}
	key, err := sm2.NewPublicKey(der[len(spkiHead):])
	if err != nil {
		return nil, fail(ErrMalformed, "the public key is no point of the curve of SM2")
	}
	return NewPublicKey(key)
}

// Identifier is SM3 of the key's SubjectPublicKeyInfo in DER.
func (k *PublicKey) Identifier() KeyIdentifier { return k.id }

// Signature is what is known of a message's signature.
type Signature uint8

const (
	// Unsigned messages carry none.
	Unsigned Signature = iota
	// Unchecked is a signature that nobody demanded, or a demanded one before the end (M75).
	Unchecked
	// Verified is one that was verified under the key that the [Opener] demands.
	Verified
)

// leaves are what S covers of B (M72, M73): 32 bytes a frame, kept until the end.
type leaves struct {
	hashes []byte
	bytes  uint64
}

// add takes a frame as it stands in the message, with its tag.
func (l *leaves) add(i uint64, frame []byte, tagLen int) {
	leaf := sm3Of([]byte{0}, binary.BigEndian.AppendUint64(nil, i), frame)
	l.hashes = append(l.hashes, leaf[:]...)
	l.bytes += uint64(len(frame) - tagLen)
}

// isSignedBy verifies S (M71).
func (l *leaves) isSignedBy(signer *PublicKey, digest HeaderDigest, trailer []byte) bool {
	if len(trailer) != signatureLen {
		return false
	}
	count := binary.BigEndian.AppendUint64(nil, uint64(len(l.hashes)/hashLen))
	root := sm3Of([]byte{1}, count, l.hashes)
	za, err := sm2.CalculateZA(signer.key, []byte(userID))
	if err != nil {
		return false
	}
	message := sm3.New()
	for _, part := range [][]byte{
		za, []byte(labelSignature), digest[:], binary.BigEndian.AppendUint64(nil, l.bytes), root[:],
	} {
		message.Write(part)
	}
	r, s := new(big.Int).SetBytes(trailer[:32]), new(big.Int).SetBytes(trailer[32:])
	return sm2.Verify(signer.key, message.Sum(nil), r, s)
}
