package miyao

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"testing"
)

func TestAHashIsCopiedAndBeginsAgain(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	digest := need[*Hash](t)(key.PublicKey().NewDigest([]byte("alice")))
	mac := need[*Hash](t)(NewHMAC([]byte("key")))
	for _, h := range []*Hash{NewSM3().(*Hash), mac, digest} {
		empty := h.Sum(nil)
		need[int](t)(h.Write([]byte("te")))
		other := need[*Hash](t)(h.Copy())
		need[int](t)(h.Write([]byte("xt")))
		need[int](t)(other.Write([]byte("xt")))
		if !bytes.Equal(h.Sum(nil), other.Sum(nil)) || bytes.Equal(h.Sum(nil), empty) {
			t.Fatal("the copy went another way")
		}
		h.Reset()
		done(t, other.Close()) // the other is not concerned
		if !bytes.Equal(h.Sum(nil), empty) {
			t.Fatal("not as new")
		}
		h.Reset()
		need[int](t)(h.Write([]byte("text")))
	}
	want := HMAC([]byte("key"), []byte("text"))
	done(t, mac.Verify(want[:]))
	e := need[[32]byte](t)(key.PublicKey().Digest([]byte("alice"), []byte("text")))
	if !bytes.Equal(digest.Sum(nil), e[:]) {
		t.Fatal("another digest of SM2")
	}
	is(t, digest.Verify(e[:]), ErrInvalid)
	cmac := need[*Hash](t)(NewCMAC(make([]byte, 16)))
	_, err := cmac.Copy()
	is(t, err, ErrUnsupported)
	done(t, mac.Close())
	_, err = mac.Copy()
	is(t, err, ErrClosed)
	_, err = key.PublicKey().NewDigest(make([]byte, 8192))
	is(t, err, ErrInvalid)
	var none *SM2PublicKey
	_, err = none.NewDigest(nil)
	is(t, err, ErrInvalid)
}

func TestOneCallIsTheSameAsPieces(t *testing.T) {
	key, text := bytes.Repeat([]byte{3}, 16), []byte("text")
	h := need[*Hash](t)(NewCMAC(key))
	need[int](t)(h.Write(text))
	if mac := need[[16]byte](t)(CMAC(key, text)); !bytes.Equal(mac[:], h.Sum(nil)) {
		t.Fatal(mac)
	}
	_, err := CMAC(key[1:], text)
	is(t, err, ErrInvalid)

	whole, parts := make([]byte, 100), make([]byte, 100)
	done(t, HKDF([]byte("salt"), key, []byte("info"), whole))
	prk := need[[32]byte](t)(HKDFExtract([]byte("salt"), key))
	done(t, HKDFExpand(prk[:], []byte("info"), parts))
	if !bytes.Equal(whole, parts) {
		t.Fatal("two keys")
	}
	is(t, HKDFExpand(prk[1:], nil, parts), ErrInvalid)
	is(t, HKDFExpand(prk[:], nil, make([]byte, 8161)), ErrInvalid)
	is(t, HKDFExpand(whole, nil, whole[10:]), ErrInvalid)
}

func TestATextGoesThroughAModeInPieces(t *testing.T) {
	key, iv, text := bytes.Repeat([]byte{3}, 16), bytes.Repeat([]byte{5}, 16), make([]byte, 1000)
	rand.Read(text)
	block := need[*SM4](t)(NewSM4(key))
	defer block.Close()
	through := func(s *SM4Stream, data []byte, piece int) []byte {
		out := []byte("before")
		for len(data) > 0 {
			n := min(piece, len(data))
			out = need[[]byte](t)(s.Update(out, data[:n]))
			data = data[n:]
		}
		return need[[]byte](t)(s.Finish(out))[len("before"):]
	}
	for _, mode := range []Mode{ECB, ECBPKCS7, CBC, CBCPKCS7, CFB, CFB8, OFB, CTR} {
		text, iv := text, iv
		if mode == ECB || mode == CBC {
			text = text[:992]
		}
		if mode == ECB || mode == ECBPKCS7 {
			iv = nil
		}
		want := need[[]byte](t)(block.EncryptMode(mode, iv, text))
		encrypting, decrypting := need[*SM4Stream](t)(NewSM4Encrypter(key, mode, iv)), need[*SM4Stream](t)(NewSM4Decrypter(key, mode, iv))
		for _, piece := range []int{1, 7, 16, 1000} {
			if got := through(encrypting, text, piece); !bytes.Equal(got, want) {
				t.Fatal(mode, piece)
			}
			if got := through(decrypting, want, piece); !bytes.Equal(got, text) {
				t.Fatal(mode, piece)
			}
			_, err := encrypting.Update(nil, text)
			is(t, err, ErrInvalid) // it has ended
			done(t, encrypting.Reset(iv))
			done(t, decrypting.Reset(iv))
		}
		inPlace := bytes.Clone(text)
		if mode >= CFB {
			var stream cipher.Stream = encrypting
			stream.XORKeyStream(inPlace, inPlace)
			got := need[[]byte](t)(decrypting.Update(inPlace[:0], inPlace))
			if !bytes.Equal(got, text) || &got[0] != &inPlace[0] {
				t.Fatal(mode)
			}
			if !panics(func() { stream.XORKeyStream(inPlace[1:], inPlace) }) {
				t.Fatal(mode, "no panic")
			}
			if !panics(func() { stream.XORKeyStream(inPlace[1:], inPlace[:len(inPlace)-1]) }) {
				t.Fatal(mode, "no panic")
			}
			_, err := encrypting.Update(inPlace[:1], inPlace)
			is(t, err, ErrInvalid)
		} else {
			for _, n := range []int{7, 16, 32} { // whole blocks make none either, where as many bytes come out
				for _, stream := range []cipher.Stream{encrypting, decrypting} {
					if into := make([]byte, n); !panics(func() { stream.XORKeyStream(into, text[:n]) }) || !bytes.Equal(into, make([]byte, n)) {
						t.Fatal(mode, n, "no panic")
					}
				}
			}
			if got := through(encrypting, text, 16); !bytes.Equal(got, want) {
				t.Fatal(mode, "what was refused was taken")
			}
			done(t, encrypting.Reset(iv))
			_, err := encrypting.Update(inPlace[:0], inPlace)
			is(t, err, ErrInvalid)
		}
		done(t, encrypting.Close())
		done(t, encrypting.Close())
		_, err := encrypting.Update(nil, text)
		is(t, err, ErrClosed)
		_, err = encrypting.Finish(nil)
		is(t, err, ErrClosed)
		is(t, encrypting.Reset(iv), ErrClosed)
		if !panics(func() { encrypting.XORKeyStream(inPlace, inPlace) }) {
			t.Fatal(mode, "no panic")
		}
	}
	padded := need[*SM4Stream](t)(NewSM4Decrypter(key, CBCPKCS7, iv))
	need[[]byte](t)(padded.Update(nil, make([]byte, 32))) // random bytes would now and then be padded
	_, err := padded.Finish(nil)
	is(t, err, ErrRejected)
	_, err = NewSM4Encrypter(key, 9, iv)
	is(t, err, ErrUnsupported)
	_, err = NewSM4Encrypter(key[1:], CTR, iv)
	is(t, err, ErrInvalid)
	_, err = NewSM4Encrypter(key, CTR, iv[1:])
	is(t, err, ErrInvalid)
}

func TestAMessageInPiecesIsTheMessage(t *testing.T) {
	key, nonce, aad, text := bytes.Repeat([]byte{3}, 16), bytes.Repeat([]byte{5}, 13), []byte("associated data"), make([]byte, 5000)
	rand.Read(text)
	for _, tagLen := range []int{4, 8, 12, 14, 16} {
		gcm, ccm := need[*AEAD](t)(NewGCMWithSizes(key, 13, tagLen)), need[*AEAD](t)(NewCCMWithSizes(key, 13, tagLen))
		for _, piece := range []int{1, 7, 16, 33, 2080, 5000} {
			for _, aead := range []*AEAD{gcm, ccm} {
				e, err := aead.NewGCMEncrypter(nonce, aad)
				if aead == ccm {
					is(t, err, ErrInvalid)
					e, err = aead.NewCCMEncrypter(nonce, aad, uint64(len(text)))
				}
				done(t, err)
				sealed := []byte("before")
				for at := 0; at < len(text); at += piece {
					sealed = need[[]byte](t)(e.Update(sealed, text[at:min(at+piece, len(text))]))
				}
				sealed = need[[]byte](t)(e.Finish(sealed))
				if !bytes.Equal(sealed[len("before"):], aead.Seal(nil, nonce, text, aad)) {
					t.Fatal(tagLen, piece, aead == ccm)
				}
				_, err = e.Update(nil, nil)
				is(t, err, ErrInvalid)
				_, err = e.Finish(nil)
				is(t, err, ErrInvalid)
				done(t, e.Close())
				_, err = e.Update(nil, nil)
				is(t, err, ErrClosed)
				_, err = e.Finish(nil)
				is(t, err, ErrClosed)
			}
		}
		_, err := gcm.NewCCMEncrypter(nonce, aad, 1)
		is(t, err, ErrInvalid)
		for _, aead := range []*AEAD{gcm, ccm} {
			done(t, aead.Close())
		}
		_, err = gcm.NewGCMEncrypter(nonce, aad)
		is(t, err, ErrClosed)
	}
}

func TestWhatIsRefusedOfAPieceChangesNothing(t *testing.T) {
	key, nonce := make([]byte, 16), make([]byte, 12)
	gcm, ccm := need[*AEAD](t)(NewGCM(key)), need[*AEAD](t)(NewCCM(key))
	_, err := gcm.NewGCMEncrypter(nonce[1:], nil)
	is(t, err, ErrInvalid)
	_, err = ccm.NewCCMEncrypter(nonce[1:], nil, 1)
	is(t, err, ErrInvalid)
	_, err = ccm.NewCCMEncrypter(nonce, nil, 1<<24)
	is(t, err, ErrTooLarge)

	want := gcm.Seal(nil, nonce, []byte("a text in pieces"), nil)
	e := need[*AEADEncrypter](t)(gcm.NewGCMEncrypter(nonce, nil))
	done(t, gcm.Close()) // it has a key of its own
	place := append(make([]byte, 0, 64), "a text in pieces"...)
	_, err = e.Update(place[:1], place)
	is(t, err, ErrInvalid)
	place = need[[]byte](t)(e.Update(place[:0], place))
	if place = need[[]byte](t)(e.Finish(place)); !bytes.Equal(place, want) {
		t.Fatal("another message")
	}

	want = ccm.Seal(nil, nonce, []byte("a text in pieces"), nil)
	e = need[*AEADEncrypter](t)(ccm.NewCCMEncrypter(nonce, nil, 16))
	sealed := need[[]byte](t)(e.Update(nil, []byte("a text ")))
	_, err = e.Update(nil, []byte("that is too long"))
	is(t, err, ErrInvalid)
	_, err = e.Finish(nil)
	is(t, err, ErrInvalid)
	sealed = need[[]byte](t)(e.Finish(need[[]byte](t)(e.Update(sealed, []byte("in pieces")))))
	if !bytes.Equal(sealed, want) {
		t.Fatal("another message")
	}
}
