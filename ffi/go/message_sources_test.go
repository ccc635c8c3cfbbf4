package miyao

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
)

// A source at the end of a fuse.
type fused struct {
	in     io.ReaderAt
	left   int
	end    func()
	reader *Reader
}

func (f *fused) ReadAt(out []byte, offset int64) (int, error) {
	if f.left--; f.left < 0 && f.end != nil {
		f.end()
	}
	return f.in.ReadAt(out, offset)
}

func TestASourceIsQuotedForItsFailure(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	message := sealed(t, make([]byte, 1<<20), MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}})
	open := OpenOptions{Identities: []Identity{BySM2(key)}}
	_, err := NewReader(failing{}, int64(len(message)), open)
	if err == nil || err.Error() != "the source failed: below" {
		t.Fatal(err)
	}
	source := &fused{in: bytes.NewReader(message), left: 100}
	r := need[*Reader](t)(NewReader(source, int64(len(message)), open))
	defer r.Close()
	source.left, source.end = 0, func() { panic("burnt") }
	_, err = r.ReadAt(make([]byte, 10), 0)
	is(t, err, ErrIO)
	if err.Error() != "the source failed: it panicked: burnt" {
		t.Fatal(err)
	}
	source.end = nil
	need[int](t)(r.ReadAt(make([]byte, 10), 0)) // another time it works
	message[len(message)/2] ^= 1
	_, err = io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	is(t, err, ErrRejected) // what is not the source's is not blamed on it
}

func TestAReaderKnowsItsSizeWhoeverReadsOrCloses(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	message := sealed(t, make([]byte, 1<<20), MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}})
	source := &fused{in: bytes.NewReader(message), left: 100}
	r := need[*Reader](t)(NewReader(source, int64(len(message)), OpenOptions{Identities: []Identity{BySM2(key)}}))
	sizes := make(chan int64, 1)
	source.left, source.end = 0, func() { source.end = nil; sizes <- r.Size() } // in the middle of ReadAt
	need[int](t)(r.ReadAt(make([]byte, 10), 0))
	if size := <-sizes; size != 1<<20 {
		t.Fatal(size)
	}
	done(t, r.Close())
	_, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	is(t, err, ErrClosed)
}

// As a test's FailNow does: the library's call is left in its middle.
func TestASourceThatEndsItsGoroutineClosesItsReader(t *testing.T) {
	if raced {
		t.Skip("what a call leaves in its middle is never freed, which a sanitizer would report")
	}
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	message := sealed(t, make([]byte, 1<<20), MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}})
	source := &fused{in: bytes.NewReader(message), left: 100}
	r := need[*Reader](t)(NewReader(source, int64(len(message)), OpenOptions{Identities: []Identity{BySM2(key)}}))
	source.left, source.end = 0, runtime.Goexit
	ended := make(chan bool)
	go func() {
		defer close(ended)
		r.ReadAt(make([]byte, 10), 0)
		t.Error("it went on")
	}()
	<-ended
	source.end = nil
	_, err := r.ReadAt(make([]byte, 10), 0)
	is(t, err, ErrClosed)
}

func TestASourceThatLeadsToItsReaderIsFreed(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	message := sealed(t, make([]byte, 5000), MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}})
	before := steady()
	func() {
		source := &fused{in: bytes.NewReader(message)}
		source.reader = need[*Reader](t)(NewReader(source, int64(len(message)), OpenOptions{Identities: []Identity{BySM2(key)}}))
		need[int](t)(source.reader.ReadAt(make([]byte, 10), 0))
	}()
	comesTo(t, before, "when nobody has the reader")
	runtime.KeepAlive(key)
}

// Whoever recovers from a panic of an option's has no source left behind.
func TestAPanicWhileOptionsAreReadLeavesNoSourceBehind(t *testing.T) {
	gone := make(chan bool)
	func() {
		source := &fused{in: bytes.NewReader(nil)}
		runtime.AddCleanup(source, func(gone chan bool) { close(gone) }, gone)
		if !panics(func() {
			NewReader(source, 100, OpenOptions{Identities: []Identity{{func(pointer) error { panic("option") }}}})
		}) {
			t.Error("no panic")
		}
	}()
	if !eventually(func() bool { return isClosed(gone) }) {
		t.Fatal("the source is there still")
	}
}

// A reader that says that it read what cannot be, by so many bytes.
type liar struct{ beyond int }

func (l liar) Read(out []byte) (int, error) {
	if l.beyond < 0 {
		return l.beyond, nil
	}
	return len(out) + l.beyond, nil
}

func TestAReaderThatCannotCountIsAFailureAndNoPanic(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	open := OpenOptions{Identities: []Identity{BySM2(key)}}
	for _, one := range []liar{{1}, {-1}} {
		d := need[*Decryptor](t)(NewDecryptor(one, open))
		_, ofRead := d.Read(make([]byte, 10))
		_, ofHeader := need[*Decryptor](t)(NewDecryptor(one, open)).Header()
		_, ofBackup := VerifyBackup(one, open)
		for _, err := range []error{ofRead, ofHeader, ofBackup} {
			is(t, err, ErrIO)
			if !strings.HasPrefix(err.Error(), "the reader failed: it says that it read ") {
				t.Error(err)
			}
		}
		is(t, last(d.Read(make([]byte, 10))), ErrIO) // for good
	}
}
