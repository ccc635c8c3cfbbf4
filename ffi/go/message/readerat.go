package message

import (
	"fmt"
	"io"
	"sync"
)

// ReaderAt is any range of a message's plaintext, each frame authenticated before a byte of it leaves (M63). It keeps one
// decrypted frame, and may be used by many goroutines, one of which decrypts at a time.
//
// A range claims no signature (M75).
type ReaderAt struct {
	mutex   sync.Mutex
	source  io.ReaderAt
	start   *start
	body    *body
	context Context
	size    int64
	frames  uint64
	lastLen int

	buffer []byte
	text   []byte // plaintext of frame `cached`
	cached uint64
	err    error // set by Close
}

// NewReaderAt opens the message that fills the first size bytes of source. The final frame is opened first, so
// truncation is seen at once (M98). The source must not use the ReaderAt, for which it would wait for ever. An opener
// that demands a signature is refused: only [NewReader] and [Decrypt] verify one.
func NewReaderAt(source io.ReaderAt, size int64, opener *Opener) (*ReaderAt, error) {
	if err := opener.check(); err != nil {
		return nil, err
	}
	if opener.signer != nil {
		return nil, fail(ErrInvalid, "ranges of a message carry no signature; read all of it to verify who signed")
	}
	if source == nil {
		return nil, noSource()
	}
	if size < 0 {
		return nil, fail(ErrInvalid, "a message has no negative size")
	}
	start, err := readStart(io.NewSectionReader(source, 0, size))
	if err != nil {
		return nil, err
	}
	body, context, err := opener.enter(start)
	if err != nil {
		return nil, err
	}
	length := size - start.bodyAt - int64(start.trailerLen())
	frames, lastLen, err := layout(length, start.header)
	if err != nil {
		return nil, err
	}
	r := &ReaderAt{
		source: source, start: start, body: body, context: context,
		size: length - int64(frames)*int64(start.suite.tagLen()), frames: frames, lastLen: lastLen,
		buffer: make([]byte, min(int64(start.wholeLen()), length)), cached: frames,
	}
	if err := r.load(frames - 1); err != nil {
		return nil, err
	}
	return r, nil
}

// Size is the number of bytes of plaintext.
func (r *ReaderAt) Size() int64 { return r.size }

// Context is the full context, which is authenticated.
func (r *ReaderAt) Context() Context { return append(Context(nil), r.context...) }

// ReadAt implements [io.ReaderAt].
func (r *ReaderAt) ReadAt(out []byte, offset int64) (n int, err error) {
	if offset < 0 {
		return 0, fail(ErrInvalid, "an offset is negative")
	}
	if r.start == nil {
		return 0, noReader()
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for n < len(out) {
		if r.err != nil {
			return n, r.err
		}
		if offset >= r.size {
			return n, io.EOF
		}
		if err := r.load(uint64(offset >> r.start.frameLog2)); err != nil {
			return n, err
		}
		copied := copy(out[n:], r.text[offset&int64(r.start.frameLen()-1):])
		n, offset = n+copied, offset+int64(copied)
	}
	return n, nil
}

// Format implements [fmt.Formatter]: neither keys nor plaintext are printed.
func (r *ReaderAt) Format(f fmt.State, _ rune) { fmt.Fprint(f, "ReaderAt") }

// Close overwrites the decrypted frame and lets go of the keys. It does not close the source, and fails only where there
// is no reader: nil or a zero value.
func (r *ReaderAt) Close() error {
	if r == nil || r.start == nil {
		return noReader()
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	wipe(r.buffer)
	r.body.forget()
	r.text, r.err = nil, fail(ErrInvalid, "the reader was closed")
	return nil
}

// load decrypts frame i, unless it is there.
func (r *ReaderAt) load(i uint64) error {
	if i == r.cached {
		return nil
	}
	r.cached, r.text = r.frames, nil
	last := i+1 == r.frames
	frame := r.buffer
	if last {
		frame = r.buffer[:r.lastLen]
	}
	at := r.start.bodyAt + int64(i)*int64(r.start.wholeLen())
	if n, err := r.source.ReadAt(frame, at); n != len(frame) {
		wipe(r.buffer)
		switch {
		case n < 0 || n > len(frame) || err == nil:
			return impossible(n, len(frame))
		case err == io.EOF:
			return lostEnd()
		}
		return ioFailure(err)
	}
	text, err := r.body.open(i, last, frame)
	if err != nil {
		wipe(r.buffer)
		return err
	}
	r.cached, r.text = i, text
	return nil
}
