package message_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"github.com/miyao-kms/miyao/ffi/go/message"
)

// A way of reading a message: all of its plaintext, or an error.
type way struct {
	name string
	read func(bytes []byte, opener *message.Opener) ([]byte, error)
}

// Every way but ranges, which claim no signature.
var ways = []way{
	{"in memory", func(bytes []byte, opener *message.Opener) ([]byte, error) {
		text, _, err := message.Decrypt(bytes, opener)
		return text, err
	}},
	{"as a stream", func(message []byte, opener *message.Opener) ([]byte, error) {
		return stream(bytes.NewReader(message), opener)
	}},
	{"from a source that gives a byte a call", func(message []byte, opener *message.Opener) ([]byte, error) {
		if len(message) > 100_000 {
			return stream(iotest.HalfReader(bytes.NewReader(message)), opener)
		}
		return stream(iotest.OneByteReader(bytes.NewReader(message)), opener)
	}},
	{"from a source that ends with its last bytes", func(message []byte, opener *message.Opener) ([]byte, error) {
		return stream(iotest.DataErrReader(bytes.NewReader(message)), opener)
	}},
}

var ranges = way{"in ranges", func(text []byte, opener *message.Opener) ([]byte, error) {
	r, err := message.NewReaderAt(bytes.NewReader(text), int64(len(text)), opener)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	plaintext, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	if err != nil {
		return nil, err
	}
	return plaintext, nil
}}

func stream(source io.Reader, opener *message.Opener) ([]byte, error) {
	r, err := message.NewReader(source, opener)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		if n, again := r.Read(make([]byte, 1)); n != 0 || !errors.Is(again, err) {
			panic("an error that is not final")
		}
		return nil, err
	}
	return text, nil
}

// opens asserts that every way gives this text; and that ranges are refused to whoever demands a signature.
func opens(t *testing.T, made []byte, opener *message.Opener, text []byte) {
	t.Helper()
	for _, way := range append([]way{ranges}, ways...) {
		got, err := way.read(made, opener)
		switch {
		case way.name == ranges.name && message.DemandsSignature(opener):
			if !errors.Is(err, message.ErrInvalid) || got != nil {
				t.Fatalf("%s, and a signature is demanded: %v", way.name, err)
			}
		case err != nil:
			t.Fatalf("%s: %v", way.name, err)
		case !bytes.Equal(got, text):
			t.Fatalf("%s: another plaintext", way.name)
		}
	}
}

// fails asserts that every way ends with this kind of error and gives nothing else.
func fails(t *testing.T, made []byte, opener *message.Opener, kind message.Kind) {
	t.Helper()
	for _, way := range append([]way{ranges}, ways...) {
		text, err := way.read(made, opener)
		want := kind
		if way.name == ranges.name && message.DemandsSignature(opener) {
			want = message.ErrInvalid
		}
		switch {
		case !errors.Is(err, want):
			t.Fatalf("%s: %v, expected: %v", way.name, err, want)
		case text != nil:
			t.Fatalf("%s: plaintext beside an error", way.name)
		}
	}
}

func newKey() *sm2.PrivateKey { return must(sm2.GenerateKey(rand.Reader)) }

func hexOf(text string) []byte { return must(hex.DecodeString(text)) }

// numberOf is how a command would end: 0, or the number of the error's kind.
func numberOf(made []byte, opener *message.Opener) int {
	_, _, err := message.Decrypt(made, opener)
	var kind message.Kind
	switch {
	case err == nil:
		return 0
	case errors.As(err, &kind):
		return int(kind)
	}
	return -1
}

// exampleMessage is what an example reads: a message, and key files in PEM.
func exampleMessage() (source io.Reader, privatePEM, signerPEM []byte) {
	c := newCast()
	made := c.made(func(d *draft) {
		d.text, d.signer, d.pairs = []byte("the plaintext"), c.author, []pair{{0, "tenant", "a"}}
	})
	private := must(smx509.MarshalPKCS8PrivateKey(c.holder))
	return bytes.NewReader(made), pemOf("PRIVATE KEY", private), pemOf("PUBLIC KEY", spki(c.author))
}
