// SM2 of gmsm, by the interfaces its documentation names. It gives an empty user id the default one.
package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/asn1"
	"math/big"

	"github.com/emmansun/gmsm/ecdh"
	"github.com/emmansun/gmsm/pkcs"
	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

var (
	id      = []byte("1234567812345678")
	plain   = keys
	splice  = sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2)
	unsplit = sm2.NewPlainDecrypterOpts(sm2.C1C3C2)
)

func private(d []byte) *sm2.PrivateKey {
	key, err := sm2.NewPrivateKey(d)
	must(err == nil, "a private key")
	return key
}

func public(point []byte) *ecdsa.PublicKey {
	key, err := sm2.NewPublicKey(point)
	must(err == nil, "a public key")
	return key
}

func dhPrivate(d []byte) *ecdh.PrivateKey {
	key, err := ecdh.P256().NewPrivateKey(d)
	must(err == nil, "a private key")
	return key
}

func dhPublic(point []byte) *ecdh.PublicKey {
	key, err := ecdh.P256().NewPublicKey(point)
	must(err == nil, "a public key")
	return key
}

func sign(key *sm2.PrivateKey, id, message []byte) []byte {
	signature, err := key.SignWithSM2(rand.Reader, id, message)
	must(err == nil, "a signature")
	return signature
}

// The key of 16 bytes that both sides get.
func exchange(isResponder bool, key, ephemeral *ecdh.PrivateKey, peer, point *ecdh.PublicKey) []byte {
	shared, err := key.SM2MQV(ephemeral, peer, point)
	must(err == nil, "a shared point")
	agreed, err := shared.SM2SharedKey(isResponder, 16, key.PublicKey(), peer, id, id)
	must(err == nil, "a shared key")
	return agreed
}

func calls(rows map[string]row) {
	key := private(keys)
	signature := sign(key, id, plain)
	hidden, err := sm2.Encrypt(rand.Reader, &key.PublicKey, plain, splice)
	must(err == nil, "a ciphertext")
	own, peer, point := dhPrivate(keys), fresh(), fresh().PublicKey()
	call := func(name string, work func() bool) {
		rows[name] = row{isCall: true, work: func(_, _ []byte) bool { return work() }}
	}
	call("sm2-keygen", func() bool {
		_, err := sm2.GenerateKey(rand.Reader)
		return err == nil
	})
	call("sm2-sign", func() bool { return len(sign(key, id, plain)) > 0 })
	call("sm2-verify", func() bool { return sm2.VerifyASN1WithSM2(&key.PublicKey, id, plain, signature) })
	call("sm2-encrypt", func() bool {
		_, err := sm2.Encrypt(rand.Reader, &key.PublicKey, plain, splice)
		return err == nil
	})
	call("sm2-decrypt", func() bool {
		_, err := key.Decrypt(nil, hidden, unsplit)
		return err == nil
	})
	call("sm2-ecdh", func() bool {
		_, err := own.ECDH(peer.PublicKey())
		return err == nil
	})
	call("sm2-exchange", func() bool {
		return len(exchange(false, own, fresh(), peer.PublicKey(), point)) == 16
	})
}

func fresh() *ecdh.PrivateKey {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	must(err == nil, "a fresh key")
	return key
}

// The scalar of a key file, encrypted or not.
func unsealed(der, passphrase []byte) []byte {
	key, _, err := pkcs8.ParsePrivateKey(der, passphrase)
	if err != nil {
		return nil
	}
	return key.(*sm2.PrivateKey).D.FillBytes(make([]byte, 32))
}

type numbers struct{ R, S *big.Int }

// A question with its fields, and what it is answered with: nothing where it is refused.
var questions = map[string]func(f [][]byte) []byte{
	"sm2-public": func(f [][]byte) []byte { return dhPrivate(f[0]).PublicKey().Bytes() },
	"sm2-sign": func(f [][]byte) []byte {
		var read numbers
		_, err := asn1.Unmarshal(sign(private(f[0]), f[1], f[2]), &read)
		must(err == nil, "a signature")
		raw := make([]byte, 64)
		read.R.FillBytes(raw[:32])
		read.S.FillBytes(raw[32:])
		return raw
	},
	"sm2-verify": func(f [][]byte) []byte {
		read := numbers{new(big.Int).SetBytes(f[3][:32]), new(big.Int).SetBytes(f[3][32:])}
		signature, err := asn1.Marshal(read)
		must(err == nil, "a signature")
		if sm2.VerifyASN1WithSM2(public(f[0]), f[1], f[2], signature) {
			return []byte{1}
		}
		return []byte{0}
	},
	"sm2-encrypt": func(f [][]byte) []byte {
		hidden, err := sm2.Encrypt(rand.Reader, public(f[0]), f[1], splice)
		must(err == nil, "a ciphertext")
		return hidden
	},
	"sm2-decrypt": func(f [][]byte) []byte {
		text, err := private(f[0]).Decrypt(nil, f[1], unsplit)
		if err != nil {
			return nil
		}
		return text
	},
	"sm2-pkcs8": func(f [][]byte) []byte {
		der, err := smx509.MarshalPKCS8PrivateKey(private(f[0]))
		must(err == nil, "a key file")
		return der
	},
	"sm2-read-pkcs8": func(f [][]byte) []byte { return unsealed(f[0], nil) },
	"sm2-spki": func(f [][]byte) []byte {
		der, err := smx509.MarshalPKIXPublicKey(public(f[0]))
		must(err == nil, "a key file")
		return der
	},
	"sm2-read-spki": func(f [][]byte) []byte {
		key, err := smx509.ParsePKIXPublicKey(f[0])
		if err != nil {
			return nil
		}
		point, err := sm2.PublicKeyToECDH(key.(*ecdsa.PublicKey))
		must(err == nil, "a public key")
		return point.Bytes()
	},
	"sm2-seal": func(f [][]byte) []byte {
		der, err := pkcs8.MarshalPrivateKey(private(f[0]), f[1], pkcs.NewSMPBESEncrypter(16, 2048))
		must(err == nil, "a key file")
		return der
	},
	"sm2-unseal": func(f [][]byte) []byte { return unsealed(f[0], f[1]) },
	"sm2-ecdh": func(f [][]byte) []byte {
		shared, err := dhPrivate(f[0]).ECDH(dhPublic(f[1]))
		must(err == nil, "a shared value")
		return shared
	},
	"sm2-exchange": func(f [][]byte) []byte {
		return exchange(f[0][0] == 1, dhPrivate(f[1]), dhPrivate(f[2]), dhPublic(f[3]), dhPublic(f[4]))
	},
}
