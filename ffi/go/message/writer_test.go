package message_test

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
	"github.com/miyao-kms/miyao/ffi/go/message"
)

// draft is a message to be written. This writer follows docs/format.md alone and shares nothing with the reader; its hooks
// break one rule while everything else, keys and tags included, is right.
type draft struct {
	suite   uint16
	log2    byte
	pairs   []pair
	to      []recipient
	signer  *sm2.PrivateKey
	text    []byte
	slotLen int // L; 0: as short as it can be

	header  func(h0 []byte) []byte                  // H₀, before anything is derived from it
	context func(stored, full []byte) (s, f []byte) // both encodings
	slot    func(slot []byte) []byte                // both slots, before the checksum
	slots   func(r []byte)                          // R as a whole, checksums and all
	frames  func(frames [][]byte) [][]byte          // B, after sealing
	last    func(i, count int) bool                 // which nonces are those of a final frame
	cut     func(text []byte, size int) [][]byte    // how the plaintext is cut into frames
	signed  func(message []byte) []byte             // what is signed
}

type pair struct {
	class      byte
	key, value string
}

// recipient makes an entry's bytes.
type recipient func(fileKey, digest []byte) []byte

func (d draft) make() []byte {
	stored, full := encode(d.pairs, false), encode(d.pairs, true)
	if d.context != nil {
		stored, full = d.context(stored, full)
	}
	flags, signer := byte(0), []byte(nil)
	if d.signer != nil {
		flags, signer = 1, sum(spki(d.signer))
	}
	salt, fileKey := random(32), random(32)
	h0 := cat(hexOf("9a2c9aa1"), []byte{1}, be(uint64(d.suite), 2), []byte{flags, d.log2}, be(uint64(len(stored)), 2),
		salt, stored, signer)
	if d.header != nil {
		h0 = d.header(h0)
	}
	bind := sum([]byte("miyao v1 message\x00"), be(uint64(len(h0)), 4), h0, full)
	prk := must(hkdf.Extract(sm3.New, fileKey, salt))
	commitment := expand(prk, "miyao v1 commit\x00"+string(bind), 32)
	h := cat(h0, commitment)
	r := d.recipients(fileKey, sum(h))
	body := d.body(expand(prk, "miyao v1 body\x00"+string(bind), 60))
	return cat(h, r, bytes.Join(body, nil), d.trailer(sum(h), body))
}

// recipients is R.
func (d draft) recipients(fileKey, digest []byte) []byte {
	slot := cat(be(1, 4), []byte{byte(len(d.to))})
	for _, entry := range d.to {
		slot = append(slot, entry(fileKey, digest)...)
	}
	length := d.slotLen
	if length == 0 {
		length = (len(slot) + 32 + 63) / 64 * 64
	}
	slot = append(slot, make([]byte, length-32-len(slot))...)
	if d.slot != nil {
		slot = d.slot(slot)
	}
	whole := cat(slot, sum(slot))
	r := cat(be(uint64(length), 2), whole, whole)
	if d.slots != nil {
		d.slots(r)
	}
	return r
}

// body is B, frame by frame.
func (d draft) body(keys []byte) [][]byte {
	size := 1 << d.log2
	cut := d.cut
	if cut == nil {
		cut = func(text []byte, size int) [][]byte {
			if len(text) == 0 {
				return [][]byte{nil}
			}
			return slices.Collect(slices.Chunk(text, size))
		}
	}
	texts := cut(d.text, size)
	var frames [][]byte
	for i, text := range texts {
		last := i == len(texts)-1
		if d.last != nil {
			last = d.last(i, len(texts))
		}
		frames = append(frames, seal(d.suite, keys, nonce(keys[16:28], uint64(i), last), text))
	}
	if d.frames != nil {
		frames = d.frames(frames)
	}
	return frames
}

// trailer is S.
func (d draft) trailer(digest []byte, frames [][]byte) []byte {
	if d.signer == nil {
		return nil
	}
	leaves, tag := []byte(nil), 16*int(d.suite)
	length := 0
	for i, frame := range frames {
		leaves = append(leaves, sum([]byte{0}, be(uint64(i), 8), frame)...)
		length += len(frame) - tag
	}
	root := sum([]byte{1}, be(uint64(len(frames)), 8), leaves)
	signed := cat([]byte("miyao v1 signature\x00"), digest, be(uint64(length), 8), root)
	if d.signed != nil {
		signed = d.signed(signed)
	}
	za := must(sm2.CalculateZA(&d.signer.PublicKey, []byte("1234567812345678")))
	r, s, err := sm2.Sign(rand.Reader, &d.signer.PrivateKey, sum(za, signed))
	check(err)
	return cat(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32)))
}

// toKMS is an entry of type 1.
func toKMS(key []byte, version uint32, secret []byte) recipient {
	return func(fileKey, digest []byte) []byte {
		salt := random(16)
		return wrapped(secret, salt, cat([]byte{1}, be(100, 2), key, be(uint64(version), 4), salt), fileKey, digest)
	}
}

// toSM2 is an entry of type 2; `encrypts` may make another ciphertext than SM2's in DER.
func toSM2(key *sm2.PrivateKey, encrypts ...func(text []byte) []byte) recipient {
	return func(fileKey, digest []byte) []byte {
		id := sum(spki(key))
		text := cat(fileKey, sum([]byte{2}, id, digest))
		ciphertext := must(sm2.EncryptASN1(rand.Reader, &key.PublicKey, text))
		if len(encrypts) > 0 {
			ciphertext = encrypts[0](text)
		}
		return cat([]byte{2}, be(uint64(32+len(ciphertext)), 2), id, ciphertext)
	}
}

// toPassphrase is an entry of type 3.
func toPassphrase(passphrase string, iterations int) recipient {
	return func(fileKey, digest []byte) []byte {
		salt := random(16)
		secret := must(pbkdf2.Key(sm3.New, passphrase, salt, min(iterations, 600_000), 32))
		return wrapped(secret, salt, cat([]byte{3}, be(84, 2), be(uint64(iterations), 4), salt), fileKey, digest)
	}
}

// toOther is an entry that is carried and not opened.
func toOther(kind byte, body []byte) recipient {
	return func(_, _ []byte) []byte { return cat([]byte{kind}, be(uint64(len(body)), 2), body) }
}

// wrapped is M50 to M52.
func wrapped(secret, salt, prefix, fileKey, digest []byte) []byte {
	aad := cat(prefix, digest)
	keys := expand(secret, "miyao v1 wrap\x00"+string(salt)+string(sum(aad)), 60)
	hidden := ctr(keys[:16], keys[16:28], fileKey)
	return cat(prefix, hidden, mac(keys[28:], aad, hidden))
}

// seal is a frame (M60).
func seal(suite uint16, keys, nonce, text []byte) []byte {
	if suite == 1 {
		gcm := must(cipher.NewGCM(must(sm4.NewCipher(keys[:16]))))
		return gcm.Seal(nil, nonce, text, nil)
	}
	hidden := ctr(keys[:16], nonce, text)
	return cat(hidden, mac(keys[28:], nonce, hidden))
}

// writeToken is M80 to M85.
func writeToken(suite uint16, key []byte, version uint32, secret []byte, pairs []pair, text []byte) []byte {
	head := cat(hexOf("9a2c9aa1"), []byte{0x81}, be(uint64(suite), 2), key[:4], be(uint64(version), 4), random(16))
	bind := sum([]byte("miyao v1 token\x00"), head, key, encode(pairs, true))
	keys := expand(secret, "miyao v1 token body\x00"+string(bind), 60)
	sealed := seal(suite, keys, keys[16:28], text)
	if suite == 2 {
		return cat(head, sealed)
	}
	commitment := expand(secret, "miyao v1 token commit\x00"+string(bind), 32)
	return cat(head, sealed[:len(text)], commitment, sealed[len(text):])
}

// encode is M20 to M25: stored, or full.
func encode(pairs []pair, full bool) (out []byte) {
	pairs = slices.Clone(pairs)
	slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	for _, p := range pairs {
		value := p.value
		if p.class == 1 && !full {
			value = ""
		}
		out = cat(out, []byte{p.class}, be(uint64(len(p.key)), 2), []byte(p.key), be(uint64(len(value)), 2), []byte(value))
	}
	return out
}

func nonce(base []byte, i uint64, last bool) []byte {
	mask := cat(make([]byte, 4), be(i, 8))
	if last {
		mask[0] = 1
	}
	for at := range mask {
		mask[at] ^= base[at]
	}
	return mask
}

func spki(key *sm2.PrivateKey) []byte { return must(smx509.MarshalPKIXPublicKey(&key.PublicKey)) }

func expand(prk []byte, info string, n int) []byte { return must(hkdf.Expand(sm3.New, prk, info, n)) }

func mac(key []byte, parts ...[]byte) []byte {
	hash := hmac.New(sm3.New, key)
	hash.Write(cat(parts...))
	return hash.Sum(nil)
}

func ctr(key, nonce, text []byte) []byte {
	out := make([]byte, len(text))
	cipher.NewCTR(must(sm4.NewCipher(key)), cat(nonce, make([]byte, 4))).XORKeyStream(out, text)
	return out
}

func sum(parts ...[]byte) []byte {
	digest := sm3.Sum(cat(parts...))
	return digest[:]
}

func cat(parts ...[]byte) []byte { return slices.Concat(parts...) }

func be(n uint64, width int) []byte { return binary.BigEndian.AppendUint64(nil, n)[8-width:] }

func random(n int) []byte {
	out := make([]byte, n)
	rand.Read(out)
	return out
}

// plaintext has no period of a power of two.
func plaintext(n int) []byte {
	out := make([]byte, n)
	for at := range out {
		out[at] = byte(at%251) ^ byte(at>>8)
	}
	return out
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func TestWhatIsWrittenFromTheDocumentIsReadAtEveryLengthAroundAFrame(t *testing.T) {
	holder, author := newKey(), newKey()
	opener := message.NewOpener(must(message.NewSM2Key(holder)))
	demanding := opener.SignedBy(must(message.NewPublicKey(&author.PublicKey)))
	for _, suite := range []uint16{1, 2} {
		for _, signer := range []*sm2.PrivateKey{nil, author} {
			for _, length := range []int{0, 1, 4095, 4096, 4097, 8191, 8192, 8193, 3 * 4096, 70_000} {
				d := draft{suite: suite, log2: 12, to: []recipient{toSM2(holder)}, signer: signer, text: plaintext(length)}
				opener, made := opener, d.make()
				if signer != nil {
					opener = demanding
				}
				opens(t, made, opener, d.text)
			}
		}
	}
}
