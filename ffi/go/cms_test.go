package miyao

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

const cmsContent = "内容 content"

func (h *hierarchy) signer() CertifiedKey    { return CertifiedKey{h.signing, h.keys["signing"]} }
func (h *hierarchy) recipient() CertifiedKey { return CertifiedKey{h.encryption, h.keys["encryption"]} }

func TestASignedMessageGivesItsContentToWhoeverKnowsTheSigner(t *testing.T) {
	h := newHierarchy(t)
	message := need[[]byte](t)(CMSSign([]byte(cmsContent), []CertifiedKey{h.signer()}, nil))
	read := need[CMSContent](t)(CMSVerify(message, nil, []*Certificate{h.encryption, h.signing}))
	if string(read.Content) != cmsContent || len(read.Signers) != 1 || read.Signers[0] != h.signing || read.Dialect != CMSStandard {
		t.Fatalf("%+v", read)
	}
	for _, one := range []struct {
		userID       []byte
		certificates []*Certificate
		kind         Kind
	}{
		{nil, []*Certificate{h.encryption}, ErrMissing}, {nil, nil, ErrMissing}, {[]byte{}, []*Certificate{h.signing}, ErrRejected},
		{nil, []*Certificate{nil}, ErrInvalid}, {make([]byte, 8192), []*Certificate{h.signing}, ErrInvalid},
	} {
		read, err := CMSVerify(message, one.userID, one.certificates)
		is(t, err, one.kind)
		if read.Content != nil || read.Signers != nil {
			t.Fatal("something beside an error")
		}
	}
	_, err := CMSVerifyDetached(message, []byte(cmsContent), nil, []*Certificate{h.signing})
	is(t, err, ErrInvalid)
	_, err = CMSOpen(message, h.signer())
	is(t, err, ErrUnsupported)
	if brought := need[[]*Certificate](t)(CMSUnverifiedCertificates(message)); len(brought) != 1 || !brought[0].Equal(h.signing) {
		t.Fatal(len(brought))
	}
	for at := range message {
		_, err := CMSVerify(message[:at], nil, []*Certificate{h.signing})
		is(t, err, ErrMalformed)
		altered := bytes.Clone(message)
		altered[at] ^= 1
		// Certificates that go along prove nothing, so that an altered one alters nothing: the content is the signed one.
		if read, err := CMSVerify(altered, nil, []*Certificate{h.signing}); err == nil && string(read.Content) != cmsContent {
			t.Fatal("another content with byte", at, "altered")
		}
	}
	_, err = CMSSign(nil, nil, nil)
	is(t, err, ErrInvalid)
	_, err = CMSSign(nil, []CertifiedKey{{h.signing, h.keys["encryption"]}}, nil)
	is(t, err, ErrInvalid)
	_, err = CMSSign(nil, []CertifiedKey{{}}, nil)
	is(t, err, ErrInvalid)
	_, err = CMSSign(nil, []CertifiedKey{{Key: h.keys["signing"]}}, nil)
	is(t, err, ErrInvalid)
}

func TestOptionsChooseHowAMessageIsWritten(t *testing.T) {
	h := newHierarchy(t)
	options := &CMSOptions{Dialect: CMSPKCS7, UserID: []byte{}, Attributes: true, Detached: true,
		Certificates: []*Certificate{h.middle}, RevocationLists: []*RevocationList{h.list}}
	both := []*Certificate{h.signing, h.encryption}
	message := need[[]byte](t)(CMSSign([]byte(cmsContent), []CertifiedKey{h.signer(), h.recipient()}, options))
	read := need[CMSContent](t)(CMSVerifyDetached(message, []byte(cmsContent), []byte{}, both))
	if len(read.Signers) != 2 || read.Dialect != CMSPKCS7 || string(read.Content) != cmsContent {
		t.Fatalf("%+v", read)
	}
	_, err := CMSVerifyDetached(message, []byte("other"), []byte{}, both)
	is(t, err, ErrRejected)
	_, err = CMSVerify(message, []byte{}, both)
	is(t, err, ErrInvalid)
	if brought := need[[]*Certificate](t)(CMSUnverifiedCertificates(message)); len(brought) != 3 {
		t.Fatal(len(brought))
	}
	_, err = CMSSealSigned([]byte(cmsContent), []CertifiedKey{h.signer()}, []*Certificate{h.encryption}, options)
	is(t, err, ErrInvalid)
	for _, bad := range []struct {
		options CMSOptions
		kind    Kind
	}{
		{CMSOptions{Dialect: CMSGmSSL}, ErrInvalid}, {CMSOptions{Dialect: 5}, ErrUnsupported}, {CMSOptions{UserID: make([]byte, 8192)}, ErrInvalid},
		{CMSOptions{Certificates: []*Certificate{nil}}, ErrInvalid}, {CMSOptions{RevocationLists: []*RevocationList{nil}}, ErrInvalid},
	} {
		_, err := CMSSign(nil, []CertifiedKey{h.signer()}, &bad.options)
		is(t, err, bad.kind)
	}
}

func TestAnEnvelopedMessageOpensForItsRecipientsAlone(t *testing.T) {
	h := newHierarchy(t)
	message := need[[]byte](t)(CMSSeal([]byte(cmsContent), []*Certificate{h.encryption}, nil))
	if content := need[[]byte](t)(CMSOpen(message, h.recipient())); string(content) != cmsContent {
		t.Fatal(content)
	}
	_, err := CMSOpen(message, h.signer())
	is(t, err, ErrMissing)
	_, err = CMSOpen(message, CertifiedKey{h.encryption, h.keys["signing"]})
	is(t, err, ErrInvalid)
	_, err = CMSOpen(message, CertifiedKey{Key: h.keys["signing"]})
	is(t, err, ErrInvalid)
	_, err = CMSOpen(message, CertifiedKey{Certificate: h.encryption})
	is(t, err, ErrInvalid)
	_, err = CMSSeal(nil, nil, nil)
	is(t, err, ErrInvalid)
	for _, own := range []CertifiedKey{h.signer(), h.recipient()} {
		empty := need[[]byte](t)(CMSSeal(nil, []*Certificate{h.signing, h.encryption}, &CMSOptions{Dialect: CMSPKCS7}))
		if content := need[[]byte](t)(CMSOpen(empty, own)); len(content) != 0 {
			t.Fatal(content)
		}
	}

	signed := need[[]byte](t)(CMSSealSigned([]byte(cmsContent), []CertifiedKey{h.signer()}, []*Certificate{h.encryption}, nil))
	read := need[CMSContent](t)(CMSOpenSigned(signed, h.recipient(), nil, []*Certificate{h.signing}))
	if string(read.Content) != cmsContent || len(read.Signers) != 1 || read.Dialect != CMSStandard {
		t.Fatalf("%+v", read)
	}
	_, err = CMSOpenSigned(signed, h.recipient(), nil, []*Certificate{h.encryption})
	is(t, err, ErrMissing)
	_, err = CMSOpenSigned(signed, h.recipient(), []byte("id"), []*Certificate{h.signing})
	is(t, err, ErrRejected)
	_, err = CMSOpenSigned(signed, h.signer(), nil, []*Certificate{h.signing})
	is(t, err, ErrMissing)
	_, err = CMSSealSigned(nil, nil, []*Certificate{h.encryption}, nil)
	is(t, err, ErrInvalid)
	done(t, h.keys["encryption"].Close())
	_, err = CMSOpen(message, h.recipient())
	is(t, err, ErrClosed)
	_, err = CMSOpenSigned(signed, h.recipient(), nil, []*Certificate{h.signing})
	is(t, err, ErrClosed)
}

// Messages that gmsm wrote.
func TestMessagesOfOthersAreRead(t *testing.T) {
	var file struct {
		Tests []struct {
			Kind, Way, Content, DER string
			Holders                 []struct{ Certificate, D string }
		}
	}
	done(t, json.Unmarshal([]byte(read(t, "../../tests/vectors/cms_gmsm.json")), &file))
	kinds := map[string]int{}
	for _, one := range file.Tests {
		message, content := unhex(t, one.DER), unhex(t, one.Content)
		var holders []*Certificate
		var own CertifiedKey
		for _, holder := range one.Holders {
			own.Certificate = need[*Certificate](t)(ParseCertificate(unhex(t, holder.Certificate)))
			own.Key = need[*SM2PrivateKey](t)(NewSM2PrivateKey(unhex(t, holder.D)))
			holders = append(holders, own.Certificate)
		}
		var got []byte
		switch one.Kind {
		case "signed":
			got = need[CMSContent](t)(CMSVerify(message, nil, holders)).Content
		case "detached":
			got = need[CMSContent](t)(CMSVerifyDetached(message, content, nil, holders)).Content
		case "enveloped":
			got = need[[]byte](t)(CMSOpen(message, own))
		default:
			continue // what they do their own way is for the tests of the library
		}
		kinds[one.Kind]++
		if !bytes.Equal(got, content) {
			t.Fatal(one.Kind, one.Way, strings.ToValidUTF8(string(got), "?"))
		}
	}
	if kinds["signed"] < 5 || kinds["detached"] < 2 || kinds["enveloped"] < 2 {
		t.Fatal(kinds)
	}
}
