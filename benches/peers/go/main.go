// gmsm, by the interfaces its documentation names: crypto/cipher finds its assembly behind `sm4.NewCipher`.
package main

import (
	"crypto/cipher"
	"crypto/hmac"
	"runtime/debug"

	gm "github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
)

func block(key []byte) cipher.Block {
	block, err := sm4.NewCipher(key)
	must(err == nil, "a key schedule")
	return block
}

// A mode that goes on where it ended unless it is given its nonce again.
func chained(mode cipher.BlockMode) row {
	start := mode.(interface{ SetIV([]byte) })
	return row{work: func(text, _ []byte) bool {
		start.SetIV(nonce)
		mode.CryptBlocks(text, text)
		return true
	}}
}

// In place, gmsm 0.44.1 makes the tag of CCM from the ciphertext, so that nobody else could open it: out of place it is right.
func ccm(key cipher.Block) row {
	aead, err := gm.NewCCM(key)
	must(err == nil, "CCM")
	return row{room: tag, aside: true, work: func(message, out []byte) bool {
		return len(aead.Seal(out[:0], nonce[:12], message[:len(message)-tag], nil)) == len(message)
	}}
}

func sealed(aead cipher.AEAD, err error) (row, row) {
	must(err == nil, "an AEAD")
	seal := func(message, _ []byte) bool {
		text := message[:len(message)-tag]
		aead.Seal(text[:0], nonce[:12], text, nil)
		return true
	}
	open := func(message, _ []byte) bool {
		_, err := aead.Open(message[:0], nonce[:12], message, nil)
		return err == nil
	}
	return row{room: tag, work: seal}, row{room: tag, work: open, seal: seal}
}

// The keys are ready: what gmsm takes for a maker of ciphers gives those that are there.
func xts(data, tweak cipher.Block) row {
	ready := func(key []byte) (cipher.Block, error) {
		if key[0] == keys[0] {
			return data, nil
		}
		return tweak, nil
	}
	return row{work: func(text, _ []byte) bool {
		mode, err := gm.NewXTSEncrypter(ready, keys[:16], keys[16:], nonce)
		mode.CryptBlocks(text, text)
		return err == nil
	}}
}

func hashes(rows map[string]row) {
	mac := hmac.New(sm3.New, keys[:16])
	rows["sm3"] = row{out: 32, work: func(text, out []byte) bool {
		digest := sm3.Sum(text)
		return copy(out, digest[:]) == 32
	}}
	rows["sm3x16"] = row{out: 32 * messages, work: func(text, out []byte) bool {
		size := len(text)/messages - stride
		for at := 0; at < messages; at++ {
			digest := sm3.Sum(text[at*(size+stride):][:size])
			copy(out[32*at:], digest[:])
		}
		return true
	}}
	rows["hmac-sm3"] = row{out: 32, work: func(text, out []byte) bool {
		mac.Reset()
		mac.Write(text)
		mac.Sum(out[:0])
		return true
	}}
}

func version() string {
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == "github.com/emmansun/gmsm" {
			return module.Version
		}
	}
	return ""
}

func main() {
	key := block(keys[:16])
	ecb := gm.NewECBEncrypter(key)
	var fresh cipher.Block
	rows := map[string]row{
		"sm4-key": {
			work: func(_, _ []byte) bool { fresh = block(keys[:16]); return true },
			show: func(text, _ []byte) bool { fresh.Encrypt(text, text); return true },
		},
		"sm4-ecb":         {work: func(text, _ []byte) bool { ecb.CryptBlocks(text, text); return true }},
		"sm4-cbc-encrypt": chained(cipher.NewCBCEncrypter(key, nonce)),
		"sm4-cbc-decrypt": chained(cipher.NewCBCDecrypter(key, nonce)),
		// A stream cannot be given its counter again.
		"sm4-ctr": {work: func(text, _ []byte) bool {
			cipher.NewCTR(key, nonce).XORKeyStream(text, text)
			return true
		}},
		"sm4-xts-encrypt": xts(key, block(keys[16:])),
	}
	rows["sm4-gcm-encrypt"], rows["sm4-gcm-decrypt"] = sealed(cipher.NewGCM(key))
	rows["sm4-ccm-encrypt"] = ccm(key)
	hashes(rows)
	calls(rows)
	serve("gmsm "+version(), rows)
}
