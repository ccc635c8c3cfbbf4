package message_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/miyao-kms/miyao/ffi/go/message"
)

// broken is a message that breaks one rule, and in which everything else is right: keys are derived from what was
// written, and tags and checksums fit.
type broken struct {
	rule string
	kind message.Kind
	made []byte
	// What the caller demands beyond a key, if anything.
	signer  *sm2.PrivateKey
	context message.Context
}

// cast is who takes part in the messages of a test.
type cast struct{ holder, author *sm2.PrivateKey }

func newCast() cast { return cast{newKey(), newKey()} }

func (c cast) draft() draft {
	return draft{suite: 1, log2: 12, to: []recipient{toSM2(c.holder)}, text: plaintext(10_000)}
}

func (c cast) opener() *message.Opener { return message.NewOpener(must(message.NewSM2Key(c.holder))) }

// made is a draft after a change.
func (c cast) made(change func(d *draft)) []byte {
	d := c.draft()
	change(&d)
	return d.make()
}

func (c cast) brokenHeaders() []broken {
	byteOf := func(at int, value byte) []byte {
		return c.made(func(d *draft) {
			d.header = func(h0 []byte) []byte { h0[at] = value; return h0 }
		})
	}
	frames := func(log2 byte) []byte { return c.made(func(d *draft) { d.log2 = log2 }) }
	return []broken{
		{rule: "M1", kind: message.ErrMalformed, made: byteOf(3, 0xa0)},
		{rule: "M2", kind: message.ErrUnsupported, made: byteOf(4, 2)},
		{rule: "M2, a token", kind: message.ErrMalformed, made: byteOf(4, 0x81)},
		{rule: "M3", kind: message.ErrUnsupported, made: byteOf(6, 3)},
		{rule: "M3, zero", kind: message.ErrUnsupported, made: byteOf(6, 0)},
		{rule: "M3, high byte", kind: message.ErrUnsupported, made: byteOf(5, 1)},
		{rule: "M4", kind: message.ErrUnsupported, made: byteOf(7, 2)},
		{rule: "M4, high bit", kind: message.ErrUnsupported, made: byteOf(7, 0x80)},
		{rule: "M5, small", kind: message.ErrMalformed, made: frames(11)},
		{rule: "M5, large", kind: message.ErrMalformed, made: frames(25)},
		{rule: "M43", kind: message.ErrRejected, made: flipped(c.draft().make(), 43)},
	}
}

// entryOf is one entry of a context.
func entryOf(class byte, key, value string) []byte { return encode([]pair{{class, key, value}}, true) }

func (c cast) brokenContexts() []broken {
	entries := func(entries ...[]byte) []byte {
		return c.made(func(d *draft) {
			d.context = func(_, _ []byte) (stored, full []byte) { return cat(entries...), cat(entries...) }
		})
	}
	pairs := func(pairs ...pair) []byte { return c.made(func(d *draft) { d.pairs = pairs }) }
	var many []pair
	for n := range 65 {
		many = append(many, pair{0, fmt.Sprintf("%02d", n), ""})
	}
	value := strings.Repeat("v", 60_000)
	malformed := func(rule string, made []byte) broken {
		return broken{rule: rule, kind: message.ErrMalformed, made: made}
	}
	return []broken{
		malformed("M6", pairs(pair{0, "a", value[:8188]})),
		malformed("M20", entries(entryOf(0, "b", ""), entryOf(0, "a", ""))),
		malformed("M20, twice", entries(entryOf(0, "a", ""), entryOf(0, "a", "v"))),
		malformed("M20, twice in two classes", entries(entryOf(0, "a", ""), entryOf(1, "a", ""))),
		malformed("M20, a prefix comes first", entries(entryOf(0, "ab", ""), entryOf(0, "a", ""))),
		malformed("M20, unsigned", entries(entryOf(0, "\x80", ""), entryOf(0, "\x7f", ""))),
		malformed("M21, class", entries(entryOf(2, "a", ""))),
		malformed("M21, key", entries(entryOf(0, "", "v"))),
		malformed("M22", entries(entryOf(1, "a", "v"))),
		malformed("M23", pairs(many...)),
		malformed("M24, more", entries(entryOf(0, "a", ""), []byte{0})),
		malformed("M24, less", entries(entryOf(0, "a", "value")[:8])),
		{
			rule: "M25", kind: message.ErrRejected, made: pairs(pair{0, "a", value[:8000]}, pair{1, "b", value}),
			context: message.Context{{Key: "b", Value: value}},
		},
	}
}

func (c cast) brokenRecipients() []broken {
	slots := func(change func(slot []byte) []byte) []byte {
		return c.made(func(d *draft) { d.slot = change })
	}
	to := func(entries ...recipient) []byte {
		return c.made(func(d *draft) { d.to = append(d.to, entries...) })
	}
	whole := func(change func(r []byte)) []byte { return c.made(func(d *draft) { d.slots = change }) }
	kms, unknown := toKMS(random(16), 1, random(32)), toOther(9, nil)
	key := random(16)
	var many []recipient
	for range 16 {
		many = append(many, unknown)
	}
	device := func(length int) recipient {
		return toOther(4, cat(be(3, 2), key, be(1, 4), be(1, 2), be(uint64(length), 2), []byte("blob")))
	}
	malformed := func(rule string, made []byte) broken {
		return broken{rule: rule, kind: message.ErrMalformed, made: made}
	}
	return []broken{
		malformed("M31, no multiple of 64", c.made(func(d *draft) { d.slotLen = 64*5 + 1 })),
		malformed("M31, too long", c.made(func(d *draft) { d.slotLen = 32_768 + 64 })),
		malformed("M31, zero", whole(func(r []byte) { r[0], r[1] = 0, 0 })),
		malformed("M33", whole(func(r []byte) { r[2+40] ^= 1; r[2+(len(r)-2)/2+40] ^= 1 })),
		malformed("M34, none", slots(func(slot []byte) []byte { slot[4] = 0; return slot })),
		malformed("M34, too many", to(many...)),
		malformed("M34, a key twice", to(toSM2(c.holder))),
		malformed("M34, a version twice", to(toKMS(key, 7, random(32)), toKMS(key, 7, random(32)))),
		malformed("M34, two passphrases", to(toPassphrase("a", 600_000), toPassphrase("b", 600_000))),
		malformed("M34, a device's key twice", to(device(4), device(4))),
		malformed("M34, no zeros", slots(func(slot []byte) []byte { slot[len(slot)-1] = 1; return slot })),
		malformed("M34, an entry beyond the slot", slots(func(slot []byte) []byte { slot[6] = 0xff; return slot })),
		malformed("M34, a body that is too short", to(toOther(1, make([]byte, 99)))),
		malformed("M34, a body that is too long", to(toOther(1, cat(key, be(1, 4), make([]byte, 81))))),
		malformed("M34, of the older slot", whole(func(r []byte) {
			older := r[2:][:(len(r)-2)/2]
			older[3], older[4] = 0, 0
			copy(older[len(older)-32:], sum(older[:len(older)-32]))
		})),
		malformed("M36, few", to(toPassphrase("a", 599_999))),
		malformed("M36, many", to(toPassphrase("a", 10_000_001))),
		malformed("M37", to(toKMS(key, 0, random(32)))),
		malformed("M38, short", to(device(3))),
		malformed("M38, long", to(device(5))),
		{rule: "M93, for nobody here", kind: message.ErrMissing, made: c.made(func(d *draft) {
			d.to = []recipient{kms, unknown, device(4)}
		})},
	}
}

func (c cast) brokenCiphertexts() []broken {
	to := func(rule string, encrypts func(text []byte) []byte) broken {
		made := c.made(func(d *draft) { d.to = []recipient{toSM2(c.holder, encrypts)} })
		return broken{rule: rule, kind: message.ErrRejected, made: made}
	}
	der := func(text []byte) []byte {
		return must(sm2.EncryptASN1(rand.Reader, &c.holder.PublicKey, text))
	}
	return []broken{
		to("M53, a byte less", func(text []byte) []byte { return der(text[:63]) }),
		to("M53, a byte more", func(text []byte) []byte { return der(cat(text, []byte{0})) }),
		to("M53, the file key alone", func(text []byte) []byte { return der(text[:32]) }),
		to("M53, another binding", func(text []byte) []byte { return der(cat(text[:32], make([]byte, 32))) }),
		to("M53, no DER", func(text []byte) []byte {
			return must(sm2.Encrypt(rand.Reader, &c.holder.PublicKey, text, nil))
		}),
		to("M53, C2 before C3", func(text []byte) []byte {
			made := der(text)
			hash, hidden := made[len(made)-100:len(made)-66], made[len(made)-66:]
			return cat(made[:len(made)-100], hidden, hash)
		}),
		to("M53, more after it", func(text []byte) []byte { return cat(der(text), []byte{0}) }),
		to("M53, empty", func([]byte) []byte { return nil }),
	}
}

func (c cast) brokenFrames() []broken {
	cut := func(sizes ...int) []byte {
		return c.made(func(d *draft) {
			d.cut = func(text []byte, _ int) (parts [][]byte) {
				for _, size := range sizes {
					parts, text = append(parts, text[:size]), text[size:]
				}
				return parts
			}
		})
	}
	last := func(last func(i, count int) bool) []byte { return c.made(func(d *draft) { d.last = last }) }
	frames := func(change func(frames [][]byte) [][]byte) []byte {
		return c.made(func(d *draft) { d.frames = change })
	}
	rejected := func(rule string, made []byte) broken {
		return broken{rule: rule, kind: message.ErrRejected, made: made}
	}
	return []broken{
		rejected("M61, short", cut(4000, 4096, 100)),
		rejected("M61, long", cut(4200, 100)),
		rejected("M62, nobody is last", last(func(_, _ int) bool { return false })),
		rejected("M62, everybody is last", last(func(_, _ int) bool { return true })),
		rejected("M62, the first is last", last(func(i, _ int) bool { return i == 0 })),
		rejected("M62, swapped", frames(func(f [][]byte) [][]byte { f[0], f[1] = f[1], f[0]; return f })),
		rejected("M62, doubled", frames(func(f [][]byte) [][]byte { return slices.Insert(f, 1, f[0]) })),
		rejected("M62, dropped", frames(func(f [][]byte) [][]byte { return f[1:] })),
		rejected("M64, the final frame is lost", frames(func(f [][]byte) [][]byte { return f[:2] })),
		rejected("M64, more after B", frames(func(f [][]byte) [][]byte { return append(f, []byte{0}) })),
		{rule: "M64, no frame", kind: message.ErrTruncated, made: frames(func([][]byte) [][]byte { return nil })},
		{rule: "M64, an empty final frame", kind: message.ErrTruncated, made: cut(4096, 4096, 0)},
		{rule: "M64, less than a tag", kind: message.ErrTruncated, made: frames(func(f [][]byte) [][]byte {
			return [][]byte{f[0], f[1], f[2][:15]}
		})},
	}
}

func (c cast) brokenSignatures() []broken {
	rejected := func(rule string, change func(d *draft)) broken {
		made := c.made(func(d *draft) { d.signer = c.author; change(d) })
		return broken{rule: rule, kind: message.ErrRejected, made: made, signer: c.author}
	}
	signs := func(rule string, at int) broken {
		return rejected(rule, func(d *draft) {
			d.signed = func(signed []byte) []byte { return flipped(signed, (at+len(signed))%len(signed)) }
		})
	}
	missing := rejected("M70, no S", func(*draft) {})
	missing.made = missing.made[:len(missing.made)-64]
	longer := rejected("M64, more after S", func(*draft) {})
	longer.made = append(longer.made, 0)
	zero := rejected("M71, zeros", func(*draft) {})
	copy(zero.made[len(zero.made)-64:], make([]byte, 64))
	unsigned := rejected("M74, unsigned", func(d *draft) { d.signer = nil })
	other := rejected("M74, by another", func(d *draft) { d.signer = c.holder })
	return []broken{
		missing, longer, zero, unsigned, other,
		signs("M71, the label", 0), signs("M71, the header", 20), signs("M71, the length", 52+7), signs("M73, the root", -1),
	}
}

func (c cast) broken() []broken {
	return slices.Concat(c.brokenHeaders(), c.brokenContexts(), c.brokenRecipients(), c.brokenCiphertexts(),
		c.brokenFrames(), c.brokenSignatures())
}

func flipped(bytes []byte, at int) []byte {
	changed := slices.Clone(bytes)
	changed[at] ^= 1
	return changed
}

func TestAMessageThatBreaksOneRuleIsRefused(t *testing.T) {
	c := newCast()
	opens(t, c.draft().make(), c.opener(), plaintext(10_000))
	for _, broken := range c.broken() {
		t.Run(broken.rule, func(t *testing.T) {
			opener := c.opener().Context(broken.context...)
			if broken.signer != nil {
				opener = opener.SignedBy(must(message.NewPublicKey(&broken.signer.PublicKey)))
			}
			fails(t, broken.made, opener, broken.kind)
		})
	}
}

func TestTheContextMustFitInEveryWay(t *testing.T) {
	// Longer than anything that random bytes are by chance.
	const value, other = "4711, ward 7, bed 3", "4712, ward 7, bed 3"
	c := newCast()
	d := c.draft()
	d.pairs = []pair{{0, "tenant", "a"}, {1, "patient", value}}
	made := d.make()
	if bytes.Contains(made, []byte(value)) {
		t.Fatal("a hidden value is stored")
	}
	for _, given := range []message.Context{
		{{Key: "patient", Value: value}},
		{{Key: "patient", Value: value, Hidden: true}, {Key: "tenant", Value: "a", Hidden: true}},
	} {
		opens(t, made, c.opener().Context(given...), d.text)
		opener := c.opener().Context(given...).EveryPair()
		if len(given) == 2 {
			opens(t, made, opener, d.text)
		} else {
			fails(t, made, opener, message.ErrRejected)
		}
	}
	for _, given := range []message.Context{
		nil,
		{{Key: "patient", Value: other}},
		{{Key: "patient"}},
		{{Key: "tenant", Value: "a"}},
		{{Key: "patient", Value: value}, {Key: "tenant", Value: "b"}},
		{{Key: "patient", Value: value}, {Key: "more", Value: "x"}},
	} {
		fails(t, made, c.opener().Context(given...), message.ErrRejected)
	}
	full := must(message.NewReader(bytes.NewReader(made), c.opener().Context(message.Pair{Key: "patient", Value: value})))
	want := message.Context{{Key: "patient", Value: value, Hidden: true}, {Key: "tenant", Value: "a"}}
	if !slices.Equal(full.Context(), want) {
		t.Fatalf("%v", full.Context())
	}
}

// slotsOf are the recipients' halves of a message.
func slotsOf(made []byte) (at, length int) {
	header := must(message.Inspect(bytes.NewReader(made)))
	return int(header.BodyAt) - 2*header.SlotLen, header.SlotLen
}

// reslot gives a slot another generation and a checksum that fits.
func reslot(slot []byte, generation uint32) {
	binary.BigEndian.PutUint32(slot, generation)
	copy(slot[len(slot)-32:], sum(slot[:len(slot)-32]))
}

func TestTheNewerOfTwoValidSlotsDecidesAndATornOneIsPassedOver(t *testing.T) {
	c := newCast()
	made := c.draft().make()
	at, length := slotsOf(made)
	for newer := range 2 {
		// The one that is not newer is for nobody: its entry's type is changed.
		both := slices.Clone(made)
		slots := [][]byte{both[at:][:length], both[at+length:][:length]}
		slots[1-newer][5] = 99
		reslot(slots[1-newer], 4)
		reslot(slots[newer], 5)
		opens(t, both, c.opener(), plaintext(10_000))
		reslot(slots[1-newer], 6)
		fails(t, both, c.opener(), message.ErrMissing)
		slots[1-newer][20] ^= 1
		opens(t, both, c.opener(), plaintext(10_000))
		// Equal generations: slot 0 is taken (M33).
		slots[1-newer][20] ^= 1
		reslot(slots[1-newer], 5)
		if newer == 0 {
			opens(t, both, c.opener(), plaintext(10_000))
		} else {
			fails(t, both, c.opener(), message.ErrMissing)
		}
	}
}

func TestEntriesThatNobodyKnowsAndVersionsOfOneKeyStandBesideEachOther(t *testing.T) {
	c := newCast()
	key, secret := random(16), random(32)
	d := c.draft()
	d.to = []recipient{
		toOther(200, []byte("x")), toOther(200, []byte("x")), toKMS(key, 1, random(32)), toKMS(key, 2, secret), d.to[0],
	}
	made := d.make()
	second := message.NewVersion([16]byte(key), 2, must(message.NewSecret(secret)))
	opens(t, made, message.NewOpener(second), d.text)
	opens(t, made, c.opener(), d.text)
	wrong := message.NewVersion([16]byte(key), 1, must(message.NewSecret(secret)))
	fails(t, made, message.NewOpener(wrong), message.ErrRejected)
	opens(t, made, message.NewOpener(wrong, second), d.text)
}
