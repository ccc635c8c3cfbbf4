package message_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"github.com/miyao-kms/miyao/ffi/go/message"
)

// A signed message to the holder of an SM2 key, as a stream. What was written to the output is to be used only when
// io.Copy gave no error: then the final frame was seen and the signature verified.
func ExampleNewReader() {
	source, privatePEM, signerPEM := exampleMessage()
	block, _ := pem.Decode(privatePEM)
	private, err := smx509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		log.Fatal(err)
	}
	key, err := message.NewSM2Key(private.(*sm2.PrivateKey))
	if err != nil {
		log.Fatal(err)
	}
	signer, err := message.ParsePublicKey(signerPEM)
	if err != nil {
		log.Fatal(err)
	}
	opener := message.NewOpener(key).SignedBy(signer).Context(message.Pair{Key: "tenant", Value: "a"})
	r, err := message.NewReader(source, opener)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	if _, err := io.Copy(os.Stdout, r); err != nil {
		log.Fatal(err)
	}
	// Output: the plaintext
}

// A message to a passphrase that is in memory.
func ExampleDecrypt() {
	made, err := os.ReadFile("../../../tests/golden/0.1.0/passphrase.miyao")
	if err != nil {
		log.Fatal(err)
	}
	passphrase := message.NewPassphrase([]byte("correct horse battery staple 正确的马"))
	defer passphrase.Wipe()
	plaintext, signature, err := message.Decrypt(made, message.NewOpener(passphrase))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(plaintext), "bytes,", signature == message.Unsigned)
	wrong := message.NewPassphrase([]byte("incorrect"))
	_, _, err = message.Decrypt(made, message.NewOpener(wrong))
	fmt.Println(errors.Is(err, message.ErrRejected), err)
	// Output:
	// 4100 bytes, true
	// true Verification failed: wrong key, wrong context or altered bytes.
}

// A range of a large message, without reading what is before it.
func ExampleNewReaderAt() {
	file, err := os.Open("../../../tests/golden/0.1.0/three-frames.miyao")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		log.Fatal(err)
	}
	r, err := message.NewReaderAt(file, info.Size(), message.NewOpener(exampleVersion(7)))
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	out := make([]byte, 4)
	if _, err := r.ReadAt(out, 10_000); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x of %d bytes\n", out, r.Size())
	// Output: f4f3f2f1 of 12288 bytes
}

// What a message says of itself, which nobody vouches for.
func ExampleInspect() {
	file, err := os.Open("../../../tests/golden/0.1.0/everybody.miyao")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	header, err := message.Inspect(file)
	if err != nil {
		log.Fatal(err)
	}
	for _, entry := range header.Recipients {
		switch entry.Type {
		case message.EntryKMS:
			fmt.Printf("KMS key %x, version %d\n", entry.Key, entry.Version)
		case message.EntrySM2:
			fmt.Printf("SM2 key %x…\n", entry.Key[:4])
		case message.EntryPassphrase:
			fmt.Printf("passphrase, %d iterations\n", entry.Iterations)
		}
	}
	// Output:
	// KMS key 61206b6579206f66206120746573742e, version 1
	// SM2 key 237942be…
	// passphrase, 600000 iterations
}

// remote asks a key service for the file key: the secret of the KMS key's version never comes here.
type remote struct {
	unwrap func(keyID []byte, version uint32, aad, hidden []byte) (*message.FileKey, error)
}

func (r remote) Holds(entry *message.Entry) bool { return entry.Type == message.EntryKMS }

func (r remote) Unwrap(entry *message.Entry, digest message.HeaderDigest) (*message.FileKey, error) {
	return r.unwrap(entry.Key, entry.Version, entry.AAD(digest), entry.Hidden)
}

// An identity of one's own.
func ExampleIdentity() {
	made, err := os.ReadFile("../../../tests/golden/0.1.0/one-byte.miyao")
	if err != nil {
		log.Fatal(err)
	}
	service := remote{func(keyID []byte, version uint32, _, _ []byte) (*message.FileKey, error) {
		return nil, fmt.Errorf("asking for version %d of %s: no connection", version, keyID)
	}}
	_, _, err = message.Decrypt(made, message.NewOpener(service))
	fmt.Println(err)
	// Output: asking for version 1 of a key of a test.: no connection
}

func ExampleDecryptToken() {
	text, err := os.ReadFile("../../../tests/golden/0.1.0/token.token")
	if err != nil {
		log.Fatal(err)
	}
	token, err := message.ParseToken(string(text))
	if err != nil {
		log.Fatal(err)
	}
	header, err := message.InspectToken(token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("key %x…, version %d\n", header.Hint, header.Version)
	value, err := message.DecryptToken(token, exampleVersion(header.Version),
		message.Pair{Key: "tenant", Value: "a"}, message.Pair{Key: "patient", Value: "4711", Hidden: true},
		message.Pair{Key: "empty"}, message.Pair{Key: "租户", Value: "甲"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x\n", value)
	// Output:
	// key 61206b65…, version 3
	// 000102030405060708090a0b0c0d0e0f
}

// The secret of a version of the golden files' key.
func exampleVersion(number uint32) *message.Version {
	bytes := make([]byte, 32)
	for at := range bytes {
		bytes[at] = 0x40 + byte(number)
	}
	secret, err := message.NewSecret(bytes)
	if err != nil {
		log.Fatal(err)
	}
	return message.NewVersion([16]byte([]byte("a key of a test.")), number, secret)
}
