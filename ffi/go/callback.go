package miyao

import (
	"fmt"
	"io"
	"runtime/cgo"
)

// failed is what the library is answered when a reader or writer of the caller's fails: -EIO.
const failed = -5

// A callback is a reader or writer of the caller's that the library calls back while one call runs. A cgo.Handle names it in C, where no pointer to
// Go may stay.
type callback struct {
	in   io.Reader
	out  io.Writer
	next error // what the reader returned beside its last bytes
	err  error
}

// during makes a call that uses the callback; number is where its number stands.
func (c *callback) during(call func(number pointer) error) error {
	number := cgo.NewHandle(c)
	defer number.Delete()
	err := call(pointer(&number))
	if err == nil || c.err == nil {
		return err
	}
	if c.out != nil {
		return broken("the writer failed: ", c.err)
	}
	return broken("the reader failed: ", c.err)
}

// reading and writing make a call with a reader or a writer.
func reading(in io.Reader, call func(number pointer) error) error {
	if in == nil {
		return errNoReader
	}
	return (&callback{in: in}).during(call)
}

func writing(out io.Writer, call func(number pointer) error) error {
	if out == nil {
		return errNoWriter
	}
	return (&callback{out: out}).during(call)
}

var (
	errNoReader = invalid("there is no reader; give one")
	errNoWriter = invalid("there is no writer; give one")
)

// readStream answers the library: how many bytes there are, 0 at the end. A panic of the caller's must not pass through C.
func readStream(number pointer, out []byte) (n int64) {
	c := (*(*cgo.Handle)(number)).Value().(*callback)
	defer func() {
		if cause := recover(); cause != nil {
			c.err, n = fmt.Errorf("it panicked: %v", cause), failed
		}
	}()
	for empty := 0; c.next == nil; empty++ {
		read, err := c.in.Read(out)
		switch {
		case !possible(read, out):
			c.err = impossible(read, out)
			return failed
		case err == nil && read == 0 && empty >= 100:
			err = io.ErrNoProgress
		}
		c.next = err
		if read > 0 {
			return int64(read)
		}
	}
	if c.next == io.EOF {
		return 0
	}
	c.err = c.next
	return failed
}

// writeStream answers the library: how many bytes were taken, which are all.
func writeStream(number pointer, data []byte) (n int64) {
	c := (*(*cgo.Handle)(number)).Value().(*callback)
	defer func() {
		if cause := recover(); cause != nil {
			c.err, n = fmt.Errorf("it panicked: %v", cause), failed
		}
	}()
	written, err := c.out.Write(data)
	if err == nil && written != len(data) {
		err = io.ErrShortWrite
	}
	if err != nil {
		c.err = err
		return failed
	}
	return int64(written)
}

// possible says whether a reader may have read so many bytes.
func possible(read int, out []byte) bool { return read >= 0 && read <= len(out) }

func impossible(read int, out []byte) error {
	return fmt.Errorf("it says that it read %d of %d bytes", read, len(out))
}
