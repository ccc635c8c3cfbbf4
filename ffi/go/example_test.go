package miyao_test

import (
	"bytes"
	"crypto"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/miyao-kms/miyao/ffi/go"
)

// scratch is a store with an sm4 key named orders; a program opens its own.
func scratch() (kms *miyao.KMS, end func()) {
	directory, err := os.MkdirTemp("", "miyao")
	if err != nil {
		log.Fatal(err)
	}
	kms, err = miyao.Init(filepath.Join(directory, "store.db"), miyao.NewKeyFile(filepath.Join(directory, "root.key")), "service:orders")
	if err != nil {
		log.Fatal(err)
	}
	if _, err = kms.Create(miyao.KeyOptions{Name: "orders", Spec: miyao.SpecSM4}); err != nil {
		log.Fatal(err)
	}
	return kms, func() {
		kms.Close()
		os.RemoveAll(directory)
	}
}

func ExampleOpen() {
	kms, err := miyao.Open("/var/lib/orders/store.db", miyao.KeyFile("/etc/orders/root.key"), "service:orders")
	if errors.Is(err, miyao.ErrMissing) {
		fmt.Println("there is no store yet, or no key file")
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	defer kms.Close()
	// Output: there is no store yet, or no key file
}

func ExampleKMS_Encrypt() {
	kms, end := scratch()
	defer end()
	token, err := kms.Encrypt(miyao.Name("orders"), []byte("6222 0000 0000 0000"), miyao.Pairs{"table": "cards", "row": "7"})
	if err != nil {
		log.Fatal(err)
	}
	card, err := kms.Decrypt(token, miyao.Pairs{"table": "cards", "row": "7"})
	fmt.Println(string(card), err)
	_, err = kms.Decrypt(token, miyao.Pairs{"table": "cards", "row": "8"})
	fmt.Println(errors.Is(err, miyao.ErrRejected))
	// Output:
	// 6222 0000 0000 0000 <nil>
	// true
}

// On a hot path the key and the context are read once, and the output's memory is used again.
func ExampleKMS_AppendEncrypt() {
	kms, end := scratch()
	defer end()
	key, err := miyao.ParseKeyRef("orders")
	if err != nil {
		log.Fatal(err)
	}
	context, err := miyao.NewContext(miyao.Pairs{"table": "cards"})
	if err != nil {
		log.Fatal(err)
	}
	room := make([]byte, 0, 256)
	for row := range 3 {
		token, err := kms.AppendEncrypt(room[:0], key, []byte{byte(row)}, context)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(token))
	}
	// Output:
	// 64
	// 64
	// 64
}

func ExampleKMS_GenerateDataKey() {
	kms, end := scratch()
	defer end()
	key, token, err := kms.GenerateDataKey(miyao.Name("orders"), nil, 16)
	if err != nil {
		log.Fatal(err)
	}
	defer miyao.Wipe(key) // encrypt with it here, and keep the token beside what it encrypted
	again, err := kms.Decrypt(token, nil)
	defer miyao.Wipe(again)
	fmt.Println(bytes.Equal(key, again), err)
	// Output: true <nil>
}

func ExampleKMS_Rotate() {
	kms, end := scratch()
	defer end()
	token, _ := kms.Encrypt(miyao.Name("orders"), []byte("text"), nil)
	version, err := kms.Rotate(miyao.Name("orders"))
	fmt.Println(version, err)
	opened, err := kms.DecryptFrom(token, nil) // what is old opens as before
	fmt.Println(string(opened.Plaintext), opened.Version, err)
	// Output:
	// 2 <nil>
	// text 1 <nil>
}

func ExampleKMS_Signer() {
	kms, end := scratch()
	defer end()
	if _, err := kms.Create(miyao.KeyOptions{Name: "invoices", Spec: miyao.SpecSM2Sign}); err != nil {
		log.Fatal(err)
	}
	held, err := kms.Signer(miyao.Name("invoices"))
	if err != nil {
		log.Fatal(err)
	}
	var signer crypto.Signer = held // the key stays in the store
	public := signer.Public().(*miyao.SM2PublicKey)
	digest, err := public.Digest(nil, []byte("invoice")) // SM3(ZA ‖ message), not SM3(message)
	if err != nil {
		log.Fatal(err)
	}
	der, err := signer.Sign(nil, digest[:], nil)
	if err != nil {
		log.Fatal(err)
	}
	signature, err := miyao.ParseSignature(der)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(public.VerifyMessage(nil, []byte("invoice"), signature))
	// Output: <nil>
}

func ExampleNewEncryptor() {
	kms, end := scratch()
	defer end()
	var file bytes.Buffer
	to, err := miyao.NewEncryptor(&file, miyao.MessageOptions{Recipients: []miyao.Recipient{miyao.ToKey(kms, miyao.Name("orders"))}})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.WriteString(to, "a text of any length"); err != nil {
		log.Fatal(err)
	}
	if err := to.Close(); err != nil { // a message without its end is none
		log.Fatal(err)
	}

	from, err := miyao.NewDecryptor(&file, miyao.OpenOptions{Identities: []miyao.Identity{miyao.ByKMS(kms)}})
	if err != nil {
		log.Fatal(err)
	}
	defer from.Close()
	text, err := io.ReadAll(from)
	fmt.Println(string(text), err)
	// Output: a text of any length <nil>
}

func ExampleNewReader() {
	kms, end := scratch()
	defer end()
	message, err := miyao.EncryptMessage([]byte("read me from anywhere"), miyao.MessageOptions{Recipients: []miyao.Recipient{miyao.ToKey(kms, miyao.Name("orders"))}})
	if err != nil {
		log.Fatal(err)
	}
	r, err := miyao.NewReader(bytes.NewReader(message), int64(len(message)), miyao.OpenOptions{Identities: []miyao.Identity{miyao.ByKMS(kms)}})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	piece := make([]byte, 4)
	n, err := r.ReadAt(piece, 5)
	fmt.Println(r.Size(), string(piece[:n]), err)
	// Output: 21 me f <nil>
}

func ExampleNewGCM() {
	aead, err := miyao.NewGCM(make([]byte, 16)) // a real key is random
	if err != nil {
		log.Fatal(err)
	}
	defer aead.Close()
	var _ cipher.AEAD = aead
	nonce := make([]byte, aead.NonceSize()) // and no nonce comes twice
	sealed := aead.Seal(nil, nonce, []byte("text"), []byte("header"))
	text, err := aead.Open(nil, nonce, sealed, []byte("header"))
	fmt.Println(string(text), err)
	// Output: text <nil>
}

func ExampleSM4() {
	block, err := miyao.NewSM4(make([]byte, 16))
	if err != nil {
		log.Fatal(err)
	}
	defer block.Close()
	text := []byte("two blocks of 16, all at once...")
	cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(text, text)
	cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(text, text)
	fmt.Println(string(text))
	// Output: two blocks of 16, all at once...
}

func ExampleSM3() {
	fmt.Printf("%x\n", miyao.SM3([]byte("abc")))
	// Output: 66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0
}
