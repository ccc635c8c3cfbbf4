package message

import (
	"bytes"
	"fmt"
	"io"
)

// Reader is the plaintext of a message as it is read, in one pass and bounded memory: a frame, and 32 bytes a frame where
// a signature is demanded.
//
// Bytes come out only after their frame was authenticated (M63). io.EOF means that the final frame was seen, that nothing
// follows, and that a demanded signature was verified; until then the output may lack its end and counts as unsigned.
// Any other error is final. A Reader is for one goroutine.
type Reader struct {
	source  io.Reader
	start   *start
	body    *body
	context Context
	signer  *PublicKey
	leaves  leaves
	state   Signature

	buffer []byte // a frame, then what was read beyond it
	ahead  int    // how many bytes were read beyond it: none, or a trailer and one
	text   []byte // plaintext within buffer that was not handed out yet
	index  uint64 // of the next frame
	err    error  // what Read gives once text is empty
}

// NewReader reads H and R, opens an entry and compares the commitment (M90–M95); it reads no frame.
func NewReader(source io.Reader, opener *Opener) (*Reader, error) {
	if err := opener.check(); err != nil {
		return nil, err
	}
	if source == nil {
		return nil, noSource()
	}
	start, err := readStart(source)
	if err != nil {
		return nil, err
	}
	body, context, err := opener.enter(start)
	if err != nil {
		return nil, err
	}
	r := &Reader{source: source, start: start, body: body, context: context, signer: opener.signer}
	if start.signer != nil {
		r.state = Unchecked
	}
	return r, nil
}

// Context is the full context, which is authenticated.
func (r *Reader) Context() Context { return append(Context(nil), r.context...) }

// Signature is what is known of the signature by now (M75); Verified only once io.EOF was returned or is next.
func (r *Reader) Signature() Signature { return r.state }

// Read implements [io.Reader].
func (r *Reader) Read(out []byte) (int, error) {
	if len(out) == 0 {
		return 0, nil
	}
	if !r.more() {
		return 0, r.err
	}
	n := copy(out, r.text)
	r.text = r.text[n:]
	return n, nil
}

// WriteTo implements [io.WriterTo], a frame at a time.
func (r *Reader) WriteTo(out io.Writer) (written int64, err error) {
	for r.more() {
		n, err := out.Write(r.text)
		if n < 0 || n > len(r.text) { // of a count that cannot be, nothing counts
			return written, io.ErrShortWrite
		}
		if n < len(r.text) && err == nil {
			err = io.ErrShortWrite
		}
		written += int64(n)
		r.text = r.text[n:]
		if err != nil {
			return written, err
		}
	}
	if r.err != io.EOF {
		return written, r.err
	}
	return written, nil
}

// more makes sure that there is text to hand out, unless there never will be.
func (r *Reader) more() bool {
	if r.start == nil {
		r.err = noReader()
		return false
	}
	for len(r.text) == 0 {
		if r.err != nil {
			r.drop()
			return false
		}
		if err := r.next(); err != nil {
			r.end(err)
		}
	}
	return true
}

// Format implements [fmt.Formatter]: neither keys nor plaintext are printed.
func (r *Reader) Format(f fmt.State, _ rune) { fmt.Fprint(f, "Reader") }

// Close overwrites buffered plaintext and lets go of the keys. It does not close the source, and fails only where there is
// no reader: nil or a zero value.
func (r *Reader) Close() error {
	if r == nil || r.start == nil {
		return noReader()
	}
	r.end(fail(ErrInvalid, "the reader was closed"))
	return nil
}

// end lets go of the keys; the text of the final frame is still to be handed out before io.EOF.
func (r *Reader) end(err error) {
	r.err = err
	r.body.forget()
	if err != io.EOF {
		r.drop()
	}
}

func (r *Reader) drop() {
	wipe(r.buffer)
	r.buffer, r.text = nil, nil
}

// next opens the next frame (M96), and after the final one S (M97); then it gives io.EOF.
func (r *Reader) next() error {
	whole, tag, trailer := r.start.wholeLen(), r.start.suite.tagLen(), r.start.trailerLen()
	got, err := r.fill(whole, trailer+1)
	if err != nil {
		return err
	}
	// A frame is known to be the last by what follows it: a trailer at most.
	last := got <= whole+trailer
	end := whole
	if last {
		end = got - trailer
		if end < tag || end == tag && r.index > 0 { // M64
			return lostEnd()
		}
		r.ahead = 0
	} else {
		r.ahead = got - whole
	}
	// M65; every frame before this one was full.
	if err := checkLimits(r.index+1, r.index<<r.start.frameLog2+uint64(end-tag)); err != nil {
		return err
	}
	frame := r.buffer[:end]
	if r.signer != nil {
		r.leaves.add(r.index, frame, tag)
	}
	text, err := r.body.open(r.index, last, frame)
	if err != nil {
		return err
	}
	r.index++
	if !last {
		r.text = text
		return nil
	}
	// S is verified before the final frame leaves, so a signed message of one frame never looks unsigned.
	if r.signer != nil {
		if !r.leaves.isSignedBy(r.signer, r.start.digest, r.buffer[end:got]) {
			return ErrRejected
		}
		r.state = Verified
	}
	r.text = text
	return io.EOF
}

// fill makes the buffer hold a whole frame and so many bytes beyond it, or all that the source still has. The buffer
// grows as bytes arrive: a header that promises large frames costs nothing by itself.
func (r *Reader) fill(whole, beyond int) (got int, err error) {
	const first = 8 << 10
	wanted := whole + beyond
	if r.buffer == nil {
		r.buffer = make([]byte, min(first, wanted))
	}
	got = copy(r.buffer, r.buffer[min(whole, len(r.buffer)):][:r.ahead])
	for {
		n, err := readFull(r.source, r.buffer[got:])
		got += n
		if err != nil || got < len(r.buffer) || got == wanted {
			return got, err
		}
		// Ciphertext only, so growing leaves no plaintext behind.
		grown := make([]byte, min(2*len(r.buffer), wanted))
		copy(grown, r.buffer)
		r.buffer = grown
	}
}

// Decrypt opens a message that is in memory: all of its plaintext, authenticated to its end, or none.
func Decrypt(message []byte, opener *Opener) ([]byte, Signature, error) {
	r, err := NewReader(bytes.NewReader(message), opener)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	plaintext := bytes.NewBuffer(make([]byte, 0, max(0, int64(len(message))-r.start.bodyAt)))
	if _, err := r.WriteTo(plaintext); err != nil {
		wipe(plaintext.Bytes())
		return nil, 0, err
	}
	return plaintext.Bytes(), r.state, nil
}
