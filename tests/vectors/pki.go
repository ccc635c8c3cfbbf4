// Writes pki.json beside it: what github.com/emmansun/gmsm makes; the output is committed.
//
//	go mod init vectors && go get github.com/emmansun/gmsm@v0.44.1 && go mod tidy && go run pki.go > pki.json
//
// With an argument it reads instead: KIND PASSPHRASE-OR-KEY FILE, and prints the private scalar it found.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"github.com/emmansun/gmsm/pkcs"
	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func scalar(key *sm2.PrivateKey) string { return hex.EncodeToString(key.D.FillBytes(make([]byte, 32))) }

func vectors() {
	var tests []map[string]string
	add := func(kind, with string, key *sm2.PrivateKey, der []byte) {
		tests = append(tests, map[string]string{"kind": kind, "with": with, "d": scalar(key), "der": hex.EncodeToString(der)})
	}
	password := "口令 correct horse"
	for _, encrypter := range []pkcs.PBESEncrypter{
		pkcs.NewPBESEncrypter(pkcs.SM4CBC, pkcs.NewPBKDF2Opts(pkcs.SM3, 8, 2048)),
		pkcs.NewPBESEncrypter(pkcs.SM4CBC, pkcs.NewPBKDF2Opts(pkcs.SM3, 16, 1)),
		pkcs.NewPBESEncrypter(pkcs.SM4CBC, pkcs.NewPBKDF2Opts(pkcs.SHA256, 16, 2048)),
		pkcs.NewSMPBESEncrypter(16, 2048),
		pkcs.NewPBESEncrypter(pkcs.AES256CBC, pkcs.NewPBKDF2Opts(pkcs.SHA256, 16, 2048)),
		pkcs.NewPBESEncrypter(pkcs.SM4CBC, pkcs.NewPBKDF2Opts(pkcs.SHA1, 16, 2048)),
		pkcs.NewPBESEncrypter(pkcs.AES128CBC, pkcs.NewPBKDF2Opts(pkcs.SHA512, 16, 2048)),
		pkcs.NewPBESEncrypter(pkcs.AES192CBC, pkcs.NewPBKDF2Opts(pkcs.SM3, 16, 2048)),
	} {
		key := must(sm2.GenerateKey(rand.Reader))
		add("pkcs8", password, key, must(pkcs8.MarshalPrivateKey(key, []byte(password), encrypter)))
	}
	for _, encrypter := range []pkcs.PBESEncrypter{
		pkcs.NewPBESEncrypter(pkcs.AES256GCM, pkcs.NewPBKDF2Opts(pkcs.SHA256, 16, 2048)),
		pkcs.NewPBESEncrypter(pkcs.SM4GCM, pkcs.NewPBKDF2Opts(pkcs.SM3, 16, 2048)),
		pkcs.NewPBESEncrypter(pkcs.SM4CBC, pkcs.NewPBKDF2Opts(pkcs.SHA384, 16, 2048)),
		pkcs.NewPBESEncrypter(pkcs.SM4CBC, pkcs.NewScryptOpts(16, 2, 8, 1)),
	} {
		key := must(sm2.GenerateKey(rand.Reader))
		add("unsupported", password, key, must(pkcs8.MarshalPrivateKey(key, []byte(password), encrypter)))
	}
	for range 3 {
		own, key := must(sm2.GenerateKey(rand.Reader)), must(sm2.GenerateKey(rand.Reader))
		add("enveloped", scalar(own), key, must(sm2.MarshalEnvelopedPrivateKey(rand.Reader, &own.PublicKey, key)))
		add("plain", "", key, must(smx509.MarshalPKCS8PrivateKey(key)))
		add("sec1", "", key, must(smx509.MarshalSM2PrivateKey(key)))
		add("spki", "", key, must(smx509.MarshalPKIXPublicKey(&key.PublicKey)))
	}
	fmt.Print("{\n \"source\": \"github.com/emmansun/gmsm v0.44.1, by pki.go beside it\",\n \"tests\": [")
	for i, test := range tests {
		fmt.Printf("%s\n  %s", map[bool]string{true: ",", false: ""}[i > 0], must(json.Marshal(test)))
	}
	fmt.Println("\n ]\n}")
}

func main() {
	if len(os.Args) != 4 {
		vectors()
		return
	}
	kind, with, der := os.Args[1], os.Args[2], must(os.ReadFile(os.Args[3]))
	switch kind {
	case "pkcs8":
		fmt.Println(scalar(must(pkcs8.ParsePKCS8PrivateKeySM2(der, []byte(with)))))
	case "enveloped":
		own := must(sm2.NewPrivateKey(must(hex.DecodeString(with))))
		fmt.Println(scalar(must(sm2.ParseEnvelopedPrivateKey(own, der))))
	}
}
