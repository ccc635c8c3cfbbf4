// Command adapter answers one request of the conformance protocol a line: ok key=hex …, bad, or unsup for what this package has not.
//
// It knows the package's public interface alone. Nonces are nobody's to give there, so signk and enck are answered with unsup.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/miyao-kms/miyao/ffi/go"
)

// most is how many bytes and iterations one request may ask for: a reply takes less than 20 s.
const most = 1 << 28

// refused is the answer bad, thrown by whatever reads a field that is not there or fails.
type refused struct{}

type reply []string

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadString('\n')
		if text := answer(strings.TrimSpace(line)); line != "" {
			fmt.Println(text)
		}
		if err != nil {
			return
		}
	}
}

func answer(line string) (text string) {
	defer func() {
		if cause := recover(); cause != nil {
			if _, ok := cause.(refused); !ok {
				panic(cause)
			}
			text = "bad"
		}
	}()
	words := strings.Fields(line)
	if len(words) == 0 {
		return "unsup"
	}
	r := request{}
	for _, word := range words[1:] {
		if key, value, ok := strings.Cut(word, "="); ok {
			r[key] = value
		}
	}
	for _, group := range []func(string, request) (reply, bool){hashes, ciphers, signatures, keys, certificates} {
		if out, known := group(words[0], r); known {
			return strings.Join(append(reply{"ok"}, out...), " ")
		}
	}
	return "unsup"
}

type request map[string]string

func (r request) bytes(key string) []byte { return ok(hex.DecodeString(r[key])) }

func (r request) number(key string) int {
	n := ok(strconv.Atoi(r[key]))
	if n < 0 || n > most {
		panic(refused{})
	}
	return n
}

func (r request) private(key string) *miyao.SM2PrivateKey {
	return ok(miyao.NewSM2PrivateKey(r.bytes(key)))
}

func (r request) public(key string) *miyao.SM2PublicKey {
	return ok(miyao.NewSM2PublicKey(r.bytes(key)))
}

func ok[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(refused{})
	}
}

func field(name string, bytes []byte) string { return name + "=" + hex.EncodeToString(bytes) }

func hashes(op string, r request) (reply, bool) {
	switch op {
	case "info":
		return reply{field("ver", []byte(miyao.Version()))}, true
	case "sm3":
		digest := miyao.SM3(r.bytes("m"))
		return reply{field("md", digest[:])}, true
	case "sm3s":
		message, hash := r.bytes("m"), miyao.NewSM3()
		for _, count := range strings.Split(r["counts"], ",") {
			if count == "" {
				continue
			}
			n := ok(strconv.Atoi(count))
			if n < 0 || n > len(message) {
				panic(refused{})
			}
			ok(hash.Write(message[:n]))
			message = message[n:]
		}
		ok(hash.Write(message))
		return reply{field("md", hash.Sum(nil))}, true
	case "sm3r":
		chunk, hash := bytes.Repeat(r.bytes("byte"), 1<<16), miyao.NewSM3()
		left := ok(strconv.ParseInt(r["count"], 10, 64))
		if len(chunk) != 1<<16 || left < 0 || left > 1<<32 {
			panic(refused{})
		}
		for left > 0 {
			n := min(left, int64(len(chunk)))
			ok(hash.Write(chunk[:n]))
			left -= n
		}
		return reply{field("md", hash.Sum(nil))}, true
	case "hmac":
		mac := miyao.HMAC(r.bytes("k"), r.bytes("m"))
		return reply{field("mac", mac[:])}, true
	case "cmac":
		mac := ok(miyao.CMAC(r.bytes("k"), r.bytes("m")))
		return reply{field("mac", mac[:])}, true
	case "hkdf":
		out := make([]byte, r.number("n"))
		check(miyao.HKDF(r.bytes("s"), r.bytes("k"), r.bytes("i"), out))
		return reply{field("okm", out)}, true
	case "pbkdf2":
		out, iterations := make([]byte, r.number("n")), r.number("c")
		if iterations > 10_000_000 {
			panic(refused{})
		}
		check(miyao.PBKDF2(r.bytes("p"), r.bytes("s"), uint32(iterations), out))
		return reply{field("dk", out)}, true
	case "kdf":
		out := make([]byte, r.number("n"))
		check(miyao.KDF(r.bytes("z"), out))
		return reply{field("k", out)}, true
	}
	return nil, false
}

var modes = map[string]miyao.Mode{
	"ecb": miyao.ECB, "ecb7": miyao.ECBPKCS7, "cbc": miyao.CBC, "cbc7": miyao.CBCPKCS7,
	"cfb": miyao.CFB, "cfb8": miyao.CFB8, "ofb": miyao.OFB, "ctr": miyao.CTR,
}

func ciphers(op string, r request) (reply, bool) {
	if op != "sm4" {
		return nil, false
	}
	encrypting, text, iv := r["dir"] == "e", r.bytes("m"), r.bytes("iv")
	name := "m"
	if encrypting {
		name = "c"
	}
	switch mode := r["mode"]; mode {
	case "gcm", "ccm":
		return authenticated(r, encrypting, text, iv), true
	case "xts", "xtsgb":
		order := miyao.XTSIEEE
		if mode == "xtsgb" {
			order = miyao.XTSGB
		}
		xts := ok(miyao.NewXTS(r.bytes("k"), order))
		defer xts.Close()
		if encrypting {
			check(xts.Encrypt(iv, text, text))
		} else {
			check(xts.Decrypt(iv, text, text))
		}
		return reply{field(name, text)}, true
	default:
		which, known := modes[mode]
		if !known {
			return nil, false
		}
		if which == miyao.ECB || which == miyao.ECBPKCS7 {
			iv = nil // a request may carry one that nobody reads
		}
		return reply{field(name, modeOf(r.bytes("k"), which, iv, text, encrypting))}, true
	}
}

// modeOf runs a mode at once and in pieces, which have to agree.
func modeOf(key []byte, mode miyao.Mode, iv, text []byte, encrypting bool) []byte {
	sm4 := ok(miyao.NewSM4(key))
	defer sm4.Close()
	whole, begin := sm4.DecryptMode, miyao.NewSM4Decrypter
	if encrypting {
		whole, begin = sm4.EncryptMode, miyao.NewSM4Encrypter
	}
	out, err := whole(mode, iv, text)
	stream := ok(begin(key, mode, iv))
	defer stream.Close()
	var pieces []byte
	for at := 0; at < len(text); at += 7 {
		pieces = ok(stream.Update(pieces, text[at:min(at+7, len(text))]))
	}
	pieces, pieceErr := stream.Finish(pieces)
	if (err == nil) != (pieceErr == nil) || err == nil && !bytes.Equal(out, pieces) {
		panic("a text in pieces is another")
	}
	return ok(out, err)
}

func inPieces(aead *miyao.AEAD, ccm bool, nonce, text, aad []byte) (sealed []byte) {
	encrypter, err := aead.NewGCMEncrypter(nonce, aad)
	if ccm {
		encrypter, err = aead.NewCCMEncrypter(nonce, aad, uint64(len(text)))
	}
	ok(encrypter, err)
	defer encrypter.Close()
	for at := 0; at < len(text); at += 7 {
		sealed = ok(encrypter.Update(sealed, text[at:min(at+7, len(text))]))
	}
	return ok(encrypter.Finish(sealed))
}

func authenticated(r request, encrypting bool, text, nonce []byte) reply {
	make := miyao.NewGCMWithSizes
	if r["mode"] == "ccm" {
		make = miyao.NewCCMWithSizes
	}
	tagLen := r.number("tl")
	aead := ok(make(r.bytes("k"), len(nonce), tagLen))
	defer aead.Close()
	if encrypting {
		sealed := aead.Seal(nil, nonce, text, r.bytes("aad"))
		if !bytes.Equal(sealed, inPieces(aead, r["mode"] == "ccm", nonce, text, r.bytes("aad"))) {
			panic("a message in pieces is another")
		}
		return reply{field("c", sealed[:len(text)]), field("tag", sealed[len(text):])}
	}
	tag := r.bytes("tag")
	if len(tag) != tagLen {
		panic(refused{})
	}
	return reply{field("m", ok(aead.Open(nil, nonce, append(text, tag...), r.bytes("aad"))))}
}
