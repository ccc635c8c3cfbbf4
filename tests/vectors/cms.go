// Writes cms_gmsm.json beside it: messages of github.com/emmansun/gmsm in each of its ways; the output is committed.
//
//	go mod init vectors && go get github.com/emmansun/gmsm@v0.44.1 && go run cms.go > cms_gmsm.json
//
// With arguments it reads instead: signed|enveloped|both FILE [CERTIFICATE SCALAR], all but the scalar files in DER. It
// verifies every signature of the standard input's content where the message has none of its own, and prints the
// content in hexadecimal.
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"time"

	"github.com/emmansun/gmsm/cfca"
	"github.com/emmansun/gmsm/pkcs"
	"github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

type holder struct {
	key  *sm2.PrivateKey
	cert *smx509.Certificate
}

func certified(name string, serial *big.Int, issuer *holder) *holder {
	key := must(sm2.GenerateKey(rand.Reader))
	template := &smx509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"密钥 vectors"}},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
		BasicConstraintsValid: true, IsCA: issuer == nil, SubjectKeyId: []byte("key of " + name),
	}
	made := &holder{key: key}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	made.cert = must(smx509.ParseCertificate(must(smx509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer))))
	return made
}

func scalar(key *sm2.PrivateKey) string { return hex.EncodeToString(key.D.FillBytes(make([]byte, 32))) }

var tests []map[string]any

func add(kind, way string, content, der []byte, holders ...*holder) {
	test := map[string]any{"kind": kind, "way": way, "content": hex.EncodeToString(content), "der": hex.EncodeToString(der)}
	list := []map[string]string{}
	for _, holder := range holders {
		list = append(list, map[string]string{"certificate": hex.EncodeToString(holder.cert.Raw), "d": scalar(holder.key)})
	}
	test["holders"] = list
	tests = append(tests, test)
}

func vectors() {
	ca := certified("issuer", big.NewInt(1), nil)
	one, two := certified("one", big.NewInt(0x80), ca), certified("two", new(big.Int).Lsh(big.NewInt(0xabcd), 100), ca)
	content := []byte("内容 content")
	sm3 := func(sd *pkcs7.SignedData, err error) *pkcs7.SignedData {
		sd = must(sd, err)
		sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSM3)
		return sd
	}
	type maker = func([]byte) *pkcs7.SignedData
	ways := []struct {
		name string
		make maker
	}{
		{"standard", func(c []byte) *pkcs7.SignedData { return must(pkcs7.NewSMSignedData(c)) }},
		{"pkcs7", func(c []byte) *pkcs7.SignedData { return sm3(pkcs7.NewSignedData(c)) }},
	}
	plain := pkcs7.SignerInfoConfig{}
	for _, way := range ways {
		for _, text := range [][]byte{content, {}, bytes.Repeat([]byte("x"), 300)} {
			sd := way.make(text)
			check(sd.AddSigner(one.cert, one.key, plain))
			add("signed", way.name+" attributes", text, must(sd.Finish()), one)
			if len(text) == 0 {
				continue // gmsm signs no empty message
			}
			sd = way.make(text)
			check(sd.SignWithoutAttr(one.cert, one.key, plain))
			add("signed", way.name+" content", text, must(sd.Finish()), one)
		}
		sd := way.make(content)
		check(sd.AddSigner(one.cert, one.key, plain))
		sd.Detach()
		add("detached", way.name+" attributes", content, must(sd.Finish()), one)
		sd = way.make(content)
		check(sd.SignWithoutAttr(one.cert, one.key, plain))
		sd.Detach()
		add("detached", way.name+" content", content, must(sd.Finish()), one)
		sd = way.make(content)
		extra := pkcs7.SignerInfoConfig{
			ExtraSignedAttributes:   []pkcs7.Attribute{{Type: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: "signed"}},
			ExtraUnsignedAttributes: []pkcs7.Attribute{{Type: asn1.ObjectIdentifier{1, 2, 3, 5}, Value: "unsigned"}},
		}
		check(sd.AddSignerChain(one.cert, one.key, []*smx509.Certificate{ca.cert}, extra))
		check(sd.AddSigner(two.cert, two.key, plain))
		add("signed", way.name+" two signers", content, must(sd.Finish()), one, two)
		sd = way.make(content)
		check(sd.AddSigner(two.cert, two.key, pkcs7.SignerInfoConfig{SkipCertificates: true}))
		add("bare", way.name+" attributes", content, must(sd.Finish()), two)
	}
	add("signed", "standard cfca", content, must(cfca.SignMessageAttach(content, one.cert, one.key)), one)
	add("unsigned", "pkcs7", nil, must(pkcs7.DegenerateCertificate(append(one.cert.Raw, ca.cert.Raw...))), one, ca)

	both := []*smx509.Certificate{one.cert, two.cert}
	for _, text := range [][]byte{content, {}, bytes.Repeat([]byte("y"), 300), bytes.Repeat([]byte("z"), 16)} {
		add("enveloped", "standard", text, must(pkcs7.EncryptSM(pkcs.SM4CBC, text, both)), one, two)
		add("enveloped", "pkcs7", text, must(pkcs7.Encrypt(pkcs.SM4CBC, text, both)), one, two)
		add("enveloped", "cfca", text, must(cfca.EnvelopeMessageLegacy(pkcs.SM4CBC, text, both)), one, two)
		add("enveloped", "standard key identifiers", text, must(cfca.EnvelopeMessage(pkcs.SM4CBC, text, both)), one, two)
	}
	add("unsupported", "SM4-GCM", content, must(pkcs7.EncryptSM(pkcs.SM4GCM, content, both)), one)
	add("unsupported", "SM4-ECB", content, must(pkcs7.EncryptSM(pkcs.SM4ECB, content, both)), one)
	for _, way := range []struct {
		name string
		made *pkcs7.SignedAndEnvelopedData
	}{
		{"standard", must(pkcs7.NewSMSignedAndEnvelopedData(content, pkcs.SM4CBC))},
		{"pkcs7", must(pkcs7.NewSignedAndEnvelopedData(content, pkcs.SM4CBC))},
	} {
		way.made.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSM3)
		check(way.made.AddSigner(one.cert, one.key))
		check(way.made.AddRecipient(two.cert))
		check(way.made.AddRecipient(one.cert))
		add("both", way.name, content, must(way.made.Finish()), one, two)
	}
	fmt.Print("{\n \"source\": \"github.com/emmansun/gmsm v0.44.1, by cms.go beside it\",\n \"tests\": [")
	for i, test := range tests {
		fmt.Printf("%s\n  %s", map[bool]string{true: ",", false: ""}[i > 0], must(json.Marshal(test)))
	}
	fmt.Println("\n ]\n}")
}

func main() {
	if len(os.Args) < 3 {
		vectors()
		return
	}
	message := must(pkcs7.Parse(must(os.ReadFile(os.Args[2]))))
	reader := func() (*smx509.Certificate, *sm2.PrivateKey) {
		return must(smx509.ParseCertificate(must(os.ReadFile(os.Args[3])))), must(sm2.NewPrivateKey(must(hex.DecodeString(os.Args[4]))))
	}
	switch os.Args[1] {
	case "signed":
		if message.Content == nil {
			message.Content = must(io.ReadAll(os.Stdin))
		}
		check(message.Verify())
		fmt.Println(hex.EncodeToString(message.Content))
	case "enveloped":
		cert, key := reader()
		fmt.Println(hex.EncodeToString(must(message.Decrypt(cert, key))))
	case "both":
		cert, key := reader()
		fmt.Println(hex.EncodeToString(must(message.DecryptAndVerify(cert, key, message.Verify))))
	}
}
