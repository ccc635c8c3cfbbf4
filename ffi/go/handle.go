package miyao

import (
	"math"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// live counts the objects of the library that were made and not freed; the tests ask it.
var live atomic.Int64

const closed = math.MinInt64

// A handle keeps an object of the library from being freed while a call uses it, without a lock: users counts the calls, and its sign is set
// by Close. Whoever makes it zero below the sign frees.
type handle struct {
	users  atomic.Int64
	object atomic.Pointer[byte]
	free   func(unsafe.Pointer)
}

// newHandle owns object from now on, and frees it at the latest some time after owner is unreachable.
func newHandle[T any](owner *T, object unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	h := &handle{free: free}
	h.object.Store((*byte)(object))
	live.Add(1)
	runtime.AddCleanup(owner, (*handle).close, h)
	return h
}

// enter begins a call that may run beside others; leave ends it.
func (h *handle) enter() (unsafe.Pointer, error) {
	if h.users.Add(1) < 0 {
		h.leave()
		return nil, ErrClosed
	}
	return unsafe.Pointer(h.object.Load()), nil
}

// alone begins a call that nobody else may be beside; leave ends it.
func (h *handle) alone() (unsafe.Pointer, error) {
	if h.users.CompareAndSwap(0, 1) {
		return unsafe.Pointer(h.object.Load()), nil
	}
	if h.users.Load() < 0 {
		return nil, ErrClosed
	}
	return nil, errShared
}

func (h *handle) leave() {
	if h.users.Add(-1) == closed {
		h.release()
	}
}

// close sets the sign once. Not by Or, whose result Go 1.24.0 takes from a register that something else is in.
func (h *handle) close() {
	for users := h.users.Load(); users >= 0; users = h.users.Load() {
		if h.users.CompareAndSwap(users, users+closed) {
			if users == 0 {
				h.release()
			}
			return
		}
	}
}

// release frees once, whoever comes first of those that saw the last call end.
func (h *handle) release() {
	if object := h.object.Swap(nil); object != nil {
		h.free(unsafe.Pointer(object))
		live.Add(-1)
	}
}

// freedLater lets the collector free an object that holds no secret and is never closed.
func freedLater[T any](owner *T, object unsafe.Pointer, free func(unsafe.Pointer)) {
	live.Add(1)
	runtime.AddCleanup(owner, func(object unsafe.Pointer) {
		free(object)
		live.Add(-1)
	}, object)
}

// Wipe overwrites a secret of the caller's with zeros. Copies that Go made of it meanwhile stay; see the words of the package.
func Wipe(secret []byte) {
	clear(secret)
	runtime.KeepAlive(secret)
}

// overlap says whether two slices share a byte: the library takes no output that lies in an input, but where it says so.
func overlap(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	x, y := uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&b[0]))
	return x < y+uintptr(len(b)) && y < x+uintptr(len(a))
}

var errOverlap = invalid("the output lies in an input; give it memory of its own")
