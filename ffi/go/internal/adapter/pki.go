package main

import (
	"math"
	"strconv"
	"time"

	"github.com/miyao-kms/miyao/ffi/go"
)

// certificates are chains, requests, revocation lists and messages of GM/T 0010.
func certificates(op string, r request) (reply, bool) {
	switch op {
	case "chain":
		options := miyao.TrustOptions{Anchors: []*miyao.Certificate{r.certificate("root")}, UserID: r.bytes("id")}
		if between := r.bytes("inter"); len(between) > 0 {
			options.Intermediates = ok(miyao.ParseCertificates(between))
		}
		ok(ok(miyao.NewTrust(options)).Verify(r.certificate("leaf"), miyao.PurposeAny, r.time()))
		return nil, true
	case "csr":
		request := ok(miyao.ParseCertificateRequest(r.bytes("f")))
		return reply{field("q", ok(request.Verify(r.bytes("id"))).Bytes())}, true
	case "crl":
		userID := r.bytes("id")
		if len(userID) == 0 {
			userID = nil
		}
		check(ok(miyao.ParseRevocationList(r.bytes("f"))).Verify(r.certificate("issuer"), userID, r.time()))
		return nil, true
	case "cms":
		return message(r)
	}
	return nil, false
}

func message(r request) (reply, bool) {
	certificate := r.certificate("cert")
	switch r["type"] {
	case "signedData":
		return reply{field("m", ok(miyao.CMSVerify(r.bytes("f"), nil, []*miyao.Certificate{certificate})).Content)}, true
	case "envelopedData":
		own := miyao.CertifiedKey{Certificate: certificate, Key: r.private("d")}
		defer own.Key.Close()
		return reply{field("m", ok(miyao.CMSOpen(r.bytes("f"), own)))}, true
	}
	return nil, false
}

func (r request) certificate(key string) *miyao.Certificate {
	return ok(miyao.ParseCertificate(r.bytes(key)))
}

func (r request) time() time.Time {
	seconds := ok(strconv.ParseUint(r["t"], 10, 64))
	if seconds > math.MaxInt64 {
		panic(refused{})
	}
	return time.Unix(int64(seconds), 0)
}
