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

// How a type holds an object of the library, so that a copy of its value is as good as the first:
//
//   - What needs no Close has an *owned, made by own or ownAside; what has a Close has a *handle, made by newHandle or newHandleAside. It never has the pointer
//     itself, for the collector would free that with the value that came first, under its copies: they share the owned or the handle, and the object goes with the last of
//     them.
//   - It reaches the pointer by of, which is nil for nil and for the zero value, and keeps itself alive (runtime.KeepAlive) until the call has ended; or by
//     enter or alone, which refuse both, and leave. A nil that the library takes for "none" is refused before.
//   - What else copies have to share, such as a lock, is behind a pointer too.
//
// copies_test.go finds exported types that are made otherwise, and those whose copies it does not try.

// An owned is an object without a Close.
type owned struct {
	object unsafe.Pointer
}

// own frees object some time after nobody reaches what it returns.
func own(object unsafe.Pointer, free func(unsafe.Pointer)) *owned {
	o := &owned{object}
	live.Add(1)
	runtime.AddCleanup(o, func(object unsafe.Pointer) {
		free(object)
		live.Add(-1)
	}, object)
	return o
}

// ownAside is own for what takes time to free, and waits: whatever else is to be freed in this process would wait with it.
func ownAside(object unsafe.Pointer, free func(unsafe.Pointer)) *owned {
	o := &owned{object}
	live.Add(1)
	runtime.AddCleanup(o, func(object unsafe.Pointer) {
		aside(func() {
			free(object)
			live.Add(-1)
		})
	}, object)
	return o
}

// waiting is how many are freed aside at once: each has a thread meanwhile, of which a process has not any number.
var waiting = make(chan struct{}, 64)

func aside(free func()) {
	go func() {
		waiting <- struct{}{}
		defer func() { <-waiting }()
		free()
	}()
}

// of is nil for none.
func (o *owned) of() unsafe.Pointer {
	if o == nil {
		return nil
	}
	return o.object
}

// A handle is an object with a Close.
type handle struct {
	*held
}

// A held keeps an object of the library from being freed while a call uses it, without a lock: users counts the calls, and its sign is set
// by Close. Whoever makes it zero below the sign frees. It is apart from the handle so that the cleanup reaches it, and nobody else's handle.
type held struct {
	users  atomic.Int64
	object atomic.Pointer[byte]
	free   func(unsafe.Pointer)
}

// newHandle owns object from now on, and frees it at the latest some time after nobody reaches the handle.
func newHandle(object unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	return cleaned(object, free, (*held).close)
}

// newHandleAside is newHandle as ownAside is own: for devices, which are logged out of, and for streams, which may have the last of a store, a device or threads.
func newHandleAside(object unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	return cleaned(object, free, func(h *held) { aside(h.close) })
}

func cleaned(object unsafe.Pointer, free func(unsafe.Pointer), cleanup func(*held)) *handle {
	h := &handle{&held{free: free}}
	h.object.Store((*byte)(object))
	live.Add(1)
	runtime.AddCleanup(h, cleanup, h.held)
	return h
}

var errNone = invalid("there is no object: it is nil or a zero value; make it with the function of this package that does")

func (h *handle) enter() (unsafe.Pointer, error) {
	if h == nil {
		return nil, errNone
	}
	return h.held.enter()
}

func (h *handle) alone() (unsafe.Pointer, error) {
	if h == nil {
		return nil, errNone
	}
	return h.held.alone()
}

// close is the Close of a type, which has nothing else to fail.
func (h *handle) close() error {
	if h == nil {
		return errNone
	}
	h.held.close()
	return nil
}

// enter begins a call that may run beside others; leave ends it.
func (h *held) enter() (unsafe.Pointer, error) {
	if h.users.Add(1) < 0 {
		h.leave()
		return nil, ErrClosed
	}
	return unsafe.Pointer(h.object.Load()), nil
}

// alone begins a call that nobody else may be beside; leave ends it.
func (h *held) alone() (unsafe.Pointer, error) {
	if h.users.CompareAndSwap(0, 1) {
		return unsafe.Pointer(h.object.Load()), nil
	}
	if h.users.Load() < 0 {
		return nil, ErrClosed
	}
	return nil, errShared
}

func (h *held) leave() {
	if h.users.Add(-1) == closed {
		h.release()
	}
}

// close sets the sign once. Not by Or, whose result Go 1.24.0 takes from a register that something else is in.
func (h *held) close() {
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
func (h *held) release() {
	if object := h.object.Swap(nil); object != nil {
		h.free(unsafe.Pointer(object))
		live.Add(-1)
	}
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
