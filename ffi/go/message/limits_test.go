package message

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

// These look inside: nobody writes 2^32 frames, and what is overwritten is seen from no other place.

func TestTheLongestMessageAllowedIsReadAndOneByteMoreIsNot(t *testing.T) {
	for _, suite := range []Suite{SuiteGCM, SuiteCTRHMAC} {
		large, tag := &header{suite: suite, frameLog2: 24}, int64(suite.tagLen())
		longest := int64(maxBytes) + maxBytes>>24*tag
		if frames, last, err := layout(longest, large); err != nil || frames != maxBytes>>24 || last != 1<<24+int(tag) {
			t.Fatalf("%d frames, the last of %d: %v", frames, last, err)
		}
		if _, _, err := layout(longest+tag+1, large); !errors.Is(err, ErrTooLarge) {
			t.Fatal(err)
		}
		small := &header{suite: suite, frameLog2: 12}
		most := int64(maxFrames) * (4096 + tag)
		if _, _, err := layout(most, small); err != nil {
			t.Fatal(err)
		}
		if _, _, err := layout(most+tag+1, small); !errors.Is(err, ErrTooLarge) {
			t.Fatal(err)
		}
	}
}

// longReader is a reader before frame i of a message, and the bytes that follow there.
func longReader(t *testing.T, i uint64, log2 uint8) *Reader {
	keys := make([]byte, 60)
	rand.Read(keys)
	b, err := newBody(SuiteCTRHMAC, bytes.Clone(keys))
	if err != nil {
		t.Fatal(err)
	}
	nonce := b.frameNonce(i, true)
	mac := hmacSM3(keys[28:])
	mac.Write(nonce[:])
	mac.Write([]byte("x"))
	frame := mac.Sum([]byte("x"))
	h := &header{suite: SuiteCTRHMAC, frameLog2: log2}
	return &Reader{source: bytes.NewReader(frame), start: &start{header: h}, body: b, index: i}
}

func TestAStreamEndsAtTheLimits(t *testing.T) {
	for _, one := range []struct {
		index uint64
		log2  uint8
		kind  error
	}{
		{maxFrames - 1, 12, nil},
		{maxFrames, 12, ErrTooLarge},
		{maxBytes>>24 - 1, 24, nil},
		{maxBytes >> 24, 24, ErrTooLarge},
	} {
		n, err := longReader(t, one.index, one.log2).Read(make([]byte, 2))
		if one.kind == nil && (n != 1 || err != nil) || one.kind != nil && (n != 0 || !errors.Is(err, one.kind)) {
			t.Errorf("frame %d of 2^%d: %d bytes, %v", one.index, one.log2, n, err)
		}
	}
}

func TestPlaintextIsOverwrittenAtTheEndOnFailureAndOnClosing(t *testing.T) {
	for name, ends := range map[string]func(r *Reader){
		"the end": func(r *Reader) { r.Read(make([]byte, 1)) },
		"closing": func(r *Reader) { r.Close() },
	} {
		r := longReader(t, 0, 12)
		if n, err := r.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Fatal(err)
		}
		buffer := r.buffer
		if ends(r); !isZero(buffer) || r.body.mac != nil || r.body.block != nil {
			t.Errorf("after %s something is left", name)
		}
	}
	r := longReader(t, 0, 12)
	r.body.nonce[0] ^= 1
	r.Read(make([]byte, 1))
	if r.buffer != nil || r.text != nil || r.body.mac != nil {
		t.Error("after a failure something is left")
	}
	secret := &Secret{[32]byte{1}}
	secret.Wipe()
	passphrase := NewPassphrase([]byte("p"))
	passphrase.Wipe()
	if !isZero(secret.bytes[:]) || !isZero(passphrase.bytes) {
		t.Error("a secret is left")
	}
}

func isZero(bytes []byte) bool { return strings.Trim(string(bytes), "\x00") == "" }
