package message

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"hash"

	"github.com/emmansun/gmsm/sm4"
)

const (
	maxFrames = 1 << 32 // M65
	maxBytes  = 1 << 48 // M65
)

// body is the cipher of one message's frames, or of one token.
type body struct {
	suite Suite
	gcm   cipher.AEAD  // of suite 1
	block cipher.Block // of suite 2
	mac   hash.Hash    // of suite 2
	nonce [12]byte
}

// newBody takes keys apart (M44) and overwrites them.
func newBody(suite Suite, keys []byte) (*body, error) {
	defer wipe(keys)
	b := &body{suite: suite, nonce: [12]byte(keys[16:])}
	block, err := sm4.NewCipher(keys[:16])
	if err != nil {
		return nil, fail(ErrUnsupported, "gmsm refuses an SM4 key of 16 bytes")
	}
	if suite == SuiteCTRHMAC {
		b.block, b.mac = block, hmacSM3(keys[28:])
		return b, nil
	}
	if b.gcm, err = cipher.NewGCM(block); err != nil {
		return nil, fail(ErrUnsupported, "this build of Go refuses GCM with another cipher than AES")
	}
	return b, nil
}

// open verifies frame i and decrypts it where it stands (M60, M63); nothing of a refused one is left there.
func (b *body) open(i uint64, last bool, frame []byte) ([]byte, error) {
	nonce := b.frameNonce(i, last)
	end := len(frame) - b.suite.tagLen()
	if end < 0 {
		return nil, ErrRejected
	}
	if b.suite == SuiteGCM {
		plaintext, err := b.gcm.Open(frame[:0], nonce[:], frame, nil)
		if err != nil {
			wipe(frame)
			return nil, ErrRejected
		}
		return plaintext, nil
	}
	b.mac.Reset()
	b.mac.Write(nonce[:])
	b.mac.Write(frame[:end])
	if subtle.ConstantTimeCompare(b.mac.Sum(nil), frame[end:]) != 1 {
		wipe(frame)
		return nil, ErrRejected
	}
	ctr(b.block, nonce[:], frame[:end], frame[:end])
	return frame[:end], nil
}

// frameNonce is N ⊕ (last u8 ‖ 0³ ‖ i u64) (M62).
func (b *body) frameNonce(i uint64, last bool) [12]byte {
	nonce := b.nonce
	if last {
		nonce[0] ^= 1
	}
	binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^i)
	return nonce
}

// forget lets go of the keys; what gmsm and Go made of them stays until its memory is reused.
func (b *body) forget() { *b = body{} }

// sm4CTR is SM4-CTR from the counter block nonce ‖ 0⁴.
func sm4CTR(key, nonce, out, in []byte) error {
	block, err := sm4.NewCipher(key)
	if err != nil {
		return fail(ErrUnsupported, "gmsm refuses an SM4 key of 16 bytes")
	}
	ctr(block, nonce, out, in)
	return nil
}

func ctr(block cipher.Block, nonce, out, in []byte) {
	var counter [16]byte
	copy(counter[:], nonce)
	cipher.NewCTR(block, counter[:]).XORKeyStream(out, in)
}

// layout is how a body of so many bytes divides into frames, and how long the last is with its tag (M61, M64, M65).
func layout(length int64, h *header) (frames uint64, last int, err error) {
	whole, tag := int64(h.wholeLen()), int64(h.suite.tagLen())
	if length < tag {
		return 0, 0, lostEnd()
	}
	count := (length-1)/whole + 1
	rest := length - (count-1)*whole
	if rest < tag || rest == tag && count > 1 {
		return 0, 0, lostEnd()
	}
	if err := checkLimits(uint64(count), uint64(length-count*tag)); err != nil {
		return 0, 0, err
	}
	return uint64(count), int(rest), nil
}

func lostEnd() error { return fail(ErrTruncated, "the message has lost its end; get a whole copy") }

func checkLimits(frames, bytes uint64) error {
	if frames > maxFrames || bytes > maxBytes {
		return fail(ErrTooLarge, "a message has at most 2^32 frames and 2^48 bytes; this is no message of any writer")
	}
	return nil
}
