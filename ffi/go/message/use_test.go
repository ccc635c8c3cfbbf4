package message_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/miyao-kms/miyao/ffi/go/message"
)

func TestASignatureIsVerifiedOnlyUnderTheKeyDemanded(t *testing.T) {
	c := newCast()
	d := c.draft()
	d.signer = c.author
	made := d.make()
	author := must(message.NewPublicKey(&c.author.PublicKey))
	for signer, want := range map[*message.PublicKey]message.Signature{nil: message.Unchecked, author: message.Verified} {
		opener := c.opener()
		if signer != nil {
			opener = opener.SignedBy(signer)
		}
		if _, signature, err := message.Decrypt(made, opener); err != nil || signature != want {
			t.Fatalf("%v, %v", signature, err)
		}
		r := must(message.NewReader(bytes.NewReader(made), opener))
		for range 2 {
			check(second(io.ReadFull(r, make([]byte, 4096))))
			if r.Signature() != message.Unchecked {
				t.Fatal("verified before the end") // M75
			}
		}
		check(second(io.Copy(io.Discard, r)))
		if r.Signature() != want {
			t.Fatal(r.Signature())
		}
	}
	holder := must(message.NewPublicKey(&c.holder.PublicKey))
	fails(t, made, c.opener().SignedBy(holder), message.ErrRejected)
	fails(t, made, c.opener().SignedBy(nil), message.ErrInvalid)
}

func second[T any](_ T, err error) error { return err }

func TestASignedMessageOfOneFrameGivesNothingBeforeItsSignatureIsVerified(t *testing.T) {
	c := newCast()
	made := c.made(func(d *draft) { d.signer = c.author; d.text = plaintext(4096) })
	made[len(made)-1] ^= 1
	r := must(message.NewReader(bytes.NewReader(made), c.opener().SignedBy(must(message.NewPublicKey(&c.author.PublicKey)))))
	if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, message.ErrRejected) {
		t.Fatalf("%d bytes, %v", n, err)
	}
}

func TestRangesAreReadByManyAtOnce(t *testing.T) {
	c := newCast()
	for _, suite := range []uint16{1, 2} {
		text := plaintext(50_001)
		made := c.made(func(d *draft) { d.text, d.suite, d.signer = text, suite, c.author })
		r := must(message.NewReaderAt(bytes.NewReader(made), int64(len(made)), c.opener()))
		if r.Size() != int64(len(text)) {
			t.Fatal(r.Size())
		}
		var wait sync.WaitGroup
		for n := range 8 {
			wait.Go(func() {
				for at := n * 500; at < len(text)+500; at += 3777 {
					out := make([]byte, 1+at%9000)
					got, err := r.ReadAt(out, int64(at))
					want := text[min(at, len(text)):min(at+len(out), len(text))]
					if !bytes.Equal(out[:got], want) || (err == io.EOF) != (got < len(out)) || err != nil && err != io.EOF {
						t.Errorf("%d bytes at %d: %d, %v", len(out), at, got, err)
					}
				}
			})
		}
		wait.Wait()
		if _, err := r.ReadAt(make([]byte, 1), -1); !errors.Is(err, message.ErrInvalid) {
			t.Fatal(err)
		}
		check(r.Close())
		if _, err := r.ReadAt(make([]byte, 1), 0); !errors.Is(err, message.ErrInvalid) {
			t.Fatal(err)
		}
	}
}

func TestARangeOfADamagedFrameIsRefusedAndOthersAreRead(t *testing.T) {
	c := newCast()
	made := c.draft().make()
	at := int(must(message.Inspect(bytes.NewReader(made))).BodyAt)
	made[at+4096+16] ^= 1
	r := must(message.NewReaderAt(bytes.NewReader(made), int64(len(made)), c.opener()))
	out := make([]byte, 4096)
	for range 2 {
		check(second(r.ReadAt(out, 0)))
		if n, err := r.ReadAt(out, 4000); n != 96 || !errors.Is(err, message.ErrRejected) {
			t.Fatalf("%d bytes, %v", n, err)
		}
		if _, err := r.ReadAt(out, 8192); err != io.EOF {
			t.Fatal(err)
		}
	}
	shrunk := bytes.NewReader(made[:len(made)-1])
	if _, err := message.NewReaderAt(shrunk, int64(len(made)), c.opener()); !errors.Is(err, message.ErrTruncated) {
		t.Fatal(err)
	}
	if _, err := message.NewReaderAt(shrunk, -1, c.opener()); !errors.Is(err, message.ErrInvalid) {
		t.Fatal(err)
	}
}

func TestAClosedReaderGivesNothing(t *testing.T) {
	c := newCast()
	r := must(message.NewReader(bytes.NewReader(c.draft().make()), c.opener()))
	check(second(r.Read(make([]byte, 10))))
	check(r.Close())
	if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, message.ErrInvalid) {
		t.Fatalf("%d bytes, %v", n, err)
	}
}

func TestAHeaderThatPromisesLargeFramesCostsNoMemory(t *testing.T) {
	c := newCast()
	made := c.made(func(d *draft) { d.log2 = 24; d.text = []byte("text") })
	opener := c.opener()
	result := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			check(second(stream(bytes.NewReader(made), opener)))
			check(second(ranges.read(made, opener)))
		}
	})
	if result.AllocedBytesPerOp() > 1<<20 {
		t.Fatalf("%d bytes", result.AllocedBytesPerOp())
	}
}

// service is an identity of a caller: a key service that is asked for a file key.
type service struct {
	key *message.FileKey
	err error
}

func (s service) Holds(entry *message.Entry) bool { return entry.Type == message.EntryDevice }

func (s service) Unwrap(*message.Entry, message.HeaderDigest) (*message.FileKey, error) {
	return s.key, s.err
}

func TestAnyIdentityOfACallerOpensAndItsErrorsReachHim(t *testing.T) {
	c := newCast()
	d := c.draft()
	var fileKey message.FileKey
	d.to = []recipient{func(key, digest []byte) []byte {
		fileKey = message.FileKey(key)
		return toOther(4, cat(make([]byte, 26)))(key, digest)
	}}
	made := d.make()
	if text, _, err := message.Decrypt(made, message.NewOpener(service{key: &fileKey})); err != nil || !bytes.Equal(text, d.text) {
		t.Fatal(err)
	}
	if fileKey != (message.FileKey{}) {
		t.Fatal("the file key was not overwritten")
	}
	// Overwritten now, so it is another one.
	fails(t, made, message.NewOpener(service{key: &fileKey}), message.ErrRejected)
	fails(t, made, message.NewOpener(service{}), message.ErrInvalid)
	if _, _, err := message.Decrypt(made, message.NewOpener(service{err: errDisk})); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
}

// asked writes down for which types of entries it was asked, and opens none.
type asked struct{ types []message.EntryType }

func (a *asked) Holds(*message.Entry) bool { return true }

func (a *asked) Unwrap(entry *message.Entry, _ message.HeaderDigest) (*message.FileKey, error) {
	a.types = append(a.types, entry.Type)
	return nil, fmt.Errorf("type %d: %w", entry.Type, errDisk)
}

func TestEntriesAreAskedForInTheirOrderAndPassphrasesLast(t *testing.T) {
	c := newCast()
	made := c.made(func(d *draft) {
		d.to = []recipient{toPassphrase("p", 600_000), d.to[0], toOther(77, nil), toKMS(random(16), 1, random(32))}
	})
	var asked asked
	_, _, err := message.Decrypt(made, message.NewOpener(&asked))
	if want := []message.EntryType{2, 77, 1, 3}; !slices.Equal(asked.types, want) {
		t.Fatal(asked.types)
	}
	if !errors.Is(err, errDisk) || err.Error() != "type 2: the disk is on fire" {
		t.Fatal(err) // the first failure (M93)
	}
	opens(t, made, message.NewOpener(&asked, must(message.NewSM2Key(c.holder))), plaintext(10_000))
}

func TestWhatNobodyMayGiveIsInvalid(t *testing.T) {
	c := newCast()
	made := c.draft().make()
	other := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	for what, err := range map[string]error{
		"another curve":      second(message.NewPublicKey(&other.PublicKey)),
		"no public key":      second(message.NewPublicKey(nil)),
		"no point":           second(message.NewPublicKey(&ecdsa.PublicKey{Curve: sm2.P256()})),
		"no private key":     second(message.NewSM2Key(nil)),
		"a short secret":     second(message.NewSecret(make([]byte, 31))),
		"no source":          second(message.NewReader(nil, c.opener())),
		"no place":           second(message.NewReaderAt(nil, 100, c.opener())),
		"nothing to inspect": second(message.Inspect(nil)),
		"no opener":          second(message.NewReader(bytes.NewReader(made), nil)),
		"no identity":        second(message.NewReader(bytes.NewReader(made), message.NewOpener(nil))),
		"an empty key":       second(message.NewReader(bytes.NewReader(made), c.opener().Context(message.Pair{}))),
		"a key twice":        second(message.NewReader(bytes.NewReader(made), c.opener().Context(message.Pair{Key: "a"}, message.Pair{Key: "a"}))),
		"too much expanded":  second(must(message.NewSecret(make([]byte, 32))).Expand(nil, 8161)),
	} {
		if !errors.Is(err, message.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, key := range [][]byte{nil, []byte("text"), pemOf("PUBLIC KEY", make([]byte, 91)), pemOf("PRIVATE KEY", spki(c.holder)),
		flipped(spki(c.holder), 90), spki(c.holder)[:90]} {
		if _, err := message.ParsePublicKey(key); !errors.Is(err, message.ErrMalformed) {
			t.Errorf("%x: %v", key, err)
		}
	}
	read := must(message.ParsePublicKey(spki(c.holder)))
	if read.Identifier() != message.KeyIdentifier(sum(spki(c.holder))) {
		t.Error("another identifier")
	}
}

// elsewhere is a private key that decrypts somewhere else.
type elsewhere struct {
	*sm2.PrivateKey
	err   error
	asked *int
}

func (e elsewhere) Decrypt(_ io.Reader, text []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	if e.asked != nil {
		*e.asked++
	}
	if e.err != nil {
		return nil, e.err
	}
	return e.PrivateKey.Decrypt(nil, text, opts)
}

func TestAnSM2KeyMayDecryptElsewhere(t *testing.T) {
	c := newCast()
	made := c.draft().make()
	opens(t, made, message.NewOpener(must(message.NewSM2Key(elsewhere{c.holder, nil, nil}))), plaintext(10_000))
	for _, cause := range []error{errDisk, message.ErrRejected} {
		opener := message.NewOpener(must(message.NewSM2Key(elsewhere{c.holder, cause, nil})))
		if _, _, err := message.Decrypt(made, opener); !errors.Is(err, cause) {
			t.Error(err)
		}
	}
	opener := message.NewOpener(must(message.NewSM2Key(elsewhere{c.holder, sm2.ErrDecryption, nil})))
	fails(t, made, opener, message.ErrRejected)

	// What cannot be a ciphertext is refused as any other, and the key is not asked.
	asked := 0
	opener = message.NewOpener(must(message.NewSM2Key(elsewhere{c.holder, nil, &asked})))
	for _, length := range []int{2, 40, 107, 174, 1000, 30_000} {
		sequence := cat([]byte{0x30, 0x26}, make([]byte, length-2))
		fails(t, c.made(func(d *draft) {
			d.to = []recipient{toSM2(c.holder, func([]byte) []byte { return sequence })}
		}), opener, message.ErrRejected)
	}
	if asked != 0 {
		t.Errorf("asked %d times", asked)
	}
	opens(t, made, opener, plaintext(10_000))
	for length := range 200 { // those in between say no more
		sequence := cat([]byte{0x30}, make([]byte, length))
		made := c.made(func(d *draft) {
			d.to = []recipient{toSM2(c.holder, func([]byte) []byte { return sequence })}
		})
		if _, _, err := message.Decrypt(made, message.NewOpener(must(message.NewSM2Key(c.holder)))); !errors.Is(err, message.ErrRejected) {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}

// miscounting is a writer that says what cannot be.
type miscounting func(n int) int

func (m miscounting) Write(data []byte) (int, error) { return m(len(data)), nil }

func TestAWriterThatMiscountsEndsTheCopy(t *testing.T) {
	c := newCast()
	made := c.draft().make()
	for _, count := range []miscounting{func(int) int { return 0 }, func(n int) int { return n - 1 }, func(n int) int { return n + 1 }, func(int) int { return -1 }} {
		r := must(message.NewReader(bytes.NewReader(made), c.opener()))
		if n, err := io.Copy(struct{ io.Writer }{count}, r); !errors.Is(err, io.ErrShortWrite) || n < 0 || n > 4096 {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	c := newCast()
	for suite, name := range map[uint16]string{1: "gcm", 2: "ctr-hmac"} {
		made := c.made(func(d *draft) { d.suite, d.log2, d.text = suite, 16, plaintext(16<<20) })
		b.Run(name, func(b *testing.B) {
			b.SetBytes(16 << 20)
			for range b.N {
				r := must(message.NewReader(bytes.NewReader(made), c.opener()))
				check(second(io.Copy(io.Discard, r)))
			}
		})
	}
}

// What is nil or a zero value where somebody or something has to be is an error, and no panic.
func TestNothingGivenIsInvalid(t *testing.T) {
	c := newCast()
	made := c.made(func(d *draft) { d.signer = c.author })
	var secret *message.Secret // as of a NewSecret that failed
	read := func(opener *message.Opener) error { return second(message.NewReader(bytes.NewReader(made), opener)) }
	for name, call := range map[string]func() error{
		"no identity":        func() error { return read(message.NewOpener(nil)) },
		"Version nil":        func() error { return read(message.NewOpener((*message.Version)(nil))) },
		"Version zero":       func() error { return read(message.NewOpener(&message.Version{})) },
		"SM2Key nil":         func() error { return read(message.NewOpener((*message.SM2Key)(nil))) },
		"SM2Key zero":        func() error { return read(message.NewOpener(&message.SM2Key{})) },
		"Passphrase nil":     func() error { return read(message.NewOpener((*message.Passphrase)(nil))) },
		"SignedBy zero":      func() error { return read(c.opener().SignedBy(&message.PublicKey{})) },
		"NewSM2Key nil":      func() error { return second(message.NewSM2Key(nil)) },
		"NewSM2Key of none":  func() error { return second(message.NewSM2Key((*sm2.PrivateKey)(nil))) },
		"Secret nil":         func() error { return second(secret.Expand(nil, 32)) },
		"Reader zero":        func() error { return second(new(message.Reader).Read(make([]byte, 1))) },
		"Reader zero, to":    func() error { return second(new(message.Reader).WriteTo(io.Discard)) },
		"ReaderAt zero":      func() error { return second(new(message.ReaderAt).ReadAt(make([]byte, 1), 0)) },
		"Reader.Close nil":   func() error { return (*message.Reader)(nil).Close() },
		"Reader.Close zero":  func() error { return new(message.Reader).Close() },
		"ReaderAt.Close nil": func() error { return (*message.ReaderAt)(nil).Close() },
		"ReaderAt.Close, 0":  func() error { return new(message.ReaderAt).Close() },
		"an empty passphrase": func() error {
			made := c.made(func(d *draft) { d.to = []recipient{toPassphrase("", 600_000)} })
			return second(message.NewReader(bytes.NewReader(made), message.NewOpener(message.NewPassphrase(nil))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if cause := recover(); cause != nil {
					t.Error("a panic:", cause)
				}
			}()
			if err := call(); !errors.Is(err, message.ErrInvalid) {
				t.Error(err)
			}
		})
	}
}
