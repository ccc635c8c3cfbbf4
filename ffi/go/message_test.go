package miyao

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

func sealed(t testing.TB, text []byte, options MessageOptions) []byte {
	var out bytes.Buffer
	e := need[*Encryptor](t)(NewEncryptor(&out, options))
	for at, n := 0, 1; at < len(text); at, n = at+n, n*3%200003+1 {
		need[int](t)(e.Write(text[at:min(at+n, len(text))]))
	}
	done(t, e.Close())
	done(t, e.Close())
	return out.Bytes()
}

func TestMessagesPassThroughEveryDoor(t *testing.T) {
	kms, _, _ := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	recipient, signer := need[*SM2PrivateKey](t)(GenerateSM2Key()), need[*SM2PrivateKey](t)(GenerateSM2Key())
	hidden := need[*EncryptionContext](t)(NewHiddenContext(Pairs{"row": "7"}, Pairs{"secret": "x"}))
	spare := 0
	options := MessageOptions{
		Recipients: []Recipient{ToKey(kms, Name("orders")), ToSM2(recipient.PublicKey())},
		Context:    hidden, Signer: signer, FrameLog2: 12, Spare: &spare, Threads: 2,
	}
	for _, suite := range []Suite{SuiteGCM, SuiteCTRHMAC} {
		options.Suite = suite
		for _, size := range []int{0, 1, 4096, 300_001} {
			text := make([]byte, size)
			rand.Read(text)
			for _, message := range [][]byte{sealed(t, text, options), need[[]byte](t)(EncryptMessage(text, options))} {
				for _, identity := range []Identity{ByKMS(kms), BySM2(recipient)} {
					open := OpenOptions{Identities: []Identity{identity}, Context: hidden, EveryPair: true, Signer: signer.PublicKey()}
					plaintext, signed, err := DecryptMessage(message, open)
					done(t, err)
					if !bytes.Equal(plaintext, text) || signed.State != SignedVerified || signed.Signer != signer.PublicKey().Identifier() {
						t.Fatal(size, signed)
					}
					d := need[*Decryptor](t)(NewDecryptor(iotest.HalfReader(bytes.NewReader(message)), open))
					if got := need[[]byte](t)(io.ReadAll(d)); !bytes.Equal(got, text) || d.Signed().State != SignedVerified {
						t.Fatal(size, d.Signed())
					}
					done(t, d.Close())
					open.Signer = nil
					r := need[*Reader](t)(NewReader(bytes.NewReader(message), int64(len(message)), open))
					if r.Size() != int64(size) {
						t.Fatal(r.Size())
					}
					if size > 0 {
						done(t, iotest.TestReader(io.NewSectionReader(r, 0, r.Size()), text))
					}
					done(t, r.Close())
					_, err = r.ReadAt(make([]byte, 1), 0)
					is(t, err, ErrClosed)
				}
				said := need[UnverifiedMessage](t)(InspectMessage(message[:min(len(message), InspectedBytes)], uint64(len(message))))
				if len(said.Recipients) != 2 || len(said.Context) != 2 || *said.PlaintextBytes != uint64(size) || said.Signer == nil {
					t.Fatalf("%+v", said)
				}
			}
		}
	}
	options.Recipients = append(options.Recipients, ToPassphrase([]byte("pass"), 0))
	message := sealed(t, []byte("text"), options)
	plaintext, signed, err := DecryptMessage(message, OpenOptions{Identities: []Identity{ByPassphrase([]byte("pass"))}, Context: hidden})
	done(t, err)
	if string(plaintext) != "text" || signed.State != SignedUnchecked {
		t.Fatal(signed)
	}
}

func TestAnAlteredMessageOpensThroughNoDoor(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	text := make([]byte, 9000)
	message := sealed(t, text, MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}, FrameLog2: 12})
	open := OpenOptions{Identities: []Identity{BySM2(key)}}
	check := func(altered []byte, what string, at int) {
		if _, _, err := DecryptMessage(altered, open); err == nil {
			t.Fatal("all of it opened", what, at)
		}
		d := need[*Decryptor](t)(NewDecryptor(bytes.NewReader(altered), open))
		if _, err := io.ReadAll(d); err == nil {
			t.Fatal("read to its end", what, at)
		} else if _, again := d.Read(make([]byte, 1)); again != err {
			t.Fatal("another answer afterwards", again)
		}
		d.Close()
	}
	said := need[UnverifiedMessage](t)(InspectMessage(message, 0))
	for at := 0; at < len(message); at += 37 {
		altered := bytes.Clone(message)
		altered[at] ^= 4
		// Between them are the recipients' entries, and room for more that nobody reads.
		if uint64(at) < said.RecipientsAt || uint64(at) >= said.BodyAt {
			check(altered, "altered at", at)
		} else if got, _, err := DecryptMessage(altered, open); err == nil && !bytes.Equal(got, text) {
			t.Fatal("another text, altered at", at)
		}
		check(message[:at], "cut at", at)
	}
	check(append(bytes.Clone(message), 0), "longer", 0)
	r := need[*Reader](t)(NewReader(bytes.NewReader(message), int64(len(message)), open))
	defer r.Close()
	if n, err := r.ReadAt(make([]byte, 10), 8995); n != 5 || err != io.EOF {
		t.Fatal(n, err)
	}
	_, err := r.ReadAt(nil, -1)
	is(t, err, ErrInvalid)
	other := need[*SM2PrivateKey](t)(GenerateSM2Key())
	_, _, err = DecryptMessage(message, OpenOptions{Identities: []Identity{BySM2(other)}})
	is(t, err, ErrMissing)
	_, _, err = DecryptMessage(message, OpenOptions{Identities: []Identity{BySM2(key)}, Signer: other.PublicKey()})
	if err == nil {
		t.Fatal("unsigned where a signature was demanded")
	}
	_, err = EncryptMessage(nil, MessageOptions{})
	is(t, err, ErrInvalid)
	_, err = EncryptMessage(nil, MessageOptions{Recipients: []Recipient{{}}})
	is(t, err, ErrInvalid)
	_, err = EncryptMessage(nil, MessageOptions{Recipients: []Recipient{ToSM2(nil)}})
	is(t, err, ErrInvalid)
	_, _, err = DecryptMessage(message, OpenOptions{Identities: []Identity{{}}})
	is(t, err, ErrInvalid)
}

// Neither a key that failed to be read nor one that nobody filled in stands for "no signature is needed".
func TestASignerThatIsNoneIsNotTakenForNone(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	message := need[[]byte](t)(EncryptMessage([]byte("text"), MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}}))
	failed, err := ParseSM2PublicKey([]byte("no key"))
	is(t, err, ErrMalformed)
	for _, signer := range []Demand{failed, &SM2PublicKey{}} {
		open := OpenOptions{Identities: []Identity{BySM2(key)}, Signer: signer}
		_, _, err := DecryptMessage(message, open)
		is(t, err, ErrInvalid)
		_, err = NewDecryptor(bytes.NewReader(message), open)
		is(t, err, ErrInvalid)
		_, err = NewReader(bytes.NewReader(message), int64(len(message)), open)
		is(t, err, ErrInvalid)
	}
}

var errBelow = errors.New("below")

type failing struct{ panics bool }

func (f failing) ReadAt([]byte, int64) (int, error) {
	if f.panics {
		panic("below")
	}
	return 0, errBelow
}
func (f failing) Write([]byte) (int, error) { return 0, errBelow }

func TestFailuresBelowComeThroughWithTheirCause(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	options, open := MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}}, OpenOptions{Identities: []Identity{BySM2(key)}}
	e := need[*Encryptor](t)(NewEncryptor(failing{}, options))
	_, err := e.Write(make([]byte, 1<<20))
	is(t, err, ErrIO)
	is(t, err, errBelow)
	is(t, e.Close(), errBelow)
	_, err = e.Write(nil)
	is(t, err, ErrClosed)
	message := sealed(t, make([]byte, 1<<20), options)
	d := need[*Decryptor](t)(NewDecryptor(io.MultiReader(bytes.NewReader(message[:1<<19]), iotest.ErrReader(errBelow)), open))
	defer d.Close()
	_, err = io.ReadAll(d)
	is(t, err, errBelow)
	_, err = NewReader(failing{}, 1000, open)
	is(t, err, ErrIO)
	is(t, err, errBelow)
	_, err = NewReader(failing{panics: true}, 1000, open)
	is(t, err, ErrIO)
	_, err = NewReader(nil, 1000, open)
	is(t, err, ErrInvalid)
	var out bytes.Buffer
	e = need[*Encryptor](t)(NewEncryptor(&out, options))
	need[int](t)(e.Write(make([]byte, 1<<20)))
	e.Abandon()
	done(t, e.Close())
	_, _, err = DecryptMessage(out.Bytes(), open)
	if !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrRejected) {
		t.Fatal(err)
	}
}

func TestAMessageIsRewrappedInItsFile(t *testing.T) {
	kms, _, _ := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	message := sealed(t, []byte("text"), MessageOptions{Recipients: []Recipient{ToKey(kms, Name("orders"))}})
	path := filepath.Join(t.TempDir(), "message")
	done(t, os.WriteFile(path, message, 0o600))
	if was := need[Rewrapped](t)(kms.RewrapFile(path, nil)); was != RewrappedCurrent {
		t.Fatal(was)
	}
	need[uint32](t)(kms.Rotate(Name("orders")))
	if was := need[Rewrapped](t)(kms.RewrapFile(path, Name("orders"))); was != RewrappedInPlace {
		t.Fatal(was)
	}
	for _, fresh := range [][]byte{need[[]byte](t)(os.ReadFile(path)), need[[]byte](t)(kms.Rewrap(message, nil))} {
		if said := need[UnverifiedMessage](t)(InspectMessage(fresh, 0)); said.Recipients[0].Version != 2 {
			t.Fatalf("%+v", said)
		}
		if text, _, err := DecryptMessage(fresh, OpenOptions{Identities: []Identity{ByKMS(kms)}}); err != nil || string(text) != "text" {
			t.Fatal(text, err)
		}
	}
}

func TestAMessageGoesFromOneHolderToAnother(t *testing.T) {
	from, to := need[*SM2PrivateKey](t)(GenerateSM2Key()), need[*SM2PrivateKey](t)(GenerateSM2Key())
	message := sealed(t, []byte("text"), MessageOptions{Recipients: []Recipient{ToSM2(from.PublicKey())}})
	by := OpenOptions{Identities: []Identity{BySM2(from)}}
	then := OpenOptions{Identities: []Identity{BySM2(to)}}
	path := filepath.Join(t.TempDir(), "message")
	done(t, os.WriteFile(path, message, 0o600))
	is(t, last(RewrapMessageFile(path, then, ToSM2(to.PublicKey()))), ErrMissing)
	if was := need[Rewrapped](t)(RewrapMessageFile(path, by, ToSM2(to.PublicKey()))); was != RewrappedInPlace {
		t.Fatal(was)
	}
	for _, fresh := range [][]byte{need[[]byte](t)(os.ReadFile(path)), need[[]byte](t)(RewrapMessage(message, by, ToSM2(to.PublicKey())))} {
		if text, _, err := DecryptMessage(fresh, then); err != nil || string(text) != "text" {
			t.Fatal(text, err)
		}
		_, _, err := DecryptMessage(fresh, by)
		is(t, err, ErrMissing)
	}
	is(t, last(RewrapMessage(message[:40], by, ToSM2(to.PublicKey()))), ErrTruncated)
	is(t, last(RewrapMessage(message, OpenOptions{}, ToSM2(to.PublicKey()))), ErrInvalid)
	is(t, last(RewrapMessage(message, by, Recipient{})), ErrInvalid)
}

// A writer that panics, or says what cannot be.
type odd struct{ count func(n int) int }

func (o odd) Write(data []byte) (int, error) {
	if o.count == nil {
		panic("below")
	}
	return o.count(len(data)), nil
}

func TestAWriterThatPanicsLeavesNothingLocked(t *testing.T) {
	options := MessageOptions{Recipients: []Recipient{ToPassphrase([]byte("pass"), 0)}}
	e := need[*Encryptor](t)(NewEncryptor(odd{}, options))
	if !panics(func() { e.Close() }) {
		t.Fatal("the writer was not asked")
	}
	done(t, e.Close())
	if e.handle.object.Load() != nil {
		t.Fatal("the file key is there still")
	}
	e = need[*Encryptor](t)(NewEncryptor(odd{}, options))
	if !panics(func() { e.Write(make([]byte, 1<<20)) }) {
		t.Fatal("the writer was not asked")
	}
	is(t, e.Close(), errLost) // and asks it no more, which would panic
}

func TestAWriterThatMiscountsIsAFailure(t *testing.T) {
	options := MessageOptions{Recipients: []Recipient{ToPassphrase([]byte("pass"), 0)}}
	for _, count := range []func(int) int{func(n int) int { return n - 1 }, func(n int) int { return n + 1 }, func(int) int { return -1 }} {
		e := need[*Encryptor](t)(NewEncryptor(odd{count}, options))
		is(t, e.Close(), io.ErrShortWrite)
	}
}

func TestWhatACompromisedVersionWrappedOpensForARecoveryAlone(t *testing.T) {
	kms, _, _ := newStore(t)
	key := newKey(t, kms, "orders", SpecSM4)
	message := need[[]byte](t)(EncryptMessage([]byte("text"), MessageOptions{Recipients: []Recipient{ToKey(kms, key)}}))
	need[uint32](t)(kms.Rotate(key))
	done(t, kms.Compromise(Name("orders:1")))
	_, _, err := DecryptMessage(message, OpenOptions{Identities: []Identity{ByKMS(kms)}})
	is(t, err, ErrForbidden)
	text, _, err := DecryptMessage(message, OpenOptions{Identities: []Identity{ByRecoveringKMS(kms)}, Threads: 2})
	if done(t, err); string(text) != "text" {
		t.Fatal(text)
	}
}

func TestAnOpenedMessageTellsWhatItIsBoundTo(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	hidden := need[*EncryptionContext](t)(NewHiddenContext(Pairs{"row": "7"}, Pairs{"secret": "x"}))
	text := make([]byte, 300_000)
	message := need[[]byte](t)(EncryptMessage(text, MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}, Context: hidden, Signer: key}))
	open := OpenOptions{Identities: []Identity{BySM2(key)}, Context: Pairs{"secret": "x"}}
	is7 := func(h MessageHeader) {
		t.Helper()
		found := map[string]*string{}
		for _, pair := range h.Context {
			found[*pair.Key] = pair.Value
		}
		if h.Suite != "gcm" || h.FrameBytes != 1<<16 || h.Signer == nil || len(found) != 2 || *found["row"] != "7" || found["secret"] != nil {
			t.Fatalf("%+v", h)
		}
	}
	for _, in := range []io.Reader{bytes.NewReader(message), iotest.OneByteReader(bytes.NewReader(message)), iotest.DataErrReader(bytes.NewReader(message))} {
		d := need[*Decryptor](t)(NewDecryptor(in, open))
		is7(need[MessageHeader](t)(d.Header())) // before anything was read
		if got := need[[]byte](t)(io.ReadAll(d)); !bytes.Equal(got, text) {
			t.Fatal(len(got))
		}
		is7(need[MessageHeader](t)(d.Header()))
		done(t, d.Close())
		_, err := d.Header()
		is(t, err, ErrClosed)
	}
	r := need[*Reader](t)(NewReader(bytes.NewReader(message), int64(len(message)), open))
	is7(need[MessageHeader](t)(r.Header()))
	object := need[pointer](t)(r.handle.enter())
	record := need[[]byte](t)(cReaderRecord(object))
	r.handle.leave()
	strictly(t, record, &struct {
		MessageHeader
		Kind          string
		Authenticated bool
	}{})
	done(t, r.Close())
	_, err := r.Header()
	is(t, err, ErrClosed)

	// What is not opened tells nothing.
	sorry := errors.New("sorry")
	altered := bytes.Clone(message)
	altered[20] ^= 1
	for _, one := range []struct {
		in   io.Reader
		open OpenOptions
		kind error
	}{
		{bytes.NewReader(message), OpenOptions{Identities: []Identity{ByPassphrase([]byte("x"))}, Context: open.Context}, ErrMissing},
		{bytes.NewReader(message[:20]), open, ErrTruncated},
		{bytes.NewReader(nil), open, ErrTruncated}, {bytes.NewReader(message), OpenOptions{Identities: open.Identities}, ErrRejected},
		{io.MultiReader(bytes.NewReader(message[:50]), iotest.ErrReader(sorry)), open, sorry},
	} {
		d := need[*Decryptor](t)(NewDecryptor(one.in, one.open))
		header, err := d.Header()
		is(t, err, one.kind)
		if header.Suite != "" {
			t.Fatal("something beside an error")
		}
		_, err = d.Read(make([]byte, 1))
		is(t, err, one.kind)
	}
	d := need[*Decryptor](t)(NewDecryptor(bytes.NewReader(altered), open))
	if _, err := d.Header(); err == nil {
		t.Fatal("opened with an altered header")
	}
}
