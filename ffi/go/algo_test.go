package miyao

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"hash"
	"testing"
)

func unhex(t testing.TB, text string) []byte { return need[[]byte](t)(hex.DecodeString(text)) }

// Of GB/T 32905-2016 A.1 and GB/T 32907-2016 A.1.
func TestVectorsOfTheStandards(t *testing.T) {
	if digest := SM3([]byte("abc")); hex.EncodeToString(digest[:]) != "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" {
		t.Fatal(digest)
	}
	key := unhex(t, "0123456789abcdeffedcba9876543210")
	block, out := need[*SM4](t)(NewSM4(key)), make([]byte, 16)
	block.Encrypt(out, key)
	if hex.EncodeToString(out) != "681edf34d206965e86b3e94f536e4246" {
		t.Fatal(out)
	}
	block.Decrypt(out, out)
	if !bytes.Equal(out, key) {
		t.Fatal(out)
	}
	done(t, block.Close())
}

func TestAHashTakesAnyPiecesAndGoesOn(t *testing.T) {
	message := make([]byte, 1000)
	rand.Read(message)
	h := NewSM3()
	for i := 0; i < len(message); i += 7 {
		h.Write(message[i:min(i+7, len(message))])
		h.Sum(nil)
	}
	want := SM3(message)
	if got := h.Sum([]byte("x")); !bytes.Equal(got[1:], want[:]) || got[0] != 'x' {
		t.Fatal(got)
	}
	h.Reset()
	empty := SM3(nil)
	if !bytes.Equal(h.Sum(nil), empty[:]) || h.Size() != 32 || h.BlockSize() != 64 {
		t.Fatal("not as new")
	}
}

func TestAMACIsVerifiedUnderItsKeyAlone(t *testing.T) {
	for _, make := range []func([]byte) (*Hash, error){NewHMAC, NewCMAC} {
		a, b := need[*Hash](t)(make(bytes.Repeat([]byte{1}, 16))), need[*Hash](t)(make(bytes.Repeat([]byte{2}, 16)))
		var _ hash.Hash = a
		a.Write([]byte("text"))
		b.Write([]byte("text"))
		mac := a.Sum(nil)
		done(t, a.Verify(mac))
		is(t, b.Verify(mac), ErrRejected)
		is(t, a.Verify(mac[1:]), ErrRejected)
		a.Reset()
		is(t, a.Verify(mac), ErrRejected)
		done(t, a.Close())
		done(t, a.Close())
		_, err := a.Write(nil)
		is(t, err, ErrClosed)
		is(t, a.Verify(mac), ErrClosed)
		if !panics(func() { a.Sum(nil) }) {
			t.Fatal("a sum after Close")
		}
		done(t, b.Close())
	}
	mac := HMAC([]byte("key"), []byte("text"))
	done(t, VerifyHMAC([]byte("key"), []byte("text"), mac[:]))
	is(t, VerifyHMAC([]byte("key"), []byte("other"), mac[:]), ErrRejected)
	_, err := NewCMAC([]byte("short"))
	is(t, err, ErrInvalid)
	is(t, NewSM3().(*Hash).Verify(nil), ErrInvalid)
}

func panics(what func()) (did bool) {
	defer func() { did = recover() != nil }()
	what()
	return false
}

func TestAnAEADKeepsTheContractOfItsInterface(t *testing.T) {
	key, nonce, aad := bytes.Repeat([]byte{7}, 16), make([]byte, 12), []byte("aad")
	for _, make16 := range []func([]byte) (*AEAD, error){NewGCM, NewCCM} {
		a := need[*AEAD](t)(make16(key))
		for _, size := range []int{0, 1, 15, 16, 17, 1000, 70000} {
			text := make([]byte, size)
			rand.Read(text)
			sealed := a.Seal([]byte("pre"), nonce, text, aad)
			if len(sealed) != 3+size+a.Overhead() {
				t.Fatal(len(sealed))
			}
			if opened := need[[]byte](t)(a.Open([]byte("pre"), nonce, sealed[3:], aad)); !bytes.Equal(opened[3:], text) {
				t.Fatal("another text")
			}
			inPlace := append(bytes.Clone(text), make([]byte, 16)...)
			if again := a.Seal(inPlace[:0], nonce, inPlace[:size], aad); !bytes.Equal(again, sealed[3:]) {
				t.Fatal("in place is another ciphertext")
			}
			if opened := need[[]byte](t)(a.Open(inPlace[:0], nonce, inPlace, aad)); !bytes.Equal(opened, text) {
				t.Fatal("in place is another text")
			}
			sealed[3] ^= 1
			room := bytes.Repeat([]byte{0xaa}, size)
			_, err := a.Open(room[:0], nonce, sealed[3:], aad)
			is(t, err, ErrRejected)
			if !bytes.Equal(room, make([]byte, size)) {
				t.Fatal("a failed decryption left something")
			}
		}
		_, err := a.Open(nil, nonce, make([]byte, 15), nil)
		is(t, err, ErrRejected)
		if !panics(func() { a.Seal(nil, nonce[1:], nil, nil) }) || !panics(func() { a.Open(nil, nonce[1:], nil, nil) }) {
			t.Fatal("another nonce was taken")
		}
		text := make([]byte, 100)
		if !panics(func() { a.Seal(text[1:1], nonce, text[:50], nil) }) {
			t.Fatal("an overlap was taken")
		}
		if !panics(func() { a.Seal(text[:0], nonce, nil, text[:5]) }) || !panics(func() { a.Seal(text[:0], text[:12], text[50:51], nil) }) {
			t.Fatal("an output was taken that lies in an input")
		}
		_, err = a.Open(text[:0], nonce, text[50:], text[:5])
		is(t, err, ErrInvalid)
		_, err = a.Open(text[20:20], nonce, text[:20+16], nil)
		is(t, err, ErrInvalid)
		done(t, a.Close())
		_, err = a.Open(nil, nonce, make([]byte, 16), nil)
		is(t, err, ErrClosed)
		if !panics(func() { a.Seal(nil, nonce, nil, nil) }) {
			t.Fatal("sealed after Close")
		}
		_, err = make16(key[1:])
		is(t, err, ErrInvalid)
	}
	_, err := NewGCMWithSizes(key, 0, 16)
	is(t, err, ErrInvalid)
	_, err = NewCCMWithSizes(key, 14, 16)
	is(t, err, ErrInvalid)
	_, err = NewGCMWithSizes(key, 12, -1)
	is(t, err, ErrInvalid)
}

// blocks hides the modes of SM4 from crypto/cipher, which then makes them of single blocks.
type blocks struct{ cipher.Block }

func TestModesAreThoseThatGoMakesOfSingleBlocks(t *testing.T) {
	sm4 := need[*SM4](t)(NewSM4(bytes.Repeat([]byte{3}, 16)))
	defer sm4.Close()
	text, iv := make([]byte, 4096), bytes.Repeat([]byte{0xff}, 16) // the counter overflows at once
	rand.Read(text)
	ours, theirs := cipher.NewCTR(sm4, iv), cipher.NewCTR(blocks{sm4}, iv)
	if _, fast := ours.(*ctr); !fast {
		t.Fatalf("crypto/cipher took %T", ours)
	}
	for at, n := 0, 1; at < len(text); at, n = at+n, n*2%613+1 {
		piece := text[at:min(at+n, len(text))]
		a, b := make([]byte, len(piece)), make([]byte, len(piece))
		ours.XORKeyStream(a, piece)
		theirs.XORKeyStream(b, piece)
		if !bytes.Equal(a, b) {
			t.Fatal("CTR differs at", at, n)
		}
	}
	for _, n := range []int{0, 16, 32, 4096} {
		a, b := bytes.Clone(text[:n]), bytes.Clone(text[:n])
		enc, ref := cipher.NewCBCEncrypter(sm4, iv), cipher.NewCBCEncrypter(blocks{sm4}, iv)
		if _, fast := enc.(*cbc); !fast {
			t.Fatalf("crypto/cipher took %T", enc)
		}
		for range 2 { // the chain goes on
			enc.CryptBlocks(a, a)
			ref.CryptBlocks(b, b)
		}
		if !bytes.Equal(a, b) {
			t.Fatal("CBC encrypts otherwise", n)
		}
		dec, ref := cipher.NewCBCDecrypter(sm4, iv), cipher.NewCBCDecrypter(blocks{sm4}, iv)
		for range 2 {
			dec.CryptBlocks(a, a)
			ref.CryptBlocks(b, b)
		}
		if !bytes.Equal(a, b) {
			t.Fatal("CBC decrypts otherwise", n)
		}
	}
	padded := need[[]byte](t)(sm4.EncryptMode(CBCPKCS7, iv, text[:5]))
	if got := need[[]byte](t)(sm4.DecryptMode(CBCPKCS7, iv, padded)); !bytes.Equal(got, text[:5]) {
		t.Fatal(got)
	}
	_, err := sm4.EncryptMode(CBC, iv, text[:5])
	is(t, err, ErrInvalid)
	_, err = sm4.EncryptMode(99, iv, text[:16])
	is(t, err, ErrUnsupported)
	if !panics(func() { cipher.NewCBCEncrypter(sm4, iv).CryptBlocks(text, text[:5]) }) || !panics(func() { sm4.Encrypt(text[:5], text) }) {
		t.Fatal("half a block was taken")
	}
	xts := need[*XTS](t)(NewXTS(append(bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 16)...), XTSGB))
	sector := bytes.Clone(text[:100])
	done(t, xts.Encrypt(iv, sector, sector))
	done(t, xts.Decrypt(iv, sector, sector))
	if !bytes.Equal(sector, text[:100]) {
		t.Fatal("another sector")
	}
	done(t, xts.Close())
	is(t, xts.Encrypt(iv, sector, sector), ErrClosed)
}

// Made by others; the two orders differ from the second block on.
func TestXTSIsThatOfTheVectors(t *testing.T) {
	var file struct {
		Tests []struct{ Mode, K, IV, M, C string }
	}
	done(t, json.Unmarshal([]byte(read(t, "../../tests/vectors/sm4_modes.json")), &file))
	seen := map[string]int{}
	for _, one := range file.Tests {
		order, known := map[string]XTSOrder{"xts": XTSIEEE, "xtsgb": XTSGB}[one.Mode]
		if !known {
			continue
		}
		xts := need[*XTS](t)(NewXTS(unhex(t, one.K), order))
		text, sealed := unhex(t, one.M), unhex(t, one.C)
		out := make([]byte, len(text))
		done(t, xts.Encrypt(unhex(t, one.IV), out, text))
		if !bytes.Equal(out, sealed) {
			t.Error(one.Mode, len(text), "is another ciphertext")
		}
		done(t, xts.Decrypt(unhex(t, one.IV), out, sealed))
		if !bytes.Equal(out, text) {
			t.Error(one.Mode, len(text), "is another text")
		}
		done(t, xts.Close())
		if len(text) > 16 {
			seen[one.Mode]++
		}
	}
	if seen["xts"] == 0 || seen["xtsgb"] == 0 {
		t.Fatal(seen)
	}
}

func TestAKeyStreamIsNotMixedWithItselfNorKept(t *testing.T) {
	sm4 := need[*SM4](t)(NewSM4(make([]byte, 16)))
	defer sm4.Close()
	for _, used := range []int{0, 3, 8, 15} {
		for _, shift := range []int{1, 8, 16, 24} {
			stream, buffer := cipher.NewCTR(sm4, make([]byte, 16)), make([]byte, 100)
			stream.XORKeyStream(buffer[:used], buffer[:used])
			before := bytes.Clone(buffer)
			if !panics(func() { stream.XORKeyStream(buffer[shift:shift+40], buffer[:40]) }) || !bytes.Equal(buffer, before) {
				t.Error("an overlap was taken", used, shift)
			}
			stream.XORKeyStream(buffer[50:], buffer[:50]) // beside each other
		}
	}
	stream := cipher.NewCTR(sm4, make([]byte, 16)).(*ctr)
	for range 4 {
		stream.XORKeyStream(make([]byte, 5), make([]byte, 5))
		if !bytes.Equal(stream.rest[:stream.used], make([]byte, stream.used)) {
			t.Error("what was used is kept")
		}
	}
}

func TestTheLongestTextIsKnown(t *testing.T) {
	key := make([]byte, 16)
	for nonce, want := range map[int]int{13: 1<<16 - 1, 12: 1<<24 - 1, 11: 1<<32 - 1, 8: 1<<56 - 1, 7: 1<<63 - 1 - 16} {
		a := need[*AEAD](t)(NewCCMWithSizes(key, nonce, 16))
		if a.MaxPlaintext() != want {
			t.Error(nonce, a.MaxPlaintext())
		}
		if want < 1<<30 {
			a.Seal(nil, make([]byte, nonce), make([]byte, want), nil)
			if !panics(func() { a.Seal(nil, make([]byte, nonce), make([]byte, want+1), nil) }) {
				t.Error("one byte more was taken", nonce)
			}
		}
		done(t, a.Close())
	}
	gcm := need[*AEAD](t)(NewGCM(key))
	if gcm.MaxPlaintext() != 1<<36-32 {
		t.Error(gcm.MaxPlaintext())
	}
	done(t, gcm.Close())
}

func TestTheLibraryKnowsItself(t *testing.T) {
	done(t, SelfTest())
	if Version() == "" || len(Features()) == 0 {
		t.Fatal(Version(), Features())
	}
	a, b := make([]byte, 32), make([]byte, 32)
	done(t, Random(a))
	done(t, Random(b))
	if bytes.Equal(a, b) {
		t.Fatal("twice the same")
	}
	is(t, HKDF(nil, nil, nil, make([]byte, 8161)), ErrInvalid)
	for _, derive := range []func(in, out []byte) error{
		func(in, out []byte) error { return HKDF(nil, in, nil, out) }, KDF, func(in, out []byte) error { return PBKDF2(in, nil, 1, out) },
	} {
		is(t, derive(a[:20], a[10:]), ErrInvalid)
		done(t, derive(a[:10], a[10:]))
	}
	is(t, PBKDF2(nil, nil, 0, a), ErrInvalid)
	done(t, KDF([]byte("z"), a))
}
