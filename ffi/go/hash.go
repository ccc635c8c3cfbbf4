package miyao

import (
	"hash"
	"runtime"
)

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

// SM3Many are the digests of many messages, side by side: for short ones this takes a fraction of the time of one by one.
func SM3Many(messages [][]byte) [][32]byte {
	digests := make([][32]byte, len(messages))
	must(cSM3Many(messages, digests))
	return digests
}

// CMAC is SM4-CMAC of data under a key of 16 bytes.
func CMAC(key, data []byte) (mac [16]byte, err error) {
	err = cCMAC(key, data, &mac)
	return mac, err
}

// Hash is a running SM3, HMAC-SM3, SM4-CMAC or digest of SM2 as a [hash.Hash], for one goroutine at a time. Its state cannot be marshalled.
type Hash struct {
	handle      *handle
	size, block int
	update      func(pointer, []byte) error
	finish      func(pointer, []byte) error
	reset       func(pointer) error
	verify      func(pointer, []byte) error    // of MACs
	clone       func(pointer) (pointer, error) // nil for what has none
	free        func(pointer)
	start       *owned // the state to begin again from, where reset is nil
}

func newHash(h Hash, free func(pointer), object pointer, err error) (*Hash, error) {
	if err != nil {
		return nil, err
	}
	out := &h
	out.free = free
	out.handle = newHandle(object, free)
	return out, nil
}

// NewSM3 is a hash of no bytes yet. It needs no Close unless what it digests is secret.
func NewSM3() hash.Hash {
	object, err := cSM3New()
	h, err := newHash(Hash{size: 32, block: 64, update: cSM3Update, finish: cSM3Finish, reset: cSM3Reset, clone: cSM3Clone}, cSM3Free, object, err)
	must(err)
	return h
}

// NewHMAC is a running HMAC-SM3 under its key, which Close wipes.
func NewHMAC(key []byte) (*Hash, error) {
	object, err := cHMACNew(key)
	h := Hash{size: 32, block: 64, update: cHMACUpdate, finish: cHMACFinish, reset: cHMACReset, verify: cHMACVerify, clone: cHMACClone}
	return newHash(h, cHMACFree, object, err)
}

// NewCMAC is a running SM4-CMAC under its key of 16 bytes, which Close wipes.
func NewCMAC(key []byte) (*Hash, error) {
	object, err := cCMACNew(key)
	return newHash(Hash{size: 16, block: 16, update: cCMACUpdate, finish: cCMACFinish, reset: cCMACReset, verify: cCMACVerify}, cCMACFree, object, err)
}

// NewDigest is a running e = SM3(ZA ‖ message), which is what is signed and verified, for a message that comes in pieces. It needs no Close unless
// the message is secret.
func (k *SM2PublicKey) NewDigest(userID []byte) (*Hash, error) {
	object, err := cDigestNew(k.of(), user(userID))
	runtime.KeepAlive(k)
	if err != nil {
		return nil, err
	}
	start, err := cDigestClone(object) // to begin again from
	if err != nil {
		cDigestFree(object)
		return nil, err
	}
	h := Hash{size: 32, block: 64, update: cDigestUpdate, finish: cDigestFinish, clone: cDigestClone}
	h.start = own(start, cDigestFree)
	return newHash(h, cDigestFree, object, nil)
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
	if h.reset != nil {
		err = h.reset(object)
	} else {
		var fresh pointer
		if fresh, err = h.clone(h.start.of()); err == nil {
			h.handle.object.Store((*byte)(fresh))
			h.free(object)
		}
		runtime.KeepAlive(h.start)
	}
	h.handle.leave()
	must(err)
}

// Copy is a copy that goes on by itself, to be closed too where h is. [ErrUnsupported] is a CMAC, which has none.
func (h *Hash) Copy() (*Hash, error) {
	if h.clone == nil {
		return nil, ErrUnsupported
	}
	object, err := h.handle.alone()
	if err != nil {
		return nil, err
	}
	copied, err := h.clone(object)
	h.handle.leave()
	other := Hash{size: h.size, block: h.block, update: h.update, finish: h.finish, reset: h.reset, verify: h.verify, clone: h.clone, start: h.start}
	return newHash(other, h.free, copied, err)
}

// Size is the number of bytes that Sum appends.
func (h *Hash) Size() int { return h.size }

// BlockSize is that of [hash.Hash].
func (h *Hash) BlockSize() int { return h.block }

// Close wipes it.
func (h *Hash) Close() error {
	if h == nil {
		return errNone
	}
	return h.handle.close()
}

// must panics where Go's interface has no place for an error: only misuse and defects come here.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
