// Writes certificates.json beside it: what github.com/emmansun/gmsm makes; the output is committed.
//
//	go mod init vectors && go get github.com/emmansun/gmsm@v0.44.1 && go run certificates.go > certificates.json
//
// With arguments it reads instead: ROOT MIDDLE LEAF REQUEST LIST, all PEM, and verifies the chain, the request and the
// list of MIDDLE.
package main

import (
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var from, until = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2055, 12, 31, 23, 59, 59, 0, time.UTC)

func named(name string, serial int64) *smx509.Certificate {
	return &smx509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: from, NotAfter: until,
		Subject: pkix.Name{Country: []string{"CN"}, Organization: []string{"密钥"}, CommonName: name},
	}
}

func write() {
	var tests []map[string]string
	key := func() *sm2.PrivateKey { return must(sm2.GenerateKey(rand.Reader)) }
	add := func(name string, key *sm2.PrivateKey, der []byte) {
		d := hex.EncodeToString(key.D.FillBytes(make([]byte, 32)))
		tests = append(tests, map[string]string{"name": name, "d": d, "der": hex.EncodeToString(der)})
	}
	issue := func(template, issuer *smx509.Certificate, own, above *sm2.PrivateKey) *smx509.Certificate {
		der := must(smx509.CreateCertificate(rand.Reader, template, issuer, &own.PublicKey, above))
		add(template.Subject.CommonName, own, der)
		return must(smx509.ParseCertificate(der))
	}
	rootKey, middleKey, signKey, encryptKey := key(), key(), key(), key()
	root := named("root", 1)
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, smx509.KeyUsageCertSign|smx509.KeyUsageCRLSign
	root = issue(root, root, rootKey, rootKey)
	middle := named("middle", 1<<62)
	middle.IsCA, middle.BasicConstraintsValid, middle.MaxPathLenZero = true, true, true
	middle.KeyUsage = smx509.KeyUsageCertSign | smx509.KeyUsageCRLSign
	middle = issue(middle, root, middleKey, rootKey)
	sign := named("signing", 128)
	sign.KeyUsage = smx509.KeyUsageDigitalSignature | smx509.KeyUsageContentCommitment
	sign.ExtKeyUsage = []smx509.ExtKeyUsage{smx509.ExtKeyUsageServerAuth}
	sign.DNSNames, sign.IPAddresses = []string{"a.example"}, []net.IP{net.IPv4(10, 0, 0, 1)}
	issue(sign, middle, signKey, middleKey)
	encrypt := named("encryption", 129)
	encrypt.KeyUsage = smx509.KeyUsageKeyEncipherment | smx509.KeyUsageDataEncipherment | smx509.KeyUsageKeyAgreement
	issue(encrypt, middle, encryptKey, middleKey)
	request := &smx509.CertificateRequest{Subject: sign.Subject, DNSNames: sign.DNSNames}
	add("request", signKey, must(smx509.CreateCertificateRequest(rand.Reader, request, signKey)))
	list := &smx509.RevocationList{
		Number: big.NewInt(7), ThisUpdate: from, NextUpdate: until,
		RevokedCertificateEntries: []smx509.RevocationListEntry{{SerialNumber: big.NewInt(129), RevocationTime: from, ReasonCode: 1}},
	}
	add("list", middleKey, must(smx509.CreateRevocationList(rand.Reader, list, middle, middleKey)))
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	check(out.Encode(map[string]any{"source": "github.com/emmansun/gmsm v0.44.1", "tests": tests}))
}

func read(names []string) {
	block := func(name string) []byte {
		found, _ := pem.Decode(must(os.ReadFile(name)))
		return found.Bytes
	}
	root, middle := must(smx509.ParseCertificate(block(names[0]))), must(smx509.ParseCertificate(block(names[1])))
	leaf := must(smx509.ParseCertificate(block(names[2])))
	options := smx509.VerifyOptions{
		Roots: smx509.NewCertPool(), Intermediates: smx509.NewCertPool(),
		CurrentTime: leaf.NotBefore, KeyUsages: []smx509.ExtKeyUsage{smx509.ExtKeyUsageAny},
	}
	options.Roots.AddCert(root)
	options.Intermediates.AddCert(middle)
	chains := must(leaf.Verify(options))
	request := must(smx509.ParseCertificateRequest(block(names[3])))
	check(request.CheckSignature())
	list := must(smx509.ParseRevocationList(block(names[4])))
	check(list.CheckSignatureFrom(middle))
	fmt.Println(len(chains), "chain:", leaf.Subject, leaf.DNSNames, request.DNSNames, len(list.RevokedCertificateEntries), "revoked")
}

func main() {
	if len(os.Args) == 6 {
		read(os.Args[1:])
	} else {
		write()
	}
}
