package main

import (
	"bytes"

	"github.com/miyao-kms/miyao/ffi/go"
)

func (r request) encoding() miyao.SM2Encoding {
	switch r["fmt"] {
	case "der":
		return miyao.SM2DER
	case "c1c3c2":
		return miyao.SM2C1C3C2
	case "c1c2c3":
		return miyao.SM2C1C2C3
	}
	panic(refused{})
}

func signatures(op string, r request) (reply, bool) {
	switch op {
	case "sign":
		key := r.private("d")
		defer key.Close()
		if r["q"] != "" && !key.PublicKey().Equal(r.public("q")) {
			panic(refused{})
		}
		digest := ok(key.PublicKey().Digest(r.bytes("id"), r.bytes("m")))
		return reply{field("sig", ok(key.Sign(nil, digest[:], nil)))}, true
	case "verify":
		check(r.public("q").VerifyMessage(r.bytes("id"), r.bytes("m"), ok(miyao.ParseSignature(r.bytes("sig")))))
		return nil, true
	case "vraw":
		check(r.public("q").VerifyMessage(r.bytes("id"), r.bytes("m"), raw(r.bytes("rs"))))
		return nil, true
	case "ve":
		check(r.public("q").VerifyDigest(r.bytes("e"), raw(r.bytes("r"), r.bytes("s"))))
		return nil, true
	}
	return nil, false
}

func raw(parts ...[]byte) miyao.Signature {
	all := bytes.Join(parts, nil)
	if len(all) != 64 || len(parts) == 2 && len(parts[0]) != 32 {
		panic(refused{})
	}
	return miyao.Signature(all)
}

func keys(op string, r request) (reply, bool) {
	switch op {
	case "pub":
		key := r.private("d")
		defer key.Close()
		return reply{field("q", key.PublicKey().Bytes())}, true
	case "chkpub":
		r.public("q")
		return nil, true
	case "enc":
		return reply{field("c", ok(r.public("q").Encrypt(r.bytes("m"), r.encoding())))}, true
	case "dec":
		key := r.private("d")
		defer key.Close()
		return reply{field("m", ok(key.Decrypt(nil, r.bytes("c"), r.encoding())))}, true
	case "kex":
		return exchange(r), true
	case "keyfile":
		var passphrase []byte
		if _, given := r["p"]; given {
			passphrase = r.bytes("p")
		}
		return pair(ok(miyao.ParseSM2PrivateKey(r.bytes("f"), passphrase))), true
	case "pubfile":
		return reply{field("q", ok(miyao.ParseSM2PublicKey(r.bytes("f"))).Bytes())}, true
	case "envkey":
		own := r.private("d")
		defer own.Close()
		return pair(ok(own.UnwrapKey(r.bytes("f")))), true
	}
	return nil, false
}

func pair(key *miyao.SM2PrivateKey) reply {
	defer key.Close()
	return reply{field("d", ok(key.Expose())), field("q", key.PublicKey().Bytes())}
}

func exchange(r request) reply {
	role, ownID, peerID := miyao.SM2Initiator, "ida", "idb"
	switch r["role"] {
	case "A":
	case "B":
		role, ownID, peerID = miyao.SM2Responder, "idb", "ida"
	default:
		panic(refused{})
	}
	own := miyao.SM2Side{Key: r.private("d"), Ephemeral: r.private("r"), UserID: r.bytes(ownID)}
	defer own.Key.Close()
	defer own.Ephemeral.Close()
	peer := miyao.SM2Peer{Key: r.public("qp"), Ephemeral: r.public("rp"), UserID: r.bytes(peerID)}
	shared := ok(miyao.NewSM2Exchange(role, own, peer))
	defer shared.Close()
	key := make([]byte, r.number("n"))
	check(shared.Key(key))
	sb, sa := ok(shared.Confirmation(miyao.SM2Responder)), ok(shared.Confirmation(miyao.SM2Initiator))
	return reply{field("k", key), field("s1", sb[:]), field("s2", sa[:])}
}
