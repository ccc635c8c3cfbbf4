package miyao

import (
	"runtime"
	"sync/atomic"
)

// KMS is an open key store, acting as one principal, for any number of goroutines. A warm encryption, decryption or signature takes no lock and touches
// no file.
type KMS struct {
	owned  *owned
	closed *atomic.Bool
}

// Init makes a key store in a new file under a root, and opens it. Directories are not made. The principal is who acts, as it will stand in the audit
// log: 1 to 128 visible ASCII characters, such as service:orders.
func Init(path string, root Root, principal string) (*KMS, error) {
	return open(path, root, principal, true)
}

// Open opens the key store in a file. [ErrRejected] is a wrong root; [ErrMissing] says that there is none.
func Open(path string, root Root, principal string) (*KMS, error) {
	return open(path, root, principal, false)
}

func open(path string, root Root, principal string, make bool) (*KMS, error) {
	if make {
		if err := root.mayMake(path, principal); err != nil {
			return nil, err
		}
	} else if root.fresh {
		return nil, invalid("NewKeyFile is the root of a store that is made; open one by KeyFile")
	}
	var k *KMS
	err := root.use(func(root pointer) error {
		object, err := cKMSOpen(path, root, principal, make)
		if err == nil {
			k = newKMS(object)
		}
		return err
	})
	return k, err
}

func newKMS(object pointer) *KMS {
	return &KMS{ownAside(object, cKMSFree), new(atomic.Bool)} // it writes what was counted to a file
}

// of is the library's object, which is nil for no store.
func (k *KMS) of() pointer {
	if k == nil {
		return nil
	}
	return k.owned.of()
}

// ActingAs is the same store, acting as somebody else; it is closed by itself.
func (k *KMS) ActingAs(principal string) (*KMS, error) {
	object, err := cKMSActingAs(k.of(), principal)
	if err := k.done(err); err != nil {
		return nil, err
	}
	return newKMS(object), nil
}

// Attach lets the store's keys with hardware protection use a device.
func (k *KMS) Attach(device *Device) error {
	object, err := device.enter()
	if err != nil {
		return err
	}
	defer device.handle.leave()
	return k.done(cKMSAttach(k.of(), object))
}

// Flush writes what was counted to the audit log now. It is written every second too, and by Close.
func (k *KMS) Flush() error { return k.done(cKMSFlush(k.of())) }

// Close writes what was counted to the audit log and ends the use of this KMS; its keys are wiped when the last call, and the last object
// made of it, has ended: a [Decryptor] that opens by it has it until it has read the beginning of its message, what [KMS.ActingAs] made until
// it is closed. It may be called while others use the store, and more than once: a call that has begun to use it ends as it would have, so that
// a [DecryptMessage] which has read its options opens its message, and what comes later is [ErrClosed]. On failure the counts are lost with it:
// call Flush before where that matters.
func (k *KMS) Close() error {
	if k.of() == nil {
		return errNone
	}
	k.closed.Store(true)
	err := cKMSClose(k.of())
	runtime.KeepAlive(k)
	return err
}

func (k *KMS) isOpen() error {
	if k.of() == nil {
		return errNone
	}
	if k.closed.Load() {
		return ErrClosed
	}
	return nil
}

// done keeps the store alive until the call before it has ended, and says what a closed store's refusal means. The library itself lets a
// store be closed under its users, so that they need no lock and no count here.
func (k *KMS) done(err error) error {
	if err != nil && k.isOpen() == ErrClosed {
		if e, ok := err.(*Error); ok && e.Kind == ErrInvalid {
			err = ErrClosed
		}
	}
	runtime.KeepAlive(k)
	return err
}
