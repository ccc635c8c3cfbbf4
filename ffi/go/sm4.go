package miyao

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

var _ cipher.Block = (*SM4)(nil)

// Mode is a mode of SM4 (GB/T 17964-2021). None authenticates: take [NewGCM] or [NewCCM] unless another system asks for this.
type Mode uint32

const (
	ECB      Mode = 1 // whole blocks, each by itself; no IV
	ECBPKCS7 Mode = 2 // ECB after PKCS#7 padding
	CBC      Mode = 3 // whole blocks in a chain
	CBCPKCS7 Mode = 4 // CBC after PKCS#7 padding
	CFB      Mode = 5 // feedback of whole blocks
	CFB8     Mode = 6 // feedback of single bytes
	OFB      Mode = 7 // output feedback
	CTR      Mode = 8 // the IV is the first counter block, big-endian
)

const blockLen = 16

// SM4 is a key of SM4 (分组密码) as a [cipher.Block], for any number of goroutines. A call for one block costs more on its way into the library than the
// block itself, so give many at once: [cipher.NewCBCEncrypter], [cipher.NewCBCDecrypter] and [cipher.NewCTR] of an SM4 hand over all that they get. For
// GCM use [NewGCM]; that of crypto/cipher works block by block.
type SM4 struct {
	handle *handle
}

// NewSM4 takes a key of 16 bytes.
func NewSM4(key []byte) (*SM4, error) {
	object, err := cSM4New(key)
	if err != nil {
		return nil, err
	}
	s := &SM4{}
	s.handle = newHandle(object, cSM4Free)
	return s, nil
}

// BlockSize is 16.
func (s *SM4) BlockSize() int { return blockLen }

// Encrypt encrypts the first block of src. It panics for less than a block, for buffers that overlap in part, and after Close.
func (s *SM4) Encrypt(dst, src []byte) {
	block(dst, src)
	must(s.run(cSM4Encrypt, ECB, nil, src[:blockLen], dst[:blockLen]))
}

// Decrypt undoes Encrypt.
func (s *SM4) Decrypt(dst, src []byte) {
	block(dst, src)
	must(s.run(cSM4Decrypt, ECB, nil, src[:blockLen], dst[:blockLen]))
}

// block panics for less than a block, which a slice's capacity might hide.
func block(dst, src []byte) {
	if len(src) < blockLen || len(dst) < blockLen {
		panic("miyao: a block of SM4 has 16 bytes")
	}
}

// EncryptMode encrypts all of data in a mode; the IV has 16 bytes, and none in ECB.
func (s *SM4) EncryptMode(mode Mode, iv, data []byte) ([]byte, error) {
	return s.whole(cSM4Encrypt, mode, iv, data, len(data)+blockLen)
}

// DecryptMode undoes EncryptMode. [ErrRejected] is a padding that is none: whoever may ask learns the plaintext, so authenticate before.
func (s *SM4) DecryptMode(mode Mode, iv, data []byte) ([]byte, error) {
	return s.whole(cSM4Decrypt, mode, iv, data, len(data))
}

// Close wipes the key.
func (s *SM4) Close() error {
	if s == nil {
		return errNone
	}
	return s.handle.close()
}

type crypt = func(p pointer, mode Mode, iv, data, out []byte) (int, error)

func (s *SM4) whole(do crypt, mode Mode, iv, data []byte, room int) ([]byte, error) {
	object, err := s.handle.enter()
	if err != nil {
		return nil, err
	}
	defer s.handle.leave()
	out := make([]byte, room)
	n, err := do(object, mode, iv, data, out)
	if err != nil {
		return nil, err
	}
	return out[:n], nil
}

func (s *SM4) run(do crypt, mode Mode, iv, data, out []byte) error {
	object, err := s.handle.enter()
	if err != nil {
		return err
	}
	_, err = do(object, mode, iv, data, out)
	s.handle.leave()
	return err
}

// NewCBCEncrypter is what [cipher.NewCBCEncrypter] uses.
func (s *SM4) NewCBCEncrypter(iv []byte) cipher.BlockMode { return newCBC(s, iv, true) }

// NewCBCDecrypter is what [cipher.NewCBCDecrypter] uses.
func (s *SM4) NewCBCDecrypter(iv []byte) cipher.BlockMode { return newCBC(s, iv, false) }

type cbc struct {
	sm4        *SM4
	last       [blockLen]byte
	encrypting bool
}

func newCBC(s *SM4, iv []byte, encrypting bool) *cbc {
	if len(iv) != blockLen {
		panic("miyao: an IV of CBC has 16 bytes")
	}
	c := &cbc{sm4: s, encrypting: encrypting}
	copy(c.last[:], iv)
	return c
}

func (c *cbc) BlockSize() int { return blockLen }

func (c *cbc) CryptBlocks(dst, src []byte) {
	if len(src)%blockLen != 0 || len(dst) < len(src) {
		panic("miyao: CBC takes whole blocks, and room for as many")
	}
	if len(src) == 0 {
		return
	}
	dst = dst[:len(src)]
	if c.encrypting {
		must(c.sm4.run(cSM4Encrypt, CBC, c.last[:], src, dst))
		copy(c.last[:], dst[len(dst)-blockLen:])
		return
	}
	next := [blockLen]byte(src[len(src)-blockLen:]) // before it is overwritten in place
	must(c.sm4.run(cSM4Decrypt, CBC, c.last[:], src, dst))
	c.last = next
}

// SetIV starts another text.
func (c *cbc) SetIV(iv []byte) {
	if len(iv) != blockLen {
		panic("miyao: an IV of CBC has 16 bytes")
	}
	copy(c.last[:], iv)
}

// NewCTR is what [cipher.NewCTR] uses. Up to 15 bytes of key stream wait in Go's memory for the rest of their block, where Close does not wipe them;
// [NewSM4Encrypter] keeps them out of it.
func (s *SM4) NewCTR(iv []byte) cipher.Stream {
	if len(iv) != blockLen {
		panic("miyao: an IV of CTR has 16 bytes")
	}
	c := &ctr{sm4: s, used: blockLen}
	copy(c.counter[:], iv)
	return c
}

type ctr struct {
	sm4     *SM4
	counter [blockLen]byte
	rest    [blockLen]byte // the key stream of the block that was begun
	used    int            // how much of it is gone
}

func (c *ctr) XORKeyStream(dst, src []byte) {
	if len(dst) < len(src) {
		panic("miyao: CTR needs room for as many bytes")
	}
	dst = dst[:len(src)]
	if overlap(dst, src) && &dst[0] != &src[0] {
		panic(errOverlap)
	}
	n := subtle.XORBytes(dst, src, c.rest[c.used:])
	clear(c.rest[c.used : c.used+n])
	c.used += n
	dst, src = dst[n:], src[n:]
	if whole := len(src) / blockLen * blockLen; whole > 0 {
		must(c.sm4.run(cSM4Encrypt, CTR, c.counter[:], src[:whole], dst[:whole]))
		c.count(uint64(whole / blockLen))
		dst, src = dst[whole:], src[whole:]
	}
	if len(src) > 0 {
		must(c.sm4.run(cSM4Encrypt, ECB, nil, c.counter[:], c.rest[:]))
		c.count(1)
		c.used = subtle.XORBytes(dst, src, c.rest[:])
		clear(c.rest[:c.used])
	}
}

// count adds to the counter modulo 2^128.
func (c *ctr) count(blocks uint64) {
	high, low := binary.BigEndian.Uint64(c.counter[:8]), binary.BigEndian.Uint64(c.counter[8:])
	if low+blocks < low {
		high++
	}
	binary.BigEndian.PutUint64(c.counter[:8], high)
	binary.BigEndian.PutUint64(c.counter[8:], low+blocks)
}

// XTSOrder is the order of bits in XTS; the ciphertexts of the two differ from the second block on.
type XTSOrder uint32

const (
	XTSIEEE XTSOrder = 1 // IEEE 1619
	XTSGB   XTSOrder = 2 // GB/T 17964-2021
)

// XTS is a key of SM4-XTS for sectors of storage, for any number of goroutines. Nothing authenticates.
type XTS struct {
	handle *handle
}

// NewXTS takes a key of 32 bytes.
func NewXTS(key []byte, order XTSOrder) (*XTS, error) {
	object, err := cXTSNew(key, order)
	if err != nil {
		return nil, err
	}
	x := &XTS{}
	x.handle = newHandle(object, cXTSFree)
	return x, nil
}

// Encrypt encrypts a sector of 16 bytes to 16 MiB to dst, which has its length and may be the same. The tweak has 16 bytes: the sector's number,
// little-endian.
func (x *XTS) Encrypt(tweak, dst, sector []byte) error { return x.run(cXTSEncrypt, tweak, dst, sector) }

// Decrypt undoes Encrypt.
func (x *XTS) Decrypt(tweak, dst, sector []byte) error { return x.run(cXTSDecrypt, tweak, dst, sector) }

func (x *XTS) run(do func(p pointer, tweak, data, out []byte) error, tweak, dst, sector []byte) error {
	if overlap(dst, tweak) {
		return errOverlap
	}
	object, err := x.handle.enter()
	if err != nil {
		return err
	}
	defer x.handle.leave()
	return do(object, tweak, sector, dst)
}

// Close wipes the key.
func (x *XTS) Close() error {
	if x == nil {
		return errNone
	}
	return x.handle.close()
}
