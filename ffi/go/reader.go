package miyao

import (
	"fmt"
	"io"
	"runtime/cgo"
	"sync"
)

var _ io.ReaderAt = (*Reader)(nil)

// Reader reads the plaintext of a message from any place, each frame authenticated before a byte of it leaves; one decrypted frame is kept. Nothing
// is said of a signature: for that a message is read from its beginning to its end.
//
// Many goroutines may call ReadAt at once, as [io.ReaderAt] demands; they take turns, so give each its own Reader where that is too slow.
type Reader struct {
	turns  sync.Mutex
	handle *handle
	source *source
}

// source is what the library calls back for bytes of the message. A cgo.Handle names it in C, where no pointer to Go may stay.
type source struct {
	in     io.ReaderAt
	err    error // of the last call that failed
	number cgo.Handle
}

// NewReader opens the message of size bytes that in gives.
func NewReader(in io.ReaderAt, size int64, options OpenOptions) (*Reader, error) {
	if in == nil || size < 0 {
		return nil, invalid("a message that is read from any place needs a source and its size; give both")
	}
	s := &source{in: in}
	s.number = cgo.NewHandle(s)
	r := &Reader{source: s}
	err := options.use(func(object pointer) error {
		reader, err := cReaderNew(object, uintptr(s.number), size)
		if err == nil {
			r.handle = newHandle(r, reader, func(object pointer) {
				cReaderFree(object)
				s.number.Delete()
			})
		}
		return err
	})
	if err != nil {
		s.number.Delete()
		return nil, s.caused(err)
	}
	return r, nil
}

// Size is the number of bytes of plaintext; 0 after Close.
func (r *Reader) Size() int64 {
	object, err := r.handle.enter()
	if err != nil {
		return 0
	}
	defer r.handle.leave()
	return cReaderLen(object)
}

// ReadAt is [io.ReaderAt].
func (r *Reader) ReadAt(out []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, invalid("an offset is negative; count from the start of the plaintext")
	}
	r.turns.Lock()
	defer r.turns.Unlock()
	object, err := r.handle.enter()
	if err != nil {
		return 0, err
	}
	defer r.handle.leave()
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
	r.turns.Lock()
	defer r.turns.Unlock()
	object, err := r.handle.enter()
	if err != nil {
		return MessageHeader{}, err
	}
	defer r.handle.leave()
	return record[MessageHeader](cReaderRecord(object))
}

// Close wipes the frame that is kept. It does not close the source.
func (r *Reader) Close() error {
	r.handle.close()
	return nil
}

// caused adds what the caller's source said to what the library says of it.
func (s *source) caused(err error) error {
	if e, ok := err.(*Error); ok && s.err != nil {
		e.Cause = s.err
	}
	return err
}

// readSource answers the library; a negative number is a failure. A panic of the caller's must not pass through C.
func readSource(number uintptr, offset uint64, out []byte) (n int64) {
	s, ok := cgo.Handle(number).Value().(*source)
	if !ok || offset > 1<<63-1 {
		return failed
	}
	defer func() {
		if cause := recover(); cause != nil {
			s.err, n = fmt.Errorf("the source panicked: %v", cause), failed
		}
	}()
	read, err := s.in.ReadAt(out, int64(offset))
	if err != nil && err != io.EOF && read < len(out) {
		s.err = err
		return failed
	}
	if read < 0 || read > len(out) {
		s.err = fmt.Errorf("the source says that it read %d of %d bytes", read, len(out))
		return failed
	}
	return int64(read)
}
