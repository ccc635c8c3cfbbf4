// Package bench measures the package for Go beside gmsm, in a module of its own: users of the package do not get the peer.
//
//	go test -bench . -benchmem
package bench

import (
	"crypto/cipher"
	"crypto/rand"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
	"github.com/miyao-kms/miyao/ffi/go"
)

func must[T any](b *testing.B) func(T, error) T {
	return func(value T, err error) T {
		if err != nil {
			b.Fatal(err)
		}
		return value
	}
}

// What Go adds to a call of C: 1,000 calls from each in turns, the median of the rounds. What slows the machine down slows both.
func BenchmarkKMSEncrypt64Border(b *testing.B) {
	directory := b.TempDir()
	store, root := filepath.Join(directory, "store.db"), filepath.Join(directory, "root")
	kms := must[*miyao.KMS](b)(miyao.Init(store, miyao.NewKeyFile(root), "bench"))
	defer kms.Close()
	must[miyao.KeyRecord](b)(kms.Create(miyao.KeyOptions{Name: "orders", Spec: miyao.SpecSM4}))
	key, context := must[*miyao.KeyRef](b)(miyao.ParseKeyRef("orders")), must[*miyao.EncryptionContext](b)(miyao.NewContext(miyao.Pairs{"row": "7"}))
	beside := must[*loop](b)(newLoop(store, root))
	defer beside.close()
	text := make([]byte, 64)
	var c, g []float64
	const times = 1000
	for b.Loop() {
		c = append(c, float64(must[uint64](b)(beside.encrypt(times)))/times)
		begun := time.Now()
		for range times {
			must[[]byte](b)(kms.Encrypt(key, text, context))
		}
		g = append(g, float64(time.Since(begun).Nanoseconds())/times)
	}
	slices.Sort(c)
	slices.Sort(g)
	b.ReportMetric(0, "ns/op") // an operation is both
	b.ReportMetric(c[len(c)/2], "ns/c")
	b.ReportMetric(g[len(g)/2], "ns/go")
}

// What one way into the library and back costs.
func BenchmarkCall(b *testing.B) {
	out := make([]byte, 0)
	for b.Loop() {
		_ = miyao.Random(out)
	}
}

func store(b *testing.B) (*miyao.KMS, *miyao.KeyRef, *miyao.EncryptionContext) {
	directory := b.TempDir()
	kms := must[*miyao.KMS](b)(miyao.Init(filepath.Join(directory, "store.db"), miyao.NewKeyFile(filepath.Join(directory, "root")), "bench"))
	b.Cleanup(func() { kms.Close() })
	for name, spec := range map[string]miyao.Spec{"orders": miyao.SpecSM4, "signer": miyao.SpecSM2Sign} {
		must[miyao.KeyRecord](b)(kms.Create(miyao.KeyOptions{Name: name, Spec: spec}))
	}
	must[[]byte](b)(kms.Encrypt(miyao.Name("orders"), nil, nil)) // the first one reads the key from the store
	return kms, must[*miyao.KeyRef](b)(miyao.ParseKeyRef("orders")), must[*miyao.EncryptionContext](b)(miyao.NewContext(miyao.Pairs{"row": "7"}))
}

func BenchmarkKMSEncrypt64(b *testing.B) {
	kms, key, context := store(b)
	text := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		must[[]byte](b)(kms.Encrypt(key, text, context))
	}
}

func BenchmarkKMSEncrypt64Parallel(b *testing.B) {
	kms, key, context := store(b)
	b.RunParallel(func(pb *testing.PB) {
		text := make([]byte, 64)
		for pb.Next() {
			if _, err := kms.Encrypt(key, text, context); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkKMSEncrypt64ByNameAndMap(b *testing.B) {
	kms, _, _ := store(b)
	text := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		must[[]byte](b)(kms.Encrypt(miyao.Name("orders"), text, miyao.Pairs{"row": "7"}))
	}
}

func BenchmarkKMSDecrypt64(b *testing.B) {
	kms, key, context := store(b)
	token := must[[]byte](b)(kms.Encrypt(key, make([]byte, 64), context))
	b.ReportAllocs()
	for b.Loop() {
		must[[]byte](b)(kms.Decrypt(token, context))
	}
}

func BenchmarkKMSSign64(b *testing.B) {
	kms, _, _ := store(b)
	signer := must[*miyao.KeyRef](b)(miyao.ParseKeyRef("signer"))
	text := make([]byte, 64)
	for b.Loop() {
		if _, _, err := kms.Sign(signer, nil, text); err != nil {
			b.Fatal(err)
		}
	}
}

func seal(b *testing.B, aead cipher.AEAD, size int) {
	text, nonce := make([]byte, size), make([]byte, 12)
	room := make([]byte, 0, size+16)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		aead.Seal(room, nonce, text, nil)
	}
}

func gcm(b *testing.B) (ours, theirs cipher.AEAD) {
	key := make([]byte, 16)
	block := must[cipher.Block](b)(sm4.NewCipher(key))
	return must[*miyao.AEAD](b)(miyao.NewGCM(key)), must[cipher.AEAD](b)(cipher.NewGCM(block))
}

func BenchmarkGCMSeal(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"64", 64}, {"1KiB", 1 << 10}, {"16KiB", 16 << 10}} {
		ours, theirs := gcm(b)
		b.Run(size.name+"/miyao", func(b *testing.B) { seal(b, ours, size.bytes) })
		b.Run(size.name+"/gmsm", func(b *testing.B) { seal(b, theirs, size.bytes) })
	}
}

func BenchmarkSM3(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"64", 64}, {"16KiB", 16 << 10}} {
		text := make([]byte, size.bytes)
		b.Run(size.name+"/miyao", func(b *testing.B) {
			b.SetBytes(int64(size.bytes))
			for b.Loop() {
				miyao.SM3(text)
			}
		})
		b.Run(size.name+"/gmsm", func(b *testing.B) {
			b.SetBytes(int64(size.bytes))
			for b.Loop() {
				sm3.Sum(text)
			}
		})
	}
}

func BenchmarkSM2(b *testing.B) {
	ours := must[*miyao.SM2PrivateKey](b)(miyao.GenerateSM2Key())
	defer ours.Close()
	theirs := must[*sm2.PrivateKey](b)(sm2.NewPrivateKey(must[[]byte](b)(ours.Expose())))
	digest := must[[32]byte](b)(ours.PublicKey().Digest(nil, []byte("message")))
	der := must[[]byte](b)(ours.Sign(nil, digest[:], nil))
	if !sm2.VerifyASN1(&theirs.PublicKey, digest[:], der) {
		b.Fatal("the peer does not verify what is signed here")
	}
	b.Run("Sign/miyao", func(b *testing.B) {
		for b.Loop() {
			must[[]byte](b)(ours.Sign(nil, digest[:], nil))
		}
	})
	b.Run("Sign/gmsm", func(b *testing.B) {
		for b.Loop() {
			must[[]byte](b)(theirs.Sign(rand.Reader, digest[:], nil))
		}
	})
	signature := must[miyao.Signature](b)(miyao.ParseSignature(der))
	b.Run("Verify/miyao", func(b *testing.B) {
		for b.Loop() {
			if err := ours.PublicKey().VerifyDigest(digest[:], signature); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Verify/gmsm", func(b *testing.B) {
		for b.Loop() {
			if !sm2.VerifyASN1(&theirs.PublicKey, digest[:], der) {
				b.Fatal("not verified")
			}
		}
	})
}

// By the item: one call for 64 of them.
func BenchmarkSM2Batch(b *testing.B) {
	key := must[*miyao.SM2PrivateKey](b)(miyao.GenerateSM2Key())
	defer key.Close()
	sign, verify := make([]miyao.SM2ToSign, 64), make([]miyao.SM2ToVerify, 64)
	for i := range sign {
		sign[i] = miyao.SM2ToSign{Key: key, Message: []byte{byte(i)}}
	}
	for i, signature := range must[[]miyao.Signature](b)(miyao.SM2SignBatch(sign)) {
		verify[i] = miyao.SM2ToVerify{Key: key.PublicKey(), Message: sign[i].Message, Signature: signature}
	}
	byItem := func(name string, call func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := call(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(sign)), "ns/item")
		})
	}
	byItem("Sign", func() error { _, err := miyao.SM2SignBatch(sign); return err })
	byItem("Verify", func() error { return miyao.SM2VerifyBatch(verify) })
	prepared := must[*miyao.SM2PreparedPublicKey](b)(key.PublicKey().PrepareFully())
	defer prepared.Close()
	byItem("VerifyPrepared", func() error {
		for i := range verify {
			if err := prepared.VerifyMessage(nil, verify[i].Message, verify[i].Signature); err != nil {
				return err
			}
		}
		return nil
	})
	byItem("Generate", func() error {
		keys, err := miyao.GenerateSM2Keys(len(sign))
		for _, key := range keys {
			key.Close()
		}
		return err
	})
}
