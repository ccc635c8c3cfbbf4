package miyao

import (
	"bytes"
	"io"
	"testing"
)

// Whatever comes, every door gives the same answer, and none of them crashes.
func FuzzMessages(f *testing.F) {
	key := need[*SM2PrivateKey](f)(NewSM2PrivateKey(bytes.Repeat([]byte{1}, 32)))
	options := MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}, FrameLog2: 12, Context: Pairs{"a": "b"}}
	for _, size := range []int{0, 1, 4096, 5000} {
		f.Add(need[[]byte](f)(EncryptMessage(make([]byte, size), options)))
	}
	options.Signer = key
	f.Add(need[[]byte](f)(EncryptMessage([]byte("text"), options)))
	f.Add([]byte{})
	open := OpenOptions{Identities: []Identity{BySM2(key)}}
	f.Fuzz(func(t *testing.T, message []byte) {
		whole, _, err := DecryptMessage(message, open)
		d := need[*Decryptor](t)(NewDecryptor(bytes.NewReader(message), open))
		defer d.Close()
		streamed, streamErr := io.ReadAll(d)
		if (err == nil) != (streamErr == nil) || err == nil && !bytes.Equal(whole, streamed) {
			t.Fatal(err, streamErr)
		}
		if r, readErr := NewReader(bytes.NewReader(message), int64(len(message)), open); readErr == nil {
			defer r.Close()
			ranged, readErr := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
			if err == nil && (readErr != nil || !bytes.Equal(whole, ranged)) {
				t.Fatal(readErr)
			}
		} else if err == nil {
			t.Fatal(readErr)
		}
		if _, inspectErr := InspectMessage(message, uint64(len(message))); inspectErr != nil && err == nil {
			t.Fatal(inspectErr)
		}
	})
}

// A token opens only if its bytes are those that were made.
func FuzzTokens(f *testing.F) {
	kms, _, _ := newStore(f)
	key := newKey(f, kms, "orders", SpecSM4)
	token := need[[]byte](f)(kms.Encrypt(key, []byte("text"), nil))
	f.Add(token)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, bytes_ []byte) {
		text, err := kms.Decrypt(bytes_, nil)
		if (err == nil) != bytes.Equal(bytes_, token) || err == nil && string(text) != "text" {
			t.Fatal(text, err)
		}
		_, _ = InspectToken(bytes_)
		_, _ = ParseToken(string(bytes_))
	})
}
