package miyao

import "hash"

var _ hash.Hash = (*Hash)(nil)

// SM3 is the digest of data, 32 bytes.
func SM3(data []byte) (digest [32]byte) {
	must(cSM3(data, &digest))
	return digest
}

// HMAC is HMAC-SM3 of data, 32 bytes. A key has any length; 32 bytes are the rule.
func HMAC(key, data []byte) (mac [32]byte) {
	must(cHMAC(key, data, &mac))
	return mac
}

// VerifyHMAC compares in constant time. [ErrRejected] is another.
func VerifyHMAC(key, data, mac []byte) error {
	h, err := NewHMAC(key)
	if err != nil {
		return err
	}
	defer h.Close()
	if _, err := h.Write(data); err != nil {
		return err
	}
	return h.Verify(mac)
}

// Hash is a running SM3, HMAC-SM3, SM4-CMAC or digest of SM2 as a [hash.Hash], for one goroutine at a time. Its state cannot be marshalled.
type Hash struct {
	handle      *handle
	size, block int
	update      func(pointer, []byte) error
	finish      func(pointer, []byte) error
	reset       func(pointer) error
	verify      func(pointer, []byte) error // of MACs
}

func newHash(h Hash, free func(pointer), object pointer, err error) (*Hash, error) {
	if err != nil {
		return nil, err
	}
	out := &h
	out.handle = newHandle(out, object, free)
	return out, nil
}

// NewSM3 is a hash of no bytes yet. It needs no Close unless what it digests is secret.
func NewSM3() hash.Hash {
	object, err := cSM3New()
	h, err := newHash(Hash{size: 32, block: 64, update: cSM3Update, finish: cSM3Finish, reset: cSM3Reset}, cSM3Free, object, err)
	must(err)
	return h
}

// NewHMAC is a running HMAC-SM3 under its key, which Close wipes.
func NewHMAC(key []byte) (*Hash, error) {
	object, err := cHMACNew(key)
	return newHash(Hash{size: 32, block: 64, update: cHMACUpdate, finish: cHMACFinish, reset: cHMACReset, verify: cHMACVerify}, cHMACFree, object, err)
}

// NewCMAC is a running SM4-CMAC under its key of 16 bytes, which Close wipes.
func NewCMAC(key []byte) (*Hash, error) {
	object, err := cCMACNew(key)
	return newHash(Hash{size: 16, block: 16, update: cCMACUpdate, finish: cCMACFinish, reset: cCMACReset, verify: cCMACVerify}, cCMACFree, object, err)
}

// Write adds bytes. The only failures are those of misuse.
func (h *Hash) Write(data []byte) (int, error) {
	object, err := h.handle.alone()
	if err != nil {
		return 0, err
	}
	err = h.update(object, data)
	h.handle.leave()
	if err != nil {
		return 0, err
	}
	return len(data), nil
}

// Sum appends the digest of what was written so far; more can be written afterwards. It panics after Close, for [hash.Hash] has no place for an error.
func (h *Hash) Sum(dst []byte) []byte {
	object, err := h.handle.alone()
	must(err)
	all, out := grown(dst, h.size)
	err = h.finish(object, out)
	h.handle.leave()
	must(err)
	return all
}

// Verify compares the tag of what was written so far, in constant time. [ErrRejected] is another; [ErrInvalid] is a hash without a key.
func (h *Hash) Verify(mac []byte) error {
	if h.verify == nil {
		return invalid("only a MAC is verified; compare digests with bytes.Equal")
	}
	object, err := h.handle.alone()
	if err != nil {
		return err
	}
	err = h.verify(object, mac)
	h.handle.leave()
	return err
}

// Reset starts again, under the same key. It panics after Close.
func (h *Hash) Reset() {
	object, err := h.handle.alone()
	must(err)
	err = h.reset(object)
	h.handle.leave()
	must(err)
}

// Size is the number of bytes that Sum appends.
func (h *Hash) Size() int { return h.size }

// BlockSize is that of [hash.Hash].
func (h *Hash) BlockSize() int { return h.block }

// Close wipes it.
func (h *Hash) Close() error {
	h.handle.close()
	return nil
}

// must panics where Go's interface has no place for an error: only misuse and defects come here.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
