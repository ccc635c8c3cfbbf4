package miyao

import (
	"fmt"
	"io"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"weak"
)

var _ io.ReaderAt = (*Reader)(nil)

// Reader reads the plaintext of a message from any place, each frame authenticated before a byte of it leaves; one decrypted frame is kept. Nothing
// is said of a signature: for that a message is read from its beginning to its end.
//
// Many goroutines may call ReadAt at once, as [io.ReaderAt] demands; they take turns, so give each its own Reader where that is too slow.
type Reader struct {
	handle *handle
	source *source
	size   int64
}

// source is what the library calls back for bytes of the message. The number of a cgo.Handle names it in C, where no pointer to Go may stay; behind that number
// is a weak pointer, so that a source which leads to its Reader does not keep both for ever.
type source struct {
	in    io.ReaderAt
	turns sync.Mutex
	err   error // of the last call that failed
	left  *atomic.Bool
}

// NewReader opens the message of size bytes that in gives. It is called back from within ReadAt, by the same goroutine: it must not use the Reader, for which
// it would wait for ever, and must return or panic; after a runtime.Goexit in it, such as that of a test's FailNow, the Reader is closed and not freed.
func NewReader(in io.ReaderAt, size int64, options OpenOptions) (*Reader, error) {
	if in == nil || size < 0 {
		return nil, invalid("a message that is read from any place needs a source and its size; give both")
	}
	left := new(atomic.Bool)
	r := &Reader{source: &source{in: in, left: left}}
	number := cgo.NewHandle(weak.Make(r.source))
	defer func() {
		if r.handle == nil { // also after a panic
			number.Delete()
		}
	}()
	err := options.use(func(object pointer) error {
		reader, err := cReaderNew(object, uintptr(number), size)
		if err != nil {
			return err
		}
		r.size = cReaderLen(reader)
		r.handle = newHandle(reader, func(object pointer) {
			if !left.Load() {
				cReaderFree(object)
			}
			number.Delete()
		})
		return nil
	})
	if err != nil {
		return nil, r.source.caused(err)
	}
	return r, nil
}

// Size is the number of bytes of plaintext, also after Close.
func (r *Reader) Size() int64 { return r.size }

// ReadAt is [io.ReaderAt].
func (r *Reader) ReadAt(out []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, invalid("an offset is negative; count from the start of the plaintext")
	}
	if r.source == nil {
		return 0, errNone
	}
	r.source.turns.Lock()
	defer r.source.turns.Unlock()
	object, err := r.handle.enter()
	if err != nil {
		return 0, err
	}
	defer r.handle.leave()
	defer r.source.abandoned(r.handle)
	r.source.err = nil
	n, err := cReaderReadAt(object, offset, out)
	if err != nil {
		return 0, r.source.caused(err)
	}
	if n < len(out) {
		return n, io.EOF
	}
	return n, nil
}

// Header is what the message says of itself; the signature is not checked.
func (r *Reader) Header() (MessageHeader, error) {
	if r.source == nil {
		return MessageHeader{}, errNone
	}
	r.source.turns.Lock()
	defer r.source.turns.Unlock()
	object, err := r.handle.enter()
	if err != nil {
		return MessageHeader{}, err
	}
	defer r.handle.leave()
	return record[MessageHeader](cReaderRecord(object))
}

// Close wipes the frame that is kept. It does not close the source.
func (r *Reader) Close() error {
	if r == nil {
		return errNone
	}
	return r.handle.close()
}

// caused is what the source said, where the library failed for that.
func (s *source) caused(err error) error {
	if s.err == nil {
		return err
	}
	return broken("the source failed: ", s.err)
}

// abandoned closes a reader whose call was left in its middle: it may hold half a frame.
func (s *source) abandoned(h *handle) {
	if s.left.Load() {
		_ = h.close() // which cannot fail here
	}
}

// readSource answers the library; a negative number is a failure. A panic of the caller's must not pass through C.
func readSource(number uintptr, offset uint64, out []byte) (n int64) {
	behind, ok := cgo.Handle(number).Value().(weak.Pointer[source])
	if !ok {
		return failed
	}
	s := behind.Value()
	if s == nil || offset > 1<<63-1 {
		return failed
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		if cause := recover(); cause != nil {
			s.err, n = fmt.Errorf("it panicked: %v", cause), failed
		} else { // runtime.Goexit, which nothing stops
			s.left.Store(true)
		}
	}()
	read, err := s.in.ReadAt(out, int64(offset))
	returned = true
	if err != nil && err != io.EOF && read < len(out) {
		s.err = err
		return failed
	}
	if !possible(read, out) {
		s.err = impossible(read, out)
		return failed
	}
	return int64(read)
}
