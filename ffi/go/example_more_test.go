package miyao_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/miyao-kms/miyao/ffi/go"
)

func ExampleKMS_Backup() {
	kms, end := scratch()
	defer end()
	token, err := kms.Encrypt(miyao.Name("orders"), []byte("text"), nil)
	if err != nil {
		log.Fatal(err)
	}
	keeper, err := miyao.GenerateSM2Key() // kept elsewhere: whoever has it and the backup has every key
	if err != nil {
		log.Fatal(err)
	}
	defer keeper.Close()
	var file bytes.Buffer
	if _, err := kms.Backup(&file, miyao.MessageOptions{Recipients: []miyao.Recipient{miyao.ToSM2(keeper.PublicKey())}}); err != nil {
		log.Fatal(err)
	}
	by := miyao.OpenOptions{Identities: []miyao.Identity{miyao.BySM2(keeper)}}
	held, err := miyao.VerifyBackup(bytes.NewReader(file.Bytes()), by)
	fmt.Println(held.Keys, held.Versions, err)

	directory, err := os.MkdirTemp("", "miyao")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(directory)
	again, _, err := miyao.Restore(filepath.Join(directory, "store.db"), miyao.NewKeyFile(filepath.Join(directory, "root.key")), "service:restore", &file, by)
	if err != nil {
		log.Fatal(err)
	}
	defer again.Close()
	text, err := again.Decrypt(token, nil)
	fmt.Println(string(text), err)
	// Output:
	// 1 1 <nil>
	// text <nil>
}

func ExampleKMS_SignReader() {
	kms, end := scratch()
	defer end()
	if _, err := kms.Create(miyao.KeyOptions{Name: "releases", Spec: miyao.SpecSM2Sign}); err != nil {
		log.Fatal(err)
	}
	signature, version, err := kms.SignReader(miyao.Name("releases"), nil, strings.NewReader("a file of any length"))
	if err != nil {
		log.Fatal(err)
	}
	proof, err := kms.VerifyReader(miyao.Name("releases"), nil, strings.NewReader("a file of any length"), signature)
	fmt.Println(version, proof.Version, err)
	// Output: 1 1 <nil>
}

// A root moves from a file into an encryption machine; what was encrypted before opens as before.
func ExampleKMS_MigrateRoot() {
	kms, err := miyao.Open("/var/lib/orders/store.db", miyao.KeyFile("/etc/orders/root.key"), "admin:root")
	if errors.Is(err, miyao.ErrMissing) {
		return // this is an example alone
	}
	if err != nil {
		log.Fatal(err)
	}
	defer kms.Close()
	device, err := miyao.OpenDevice("pkcs11:token=kms?module-path=/usr/lib/vendor.so&pin-source=file:/etc/pin", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer device.Close()
	change, err := kms.MigrateRoot(device)
	if errors.Is(err, miyao.ErrUnavailable) {
		change, err = kms.ResumeRoot(device)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the store is under key", change.Root.ID, "in", change.Root.Device)
}

func ExampleSM2VerifyBatch() {
	key, err := miyao.GenerateSM2Key()
	if err != nil {
		log.Fatal(err)
	}
	defer key.Close()
	sign := make([]miyao.SM2ToSign, 100)
	for i := range sign {
		sign[i] = miyao.SM2ToSign{Key: key, Message: fmt.Append(nil, "message ", i)}
	}
	signatures, err := miyao.SM2SignBatch(sign)
	if err != nil {
		log.Fatal(err)
	}
	verify := make([]miyao.SM2ToVerify, len(sign))
	for i := range verify {
		verify[i] = miyao.SM2ToVerify{Key: key.PublicKey(), Message: sign[i].Message, Signature: signatures[i]}
	}
	fmt.Println(miyao.SM2VerifyBatch(verify))

	verify[7].Message = []byte("another")
	err = miyao.SM2VerifyBatch(verify)
	var failed *miyao.BatchError
	if errors.As(err, &failed) {
		for i, err := range failed.Items {
			if err != nil {
				fmt.Println(i, err)
			}
		}
	}
	// Output:
	// <nil>
	// 7 miyao: rejected: wrong key, wrong context or altered bytes
}

// A key that many signatures are verified under is prepared once.
func ExampleSM2PublicKey_PrepareFully() {
	key, err := miyao.GenerateSM2Key()
	if err != nil {
		log.Fatal(err)
	}
	defer key.Close()
	prepared, err := key.PublicKey().PrepareFully()
	if err != nil {
		log.Fatal(err)
	}
	defer prepared.Close()
	for i := range 3 {
		message := []byte{byte(i)}
		signature, err := key.SignMessage(nil, message)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(prepared.VerifyMessage(nil, message, signature))
	}
	// Output:
	// <nil>
	// <nil>
	// <nil>
}

func ExampleSM2PublicKey_NewDigest() {
	key, err := miyao.GenerateSM2Key()
	if err != nil {
		log.Fatal(err)
	}
	defer key.Close()
	digest, err := key.PublicKey().NewDigest(nil) // of a message that comes in pieces
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.Copy(digest, strings.NewReader("a file of any length")); err != nil {
		log.Fatal(err)
	}
	signature, err := key.SignDigest(digest.Sum(nil))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.PublicKey().VerifyMessage(nil, []byte("a file of any length"), signature))
	// Output: <nil>
}

func ExampleRequestDraft_Sign() {
	key, err := miyao.GenerateSM2Key()
	if err != nil {
		log.Fatal(err)
	}
	defer key.Close()
	request, err := miyao.RequestDraft{
		Subject:          "CN=host.example,O=Example,C=CN",
		AlternativeNames: []string{"dns:host.example", "ip:10.0.0.1"},
		KeyUsage:         miyao.KeyUsageDigitalSignature,
		Purposes:         []string{"serverAuth"},
	}.Sign(key, nil)
	if err != nil {
		log.Fatal(err)
	}
	_ = request.PEM() // goes to the authority, which reads it
	_, err = request.Verify(nil)
	fmt.Println(request.UnverifiedSubject(), err)
	// Output: CN=host.example,O=Example,C=CN <nil>
}

// An authority issues a certificate for a request, and what its holder signs is verified up to the authority's root.
func ExampleCertificateTemplate_Issue() {
	keys, err := miyao.GenerateSM2Keys(2)
	if err != nil {
		log.Fatal(err)
	}
	for _, key := range keys {
		defer key.Close()
	}
	now := time.Now()
	root := miyao.CertificateTemplate{Role: miyao.AuthorityCertificate, Subject: "CN=root,O=Example,C=CN", NotBefore: now, NotAfter: now.AddDate(10, 0, 0)}
	authority := miyao.CertifiedKey{Key: keys[0]}
	if authority.Certificate, err = root.SelfSign(keys[0], nil); err != nil {
		log.Fatal(err)
	}

	request, err := miyao.RequestDraft{Subject: "CN=orders,O=Example,C=CN"}.Sign(keys[1], nil)
	if err != nil {
		log.Fatal(err)
	}
	public, err := request.Verify(nil) // who asks has the private half; whether the name is his, the authority finds out
	if err != nil {
		log.Fatal(err)
	}
	signing := miyao.CertificateTemplate{Role: miyao.SigningCertificate, Subject: request.UnverifiedSubject(), NotBefore: now, NotAfter: now.AddDate(1, 0, 0)}
	orders := miyao.CertifiedKey{Key: keys[1]}
	if orders.Certificate, err = signing.Issue(public, authority, nil); err != nil {
		log.Fatal(err)
	}

	message, err := miyao.CMSSign([]byte("an order"), []miyao.CertifiedKey{orders}, nil)
	if err != nil {
		log.Fatal(err)
	}
	brought, err := miyao.CMSUnverifiedCertificates(message) // by whomever: each is asked for its path below
	if err != nil {
		log.Fatal(err)
	}
	read, err := miyao.CMSVerify(message, nil, brought)
	if err != nil {
		log.Fatal(err)
	}
	trust, err := miyao.NewTrust(miyao.TrustOptions{Anchors: []*miyao.Certificate{authority.Certificate}})
	if err != nil {
		log.Fatal(err)
	}
	for _, signer := range read.Signers {
		path, err := trust.Verify(signer, miyao.PurposeSigning, time.Time{})
		fmt.Println(string(read.Content), "by", signer.Subject(), len(path), err)
	}
	// Output: an order by CN=orders,O=Example,C=CN 2 <nil>
}

// A digital envelope (数字信封) for the holder of an encryption certificate.
func ExampleCMSSeal() {
	key, err := miyao.GenerateSM2Key()
	if err != nil {
		log.Fatal(err)
	}
	defer key.Close()
	now := time.Now()
	template := miyao.CertificateTemplate{Role: miyao.EncryptionCertificate, Subject: "CN=orders", NotBefore: now, NotAfter: now.AddDate(1, 0, 0)}
	certificate, err := template.SelfSign(key, nil) // or an authority's, whose path was verified for PurposeEncryption
	if err != nil {
		log.Fatal(err)
	}
	message, err := miyao.CMSSeal([]byte("an order"), []*miyao.Certificate{certificate}, nil)
	if err != nil {
		log.Fatal(err)
	}
	content, err := miyao.CMSOpen(message, miyao.CertifiedKey{Certificate: certificate, Key: key})
	fmt.Println(string(content), err)
	// Output: an order <nil>
}

func ExampleInspectFile() {
	key, err := miyao.GenerateSM2Key()
	if err != nil {
		log.Fatal(err)
	}
	defer key.Close()
	found, err := miyao.InspectFile(fmt.Appendf(nil, "%x\n", key.PublicKey().Bytes())) // as some device may print it
	if err != nil {
		log.Fatal(err)
	}
	defer found.Close()
	report, err := found.Report()
	if err != nil {
		log.Fatal(err)
	}
	pem, err := found.Convert("spki", miyao.ArmorPEM)
	if err != nil {
		log.Fatal(err)
	}
	first, _, _ := strings.Cut(string(pem), "\n")
	fmt.Println(report.Kind, report.Form, first)
	// Output: public-key point -----BEGIN PUBLIC KEY-----
}

func ExampleSM4Stream() {
	key, iv := make([]byte, 16), make([]byte, 16) // real ones are random
	stream, err := miyao.NewSM4Encrypter(key, miyao.CBCPKCS7, iv)
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	var out []byte
	for _, piece := range []string{"a text that ", "comes in ", "pieces"} {
		if out, err = stream.Update(out, []byte(piece)); err != nil {
			log.Fatal(err)
		}
	}
	out, err = stream.Finish(out)
	fmt.Println(len(out), err)
	// Output: 32 <nil>
}

func ExampleAEADEncrypter() {
	key, nonce := make([]byte, 16), make([]byte, 12) // real ones are random
	aead, err := miyao.NewGCM(key)
	if err != nil {
		log.Fatal(err)
	}
	defer aead.Close()
	encrypter, err := aead.NewGCMEncrypter(nonce, []byte("context"))
	if err != nil {
		log.Fatal(err)
	}
	defer encrypter.Close()
	var sealed []byte
	for _, piece := range []string{"a text that ", "comes in ", "pieces"} {
		if sealed, err = encrypter.Update(sealed, []byte(piece)); err != nil {
			log.Fatal(err)
		}
	}
	if sealed, err = encrypter.Finish(sealed); err != nil {
		log.Fatal(err)
	}
	text, err := aead.Open(nil, nonce, sealed, []byte("context"))
	fmt.Println(string(text), err)
	// Output: a text that comes in pieces <nil>
}
