package message_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/miyao-kms/miyao/ffi/go/message"
)

// row is a number, its name and its meaning in the table.
var row = regexp.MustCompile("(?m)^\\| (\\d+) \\| `(\\w+)` \\| (.+?) \\|")

func TestTheNumbersAndMeaningsAreThoseOfTheTable(t *testing.T) {
	kinds := map[string]message.Kind{
		"Rejected": message.ErrRejected, "Invalid": message.ErrInvalid, "Malformed": message.ErrMalformed,
		"Unsupported": message.ErrUnsupported, "Truncated": message.ErrTruncated, "TooLarge": message.ErrTooLarge,
		"Missing": message.ErrMissing, "Io": message.ErrIO,
	}
	found := 0
	for _, row := range row.FindAllStringSubmatch(string(must(os.ReadFile("../../../docs/errors.md"))), -1) {
		number, name, meaning := row[1], row[2], strings.TrimSuffix(row[3], "; see [`Rejected`].")
		kind, ok := kinds[name]
		if !ok {
			continue
		}
		found++
		if number != fmt.Sprint(int(kind)) || strings.TrimSuffix(meaning, ".") != strings.TrimSuffix(kind.Error(), ".") {
			t.Errorf("%s is %d, %q; the table says %s, %q", name, int(kind), kind, number, meaning)
		}
	}
	if found != len(kinds) {
		t.Errorf("%d of %d kinds are in the table", found, len(kinds))
	}
}

var errDisk = errors.New("the disk is on fire")

// failing gives some bytes and then an error of its own.
type failing struct {
	bytes io.Reader
	err   error
}

func (f failing) Read(out []byte) (int, error) {
	n, err := f.bytes.Read(out)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func TestAnErrorOfTheSourceIsNoEndOfTheMessage(t *testing.T) {
	c := newCast()
	made := c.draft().make()
	for _, cut := range []int{0, 10, 60, 400, len(made) - 500, len(made) - 1, len(made)} {
		for _, cause := range []error{errDisk, io.ErrUnexpectedEOF} {
			source := failing{strings.NewReader(string(made[:cut])), cause}
			text, err := stream(source, c.opener())
			if !errors.Is(err, cause) || !errors.Is(err, message.ErrIO) || text != nil {
				t.Fatalf("cut to %d: %v", cut, err)
			}
		}
	}
	idle := failing{strings.NewReader(""), nil}
	if _, err := message.NewReader(idle, c.opener()); !errors.Is(err, io.ErrNoProgress) {
		t.Fatal(err)
	}
}

// liar is a source whose counts are off by so many bytes once it has given as many as it should.
type liar struct {
	made  []byte
	after int64
	off   int
	at    int64
}

func (l *liar) Read(out []byte) (int, error) {
	n, err := l.ReadAt(out, l.at)
	l.at += int64(n)
	return n, err
}

func (l *liar) ReadAt(out []byte, offset int64) (int, error) {
	if offset >= l.after && l.off < 0 {
		return l.off, nil
	} else if offset >= l.after {
		return len(out) + l.off, nil
	}
	return copy(out, l.made[offset:l.after]), nil
}

func TestASourceThatCannotCountIsAFailureAndNoPanic(t *testing.T) {
	c := newCast()
	made := c.draft().make()
	body := must(message.Inspect(bytes.NewReader(made))).BodyAt
	for _, after := range []int64{0, 10, body - 100, body} {
		for _, off := range []int{-1, 1} {
			_, err := stream(&liar{made: made, after: after, off: off}, c.opener())
			_, errAt := message.NewReaderAt(&liar{made: made, after: after, off: off}, int64(len(made)), c.opener())
			for _, err := range []error{err, errAt} {
				if !errors.Is(err, message.ErrIO) || !strings.Contains(err.Error(), "says that it read") {
					t.Errorf("%d bytes off after %d: %v", off, after, err)
				}
			}
		}
	}
	if _, err := message.NewReaderAt(halving(made), int64(len(made)), c.opener()); !errors.Is(err, message.ErrIO) || strings.Contains(err.Error(), "nil") {
		t.Error(err)
	}
}

// halving is a source that stops early and does not say why.
type halving []byte

func (h halving) ReadAt(out []byte, offset int64) (int, error) {
	return bytes.NewReader(h).ReadAt(out[:(len(out)+1)/2], offset)
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c := newCast()
	made := c.draft().make()
	secret := must(message.NewSecret([]byte("a secret of 32 bytes, not shown.")))
	passphrase, key := message.NewPassphrase([]byte("secret")), must(message.NewSM2Key(newKey()))
	for _, value := range []any{
		*secret, *passphrase, *key, *message.NewVersion([16]byte{}, 1, secret), *c.opener(),
		secret, message.FileKey([]byte("a secret of 32 bytes, not shown.")), message.NewPassphrase([]byte("secret")),
		must(message.NewSM2Key(newKey())), message.NewVersion([16]byte{}, 1, secret), c.opener(),
		must(message.NewReader(bytes.NewReader(made), c.opener())),
		must(message.NewReaderAt(bytes.NewReader(made), int64(len(made)), c.opener())),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			text := fmt.Sprintf(verb, value)
			if name, _ := strings.CutPrefix(fmt.Sprintf("%T", value), "*"); "message."+text != name {
				t.Errorf("%s of %T: %s", verb, value, text)
			}
		}
	}
	held := struct {
		Secret     message.Secret
		Passphrase message.Passphrase
		FileKey    message.FileKey
	}{*secret, *passphrase, message.FileKey([]byte("a secret of 32 bytes, not shown."))}
	if text := fmt.Sprintf("%+v", held); text != "{Secret:Secret Passphrase:Passphrase FileKey:FileKey}" {
		t.Error(text)
	}
	if text, err := json.Marshal(held); !errors.Is(err, message.ErrInvalid) {
		t.Errorf("%s, %v", text, err)
	}
}
