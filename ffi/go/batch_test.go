package miyao

import (
	"bytes"
	"errors"
	"sync"
	"syscall"
	"testing"
)

func TestManyAreSignedAndVerifiedAtOnce(t *testing.T) {
	keys := need[[]*SM2PrivateKey](t)(GenerateSM2Keys(20))
	publics, digests := make([]*SM2PublicKey, len(keys)), make([][32]byte, len(keys))
	items, signed := make([]SM2ToSign, len(keys)), make([]SM2ToVerify, len(keys))
	for i, key := range keys {
		publics[i] = key.PublicKey()
		items[i] = SM2ToSign{Key: key, Message: bytes.Repeat([]byte{byte(i)}, i*7)} // the first is empty
		if i%3 == 0 {
			items[i].UserID = []byte{}
		} else if i%3 == 1 {
			items[i].UserID = []byte("alice")
		}
		digests[i] = need[[32]byte](t)(publics[i].Digest(items[i].UserID, items[i].Message))
	}
	signatures := need[[]Signature](t)(SM2SignBatch(items))
	for i, item := range items {
		signed[i] = SM2ToVerify{publics[i], item.UserID, item.Message, signatures[i]}
		done(t, publics[i].VerifyMessage(item.UserID, item.Message, signatures[i]))
	}
	done(t, SM2VerifyBatch(signed))
	done(t, SM2VerifyDigestBatch(publics, digests, signatures))
	ofDigests := need[[]Signature](t)(SM2SignDigestBatch(keys, digests))
	done(t, SM2VerifyDigestBatch(publics, digests, ofDigests))

	// One that fails says nothing about the others.
	signed[4].Signature[9] ^= 1
	signed[11].Message = []byte("other")
	signed[13].UserID = nil
	signed[15].Signature = Signature{}
	for i, err := range partOf(t, SM2VerifyBatch(signed)) {
		if failed := i == 4 || i == 11 || i == 13 || i == 15; failed != errors.Is(err, ErrRejected) || failed != (err != nil) {
			t.Fatal(i, err)
		}
	}
	digests[7][0] ^= 1
	for i, err := range partOf(t, SM2VerifyDigestBatch(publics, digests, ofDigests)) {
		if (i == 7) != errors.Is(err, ErrRejected) {
			t.Fatal(i, err)
		}
	}
	items[2].UserID = make([]byte, 8192)
	part, err := SM2SignBatch(items)
	for i, err := range partOf(t, err) {
		if (i == 2) != errors.Is(err, ErrInvalid) || (i == 2) != (part[i] == Signature{}) {
			t.Fatal(i, err)
		}
	}
	for _, key := range keys {
		done(t, key.Close())
		done(t, key.Close())
	}
	_, err = SM2SignBatch(items)
	is(t, err, ErrClosed)
	_, err = SM2SignDigestBatch(keys, digests)
	is(t, err, ErrClosed)
}

// partOf is what each item failed with.
func partOf(t *testing.T, err error) []error {
	t.Helper()
	is(t, err, ErrPartial)
	var batch *BatchError
	if !errors.As(err, &batch) || batch.Error() == "" {
		t.Fatal(err)
	}
	return batch.Items
}

func TestNoneOrUnevenManyAreNoTrouble(t *testing.T) {
	if keys := need[[]*SM2PrivateKey](t)(GenerateSM2Keys(0)); len(keys) != 0 {
		t.Fatal(keys)
	}
	_, err := GenerateSM2Keys(-1)
	is(t, err, ErrInvalid)
	need[[]Signature](t)(SM2SignBatch(nil))
	need[[]Signature](t)(SM2SignDigestBatch(nil, nil))
	done(t, SM2VerifyBatch(nil))
	done(t, SM2VerifyDigestBatch(nil, nil, nil))
	_, err = SM2SignBatch([]SM2ToSign{{}})
	is(t, err, ErrInvalid)
	is(t, SM2VerifyBatch([]SM2ToVerify{{}}), ErrInvalid)
	_, err = SM2SignDigestBatch(nil, make([][32]byte, 1))
	is(t, err, ErrInvalid)
	is(t, SM2VerifyDigestBatch(nil, make([][32]byte, 1), nil), ErrInvalid)
	is(t, SM2VerifyDigestBatch(make([]*SM2PublicKey, 1), make([][32]byte, 1), nil), ErrInvalid)
	is(t, SM2VerifyDigestBatch(make([]*SM2PublicKey, 1), make([][32]byte, 1), make([]Signature, 1)), ErrInvalid)
	if digests := SM3Many(nil); len(digests) != 0 {
		t.Fatal(digests)
	}
}

// Memory that Go did not allocate, such as a file that is mapped, is taken as it is.
func TestMessagesMayLieOutsideOfGosMemory(t *testing.T) {
	mapped, err := syscall.Mmap(-1, 0, 8192, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	done(t, err)
	defer syscall.Munmap(mapped)
	copy(mapped, "text")
	messages := [][]byte{mapped[:4], []byte("text"), mapped[4096:], mapped[:4]}
	for i, digest := range SM3Many(messages) {
		if digest != SM3(messages[i]) {
			t.Fatal(i)
		}
	}
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	signatures := need[[]Signature](t)(SM2SignBatch([]SM2ToSign{{Key: key, Message: mapped[:4], UserID: mapped[4:8]}}))
	done(t, SM2VerifyBatch([]SM2ToVerify{{key.PublicKey(), mapped[4:8], mapped[:4], signatures[0]}}))
}

func TestManyDigestsAreThoseOfOneByOne(t *testing.T) {
	messages := make([][]byte, 50)
	for i := range messages {
		messages[i] = bytes.Repeat([]byte{byte(i)}, i*i)
	}
	messages[49] = messages[48] // the same memory twice
	for i, digest := range SM3Many(messages) {
		if digest != SM3(messages[i]) {
			t.Fatal(i)
		}
	}
}

func TestAPreparedKeyIsTheSameKey(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	defer key.Close()
	message := []byte("message")
	digest := need[[32]byte](t)(key.PublicKey().Digest(nil, message))
	signature := need[Signature](t)(key.SignMessage(nil, message))
	for _, prepare := range []func() (*SM2PreparedPublicKey, error){key.PublicKey().Prepare, key.PublicKey().PrepareFully} {
		prepared := need[*SM2PreparedPublicKey](t)(prepare())
		var all sync.WaitGroup
		for range 4 {
			all.Add(1)
			go func() {
				defer all.Done()
				for range 10 {
					if err := errors.Join(prepared.VerifyMessage(nil, message, signature), prepared.VerifyDigest(digest[:], signature)); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		all.Wait()
		is(t, prepared.VerifyMessage([]byte{}, message, signature), ErrRejected)
		is(t, prepared.VerifyMessage(nil, message[1:], signature), ErrRejected)
		is(t, prepared.VerifyDigest(digest[1:], signature), ErrInvalid)
		for _, encoding := range []SM2Encoding{SM2DER, SM2C1C3C2, SM2C1C2C3} {
			ciphertext := need[[]byte](t)(prepared.Encrypt(message, encoding))
			if got := need[[]byte](t)(key.Decrypt(nil, ciphertext, encoding)); !bytes.Equal(got, message) {
				t.Fatal(got)
			}
		}
		_, err := prepared.Encrypt(nil, SM2DER)
		is(t, err, ErrInvalid)
		done(t, prepared.Close())
		done(t, prepared.Close())
		is(t, prepared.VerifyMessage(nil, message, signature), ErrClosed)
		is(t, prepared.VerifyDigest(digest[:], signature), ErrClosed)
		_, err = prepared.Encrypt(message, SM2DER)
		is(t, err, ErrClosed)
		if !prepared.PublicKey().Equal(key.Public()) {
			t.Fatal("another key")
		}
	}
	var none *SM2PublicKey
	_, err := none.Prepare()
	is(t, err, ErrInvalid)
}
