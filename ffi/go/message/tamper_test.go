package message_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/miyao-kms/miyao/ffi/go/message"
)

// A message up to small has every bit flipped, one up to large a bit of every byte, and a longer one of every fifth.
const (
	small = 1200
	large = 6000
)

func TestEveryFlippedBitAndEveryTruncationOfGoldenMessagesIsRefused(t *testing.T) {
	for path, about := range golden(t, ".miyao") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			made := must(os.ReadFile(path))
			// The first key of each is not a passphrase, unless there is no other.
			opener, step := about.openers()[0], 1
			if about.Keys[0].Passphrase != "" {
				step = len(made) / 5
			} else if len(made) > large {
				step = 5
			}
			for at := 0; at < len(made); at += step {
				bits := []int{at * 5 % 8}
				if len(made) <= small {
					bits = []int{0, 1, 2, 3, 4, 5, 6, 7}
				}
				for _, bit := range bits {
					refusesFlip(t, made, at, 1<<bit, opener)
				}
				if text, _, err := message.Decrypt(made[:at], opener); err == nil || text != nil {
					t.Fatalf("cut to %d", at)
				}
				if at%257 == 0 && step <= 5 {
					refusesCut(t, made[:at], opener)
				}
			}
			refusesCut(t, append(slices.Clone(made), 0), opener)
		})
	}
}

// refusesFlip allows what one damaged slot is for: the other one gives the same plaintext.
func refusesFlip(t *testing.T, made []byte, at, mask int, opener *message.Opener) {
	t.Helper()
	slots, length := slotsOf(made)
	altered := slices.Clone(made)
	altered[at] ^= byte(mask)
	text, _, err := message.Decrypt(altered, opener)
	if inSlot := at >= slots && at < slots+2*length; !inSlot {
		if err == nil || text != nil {
			t.Fatalf("byte %d, mask %d was accepted", at, mask)
		}
		return
	}
	original, _, _ := message.Decrypt(made, opener)
	if err != nil || !bytes.Equal(text, original) {
		t.Fatalf("byte %d of one slot: %v", at, err)
	}
}

func refusesCut(t *testing.T, cut []byte, opener *message.Opener) {
	t.Helper()
	for _, way := range append([]way{ranges}, ways...) {
		if text, err := way.read(cut, opener); err == nil || text != nil {
			t.Fatalf("%s, %d bytes", way.name, len(cut))
		}
	}
}

func TestEveryBitOfAnEntryIsBoundEvenWhereTheChecksumFits(t *testing.T) {
	c := newCast()
	key, secret := random(16), random(32)
	identities := []message.Identity{
		must(message.NewSM2Key(c.holder)), message.NewVersion([16]byte(key), 1, must(message.NewSecret(secret))),
	}
	for n, to := range []recipient{toSM2(c.holder), toKMS(key, 1, secret)} {
		made := c.made(func(d *draft) { d.to = []recipient{to}; d.text = []byte("text") })
		opener := message.NewOpener(identities[n])
		at, length := slotsOf(made)
		for bit := 40; bit < 8*(length-32); bit++ { // after generation and count, which no key is bound to
			altered := slices.Clone(made)
			for _, slot := range [][]byte{altered[at:][:length], altered[at+length:][:length]} {
				slot[bit/8] ^= 1 << (bit % 8)
				reslot(slot, 1)
			}
			if text, _, err := message.Decrypt(altered, opener); err == nil || text != nil {
				t.Fatalf("recipient %d, bit %d", n, bit)
			}
		}
		opens(t, made, opener, []byte("text"))
	}
}

func TestFramesCannotBeSplicedFromAnotherMessage(t *testing.T) {
	c := newCast()
	for _, suite := range []uint16{1, 2} {
		d := c.draft()
		d.suite = suite
		one, other := d.make(), d.make()
		at := int(must(message.Inspect(bytes.NewReader(one))).BodyAt)
		spliced := slices.Clone(one)
		copy(spliced[at:], other[at:][:4096+16*int(suite)])
		fails(t, spliced, c.opener(), message.ErrRejected)
		fails(t, cat(one[:at], other[at:]), c.opener(), message.ErrRejected)
		// Neither is one header taken for another, nor are recipients.
		slots, length := slotsOf(one)
		fails(t, cat(one[:slots], other[slots:]), c.opener(), message.ErrRejected)
		fails(t, cat(one[:slots], other[slots:slots+2*length], one[at:]), c.opener(), message.ErrRejected)
	}
}

func TestAStreamGivesTheFramesBeforeADamageAndNoByteOfIt(t *testing.T) {
	c := newCast()
	made := c.draft().make()
	at := int(must(message.Inspect(bytes.NewReader(made))).BodyAt)
	for frame := range 3 {
		altered := flipped(made, at+frame*(4096+16)+7)
		r := must(message.NewReader(bytes.NewReader(altered), c.opener()))
		var out bytes.Buffer
		if n, err := r.WriteTo(&out); !errors.Is(err, message.ErrRejected) || n != int64(4096*frame) {
			t.Fatalf("frame %d: %d bytes, %v", frame, n, err)
		}
		if !bytes.Equal(out.Bytes(), plaintext(10_000)[:out.Len()]) {
			t.Fatal("another plaintext")
		}
	}
}

func TestEveryFlippedBitAndEveryTruncationOfGoldenTokensIsRefused(t *testing.T) {
	for path, about := range golden(t, ".token") {
		token := must(message.ParseToken(string(must(os.ReadFile(path)))))
		version, pairs := version(about.Key, about.Version, about.Secret), about.pairs()
		refuses := func(token []byte, pairs message.Context, what string, at int) {
			if text, err := message.DecryptToken(token, version, pairs...); err == nil || text != nil {
				t.Fatalf("%s: %s %d", path, what, at)
			}
		}
		for bit := range 8 * len(token) {
			altered := slices.Clone(token)
			altered[bit/8] ^= 1 << (bit % 8)
			refuses(altered, pairs, "bit", bit)
		}
		for at := range token {
			refuses(token[:at], pairs, "cut to", at)
		}
		refuses(append(slices.Clone(token), 0), pairs, "longer", len(token))
		for at := range pairs {
			refuses(token, slices.Delete(slices.Clone(pairs), at, at+1), "without pair", at)
			other := slices.Clone(pairs)
			other[at].Hidden = !other[at].Hidden
			refuses(token, other, "another class of pair", at)
		}
		refuses(token, append(slices.Clone(pairs), message.Pair{Key: "more"}), "with pair", len(pairs))
	}
}
