package miyao

import (
	"errors"
	"io"
)

// pieceLen is how much moves at a time between a stream and the caller's reader or writer: a frame of the usual size and its tag fit.
const pieceLen = 128 << 10

// Encryptor makes a message of what is written to it, for one goroutine at a time. **Without Close it has no end, and no reader accepts it.**
type Encryptor struct {
	handle *handle
	out    io.Writer
	piece  []byte // of the message
	err    error
}

// NewEncryptor begins a message; its header and recipients are written with the first bytes.
func NewEncryptor(out io.Writer, options MessageOptions) (*Encryptor, error) {
	if out == nil {
		return nil, errNoWriter
	}
	e := &Encryptor{out: out}
	err := options.use(func(object pointer) error {
		encryptor, err := cEncryptorNew(object)
		if err == nil {
			e.handle = newHandleAside(encryptor, cEncryptorFree)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Write encrypts all of data, and writes what is ready of the message.
func (e *Encryptor) Write(data []byte) (int, error) {
	object, err := e.handle.alone()
	if err != nil {
		return 0, err
	}
	defer e.handle.leave()
	written := 0
	for e.err == nil && written < len(data) {
		n := min(len(data)-written, pieceLen)
		if e.err = cEncryptorWrite(object, data[written:written+n]); e.err == nil {
			written += n
			e.err = e.drain(object)
		}
	}
	return written, e.err
}

// Close ends the message, with its signature where one was asked for, and wipes what it was made with. It does not close the writer below. After a
// failure, and after Abandon, it writes nothing.
func (e *Encryptor) Close() error {
	if e == nil {
		return errNone
	}
	object, err := e.handle.alone()
	if err != nil {
		if errors.Is(err, ErrClosed) {
			return nil
		}
		return err
	}
	defer e.handle.close() // whatever the writer below does
	defer e.handle.leave()
	if e.err == nil {
		if e.err = cEncryptorFinish(object); e.err == nil {
			e.err = e.drain(object)
		}
	}
	return e.err
}

// Abandon ends the encryptor and leaves the message without its end.
func (e *Encryptor) Abandon() {
	if e != nil {
		_ = e.handle.close() // which fails where there is nothing to end
	}
}

func (e *Encryptor) drain(object pointer) error {
	for ready := cEncryptorReady(object); ready > 0; ready = cEncryptorReady(object) {
		if e.piece == nil {
			e.piece = make([]byte, pieceLen)
		}
		n, err := cEncryptorTake(object, e.piece)
		if err != nil {
			return err
		}
		e.err = errLost // unless it returns, which takes this back
		if written, err := e.out.Write(e.piece[:n]); err != nil {
			return broken("the writer failed: ", err)
		} else if written != n {
			return broken("the writer failed: ", io.ErrShortWrite)
		}
	}
	return nil
}

// Decryptor reads the plaintext of a message, each frame after it was authenticated, for one goroutine at a time. **Whoever must not use a part of a
// message, or one without the signature that was demanded, reads to io.EOF first: what was read before another error is to be thrown away.**
type Decryptor struct {
	handle *handle
	in     io.Reader
	piece  []byte // of the message
	signed Signed
	err    error
	ended  bool
}

// NewDecryptor opens the message that a reader gives. Nothing is read of it yet.
func NewDecryptor(in io.Reader, options OpenOptions) (*Decryptor, error) {
	if in == nil {
		return nil, errNoReader
	}
	d := &Decryptor{in: in}
	err := options.use(func(object pointer) error {
		decryptor, err := cDecryptorNew(object)
		if err == nil {
			d.handle = newHandleAside(decryptor, cDecryptorFree)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Read is [io.Reader]; io.EOF says that the message was whole, and signed as demanded.
func (d *Decryptor) Read(out []byte) (int, error) {
	object, err := d.handle.alone()
	if err != nil {
		return 0, err
	}
	defer d.handle.leave()
	if d.err != nil || len(out) == 0 {
		return 0, d.err
	}
	n := 0
	n, d.err = d.read(object, out)
	return n, d.err
}

func (d *Decryptor) read(object pointer, out []byte) (int, error) {
	for {
		n, err := cDecryptorRead(object, out)
		if n > 0 || err != nil {
			return n, err
		}
		if d.ended {
			if d.signed, err = cDecryptorFinish(object); err != nil {
				return 0, err
			}
			return 0, io.EOF
		}
		if err := d.fill(object); err != nil {
			return 0, err
		}
	}
}

// fill gives the library more of the message, or says that there is none.
func (d *Decryptor) fill(object pointer) error {
	if d.piece == nil {
		d.piece = make([]byte, pieceLen)
	}
	for empty := 0; ; empty++ {
		n, err := d.in.Read(d.piece)
		if !possible(n, d.piece) {
			return broken("the reader failed: ", impossible(n, d.piece))
		}
		if n > 0 {
			if err := cDecryptorWrite(object, d.piece[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			d.ended = true
			return cDecryptorEnd(object)
		case err != nil:
			return broken("the reader failed: ", err)
		case n > 0:
			return nil
		case empty >= 100:
			return broken("the reader failed: ", io.ErrNoProgress)
		}
	}
}

// Header is what the message says of itself; it reads as much of it as that takes, and opens it.
func (d *Decryptor) Header() (MessageHeader, error) {
	object, err := d.handle.alone()
	if err != nil {
		return MessageHeader{}, err
	}
	defer d.handle.leave()
	for {
		header, err := record[MessageHeader](cDecryptorRecord(object))
		switch {
		case !errors.Is(err, ErrInvalid): // which is not open yet
			return header, err
		case d.err != nil:
			return MessageHeader{}, d.err
		case d.ended:
			return MessageHeader{}, err
		}
		d.err = d.fill(object)
	}
}

// Signed is what is known of the signature once Read has given io.EOF; until then that of a signed message counts as unsigned.
func (d *Decryptor) Signed() Signed { return d.signed }

// Close wipes what it was made with, copies of private keys and passphrases among it; it does not close the reader below.
func (d *Decryptor) Close() error {
	if d == nil {
		return errNone
	}
	return d.handle.close()
}

var errLost error = &Error{Kind: ErrIO, Message: "the writer did not return, so a part of the message may be lost; make it anew"}

func broken(what string, cause error) error {
	return &Error{Kind: ErrIO, Message: what + cause.Error(), Cause: cause}
}
