package miyao

import "crypto/cipher"

var _ cipher.Stream = (*SM4Stream)(nil)

// SM4Stream is a text on its way through a mode of SM4, under its own key, for one goroutine at a time. Nothing authenticates: take messages, [NewGCM] or
// [NewCCM] unless another system asks for this.
type SM4Stream struct {
	handle    *handle
	keyStream bool // its mode makes a key stream: a byte comes out for each that goes in
}

// The directions of a stream.
const (
	encrypting4 = 1
	decrypting4 = 2
)

// NewSM4Encrypter begins a text to encrypt, in any mode; the key has 16 bytes, the IV 16, and none in ECB.
func NewSM4Encrypter(key []byte, mode Mode, iv []byte) (*SM4Stream, error) {
	return newSM4Stream(key, mode, encrypting4, iv)
}

// NewSM4Decrypter begins a text to decrypt. What comes out is not authentic.
func NewSM4Decrypter(key []byte, mode Mode, iv []byte) (*SM4Stream, error) {
	return newSM4Stream(key, mode, decrypting4, iv)
}

func newSM4Stream(key []byte, mode Mode, direction uint32, iv []byte) (*SM4Stream, error) {
	object, err := cSM4StreamNew(key, mode, direction, iv)
	if err != nil {
		return nil, err
	}
	return &SM4Stream{newHandle(object, cSM4StreamFree), mode >= CFB}, nil
}

// Update appends to dst what the next bytes make: as many, and in ECB and CBC what is whole blocks by then. In CFB, CFB8, OFB and CTR data[:0] as dst
// works in place.
func (s *SM4Stream) Update(dst, data []byte) ([]byte, error) {
	object, err := s.handle.alone()
	if err != nil {
		return nil, err
	}
	defer s.handle.leave()
	all, out := grown(dst, cSM4StreamUpdateLen(object, len(data)))
	if overlap(out, data) && &out[0] != &data[0] {
		return nil, errOverlap
	}
	n, err := cSM4StreamUpdate(object, data, out)
	if err != nil {
		return nil, err
	}
	return all[:len(dst)+n], nil
}

// Finish ends the text and appends the rest to dst, which padding makes. [ErrInvalid] is a last block that is not whole, and not to be padded; [ErrRejected]
// a padding that is none: whoever may ask learns the plaintext, so authenticate before.
func (s *SM4Stream) Finish(dst []byte) ([]byte, error) {
	object, err := s.handle.alone()
	if err != nil {
		return nil, err
	}
	defer s.handle.leave()
	all, out := grown(dst, blockLen)
	n, err := cSM4StreamFinish(object, out)
	if err != nil {
		return nil, err
	}
	return all[:len(dst)+n], nil
}

// Reset begins another text under the same key, in the same mode and direction.
func (s *SM4Stream) Reset(iv []byte) error {
	object, err := s.handle.alone()
	if err != nil {
		return err
	}
	defer s.handle.leave()
	return cSM4StreamReset(object, iv)
}

// XORKeyStream is [cipher.Stream], in CFB, CFB8, OFB and CTR; it panics in the others, for less room than bytes, and after Close, for that has no place for
// an error.
func (s *SM4Stream) XORKeyStream(dst, src []byte) {
	object, err := s.handle.alone()
	must(err)
	defer s.handle.leave()
	if !s.keyStream || len(dst) < len(src) {
		panic("miyao: a key stream is of CFB, CFB8, OFB or CTR, and needs room for as many bytes")
	}
	dst = dst[:len(src)]
	if overlap(dst, src) && &dst[0] != &src[0] {
		panic(errOverlap)
	}
	_, err = cSM4StreamUpdate(object, src, dst)
	must(err)
}

// Close wipes the key and what waits for the rest of its block.
func (s *SM4Stream) Close() error {
	if s == nil {
		return errNone
	}
	return s.handle.close()
}
