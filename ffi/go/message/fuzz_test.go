package message_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/miyao-kms/miyao/ffi/go/message"
)

// fuzzOpener has every key of the golden messages but the passphrase, which costs a second each time.
func fuzzOpener(f *testing.F) *message.Opener {
	var identities []message.Identity
	var context message.Context
	for _, about := range golden(f, ".miyao") {
		for _, key := range about.Keys {
			if key.Passphrase == "" {
				identities = append(identities, key.identity())
			}
		}
		if len(about.Context) > 0 {
			context = about.pairs()
		}
	}
	// Of the context only the hidden pair, or messages without one would all be refused.
	for _, pair := range context {
		if pair.Hidden {
			return message.NewOpener(identities...).Context(pair)
		}
	}
	f.Fatal("no golden message has a hidden pair")
	return nil
}

// seeds are the golden files that end so.
func seeds(f *testing.F, ending string) {
	for _, path := range must(filepath.Glob(goldenFiles + ending)) {
		f.Add(must(os.ReadFile(path)))
	}
}

// known asserts that an error has a number.
func known(t *testing.T, err error) {
	var kind message.Kind
	if !errors.As(err, &kind) || kind == message.ErrIO || kind == message.ErrInvalid {
		t.Fatalf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	seeds(f, ".miyao")
	withHidden := fuzzOpener(f)
	without := withHidden.Context()
	var signer *message.PublicKey
	for _, about := range golden(f, ".miyao") {
		if about.Signer != nil { // the same of all of them
			signer = about.signer()
		}
	}
	f.Fuzz(func(t *testing.T, made []byte) {
		_, headerErr := message.Inspect(bytes.NewReader(made))
		for _, opener := range []*message.Opener{withHidden, without} {
			text, _, err := message.Decrypt(made, opener)
			if err != nil {
				known(t, err)
			}
			if err != nil && text != nil || err == nil && headerErr != nil {
				t.Fatalf("%d bytes beside %v, %v", len(text), err, headerErr)
			}
			// The other ways agree.
			streamed, streamErr := stream(bytes.NewReader(made), opener)
			ranged, rangeErr := ranges.read(made, opener)
			if (err == nil) != (streamErr == nil) || (err == nil) != (rangeErr == nil) {
				t.Fatalf("%v, %v, %v", err, streamErr, rangeErr)
			}
			if !bytes.Equal(text, streamed) || !bytes.Equal(text, ranged) {
				t.Fatal("another plaintext")
			}
			// Whoever demands the signer's signature gets what the others get, or nothing, and the same as a stream.
			demanding := opener.SignedBy(signer)
			demanded, signature, demandedErr := message.Decrypt(made, demanding)
			if demandedErr != nil {
				known(t, demandedErr)
			} else if err != nil || signature != message.Verified || !bytes.Equal(demanded, text) {
				t.Fatalf("%v and verified: %v", err, signature)
			}
			if _, streamErr := stream(bytes.NewReader(made), demanding); (demandedErr == nil) != (streamErr == nil) {
				t.Fatalf("%v, %v", demandedErr, streamErr)
			}
		}
	})
}

// FuzzRecipients gives whole slots to the parser: a fuzzer does not find a checksum by itself.
func FuzzRecipients(f *testing.F) {
	c := newCast()
	made := c.draft().make()
	at, length := slotsOf(made)
	for _, path := range must(filepath.Glob(goldenFiles + ".miyao")) {
		golden := must(os.ReadFile(path))
		at, length := slotsOf(golden)
		f.Add(golden[at : at+length-32])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		slot := append(bytes.Clone(body), make([]byte, (64-(len(body)+32)%64)%64)...)
		slot = append(slot, sum(slot)...)
		with := cat(made[:at-2], be(uint64(len(slot)), 2), slot, slot, made[at+2*length:])
		if len(slot) > 32_768 {
			return
		}
		header, err := message.Inspect(bytes.NewReader(with))
		if err != nil {
			known(t, err)
			return
		}
		if n := len(header.Recipients); n < 1 || n > 16 {
			t.Fatalf("%d recipients", n)
		}
		for _, entry := range header.Recipients {
			entry.AAD(header.Digest)
		}
		if _, _, err := message.Decrypt(with, c.opener()); err != nil {
			known(t, err)
		} else if !bytes.Contains(slot, sum(spki(c.holder))) {
			t.Fatal("opened without an entry")
		}
	})
}

func FuzzToken(f *testing.F) {
	seeds(f, ".token")
	var version0 *message.Version
	var context message.Context
	for _, about := range golden(f, ".token") {
		version0, context = version(about.Key, about.Version, about.Secret), about.pairs()
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		token, err := message.ParseToken(string(text))
		if err != nil {
			known(t, err)
			token = text
		}
		header, headerErr := message.InspectToken(token)
		plaintext, err := message.DecryptToken(token, version0, context...)
		if err != nil {
			known(t, err)
		} else if headerErr != nil || len(plaintext) != header.Len {
			t.Fatalf("%v, %d bytes", headerErr, len(plaintext))
		}
	})
}
