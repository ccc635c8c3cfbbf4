package miyao

import (
	"bytes"
	"math"
	"runtime"
	"time"
)

// RevocationList is a revocation list (证书撤销列表) of RFC 5280 §5, as it was read. It needs no Close, and any number of goroutines may use it.
type RevocationList struct {
	owned *owned
	der   []byte // shows the collector something of what the object takes, which may be much
}

// Revocation is when a certificate was revoked, and why: the number of RFC 5280 §5.3.1, 0 where the list does not say.
type Revocation struct {
	When   time.Time
	Reason uint32
}

// ParseRevocationList reads the one list of PEM or DER; nothing is verified yet.
func ParseRevocationList(file []byte) (*RevocationList, error) {
	object, err := cCRLParse(file)
	if err != nil {
		return nil, err
	}
	l := &RevocationList{owned: own(object, cCRLFree)}
	if l.der, err = cCRLDER(object); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *RevocationList) of() pointer {
	if l == nil {
		return nil
	}
	return l.owned.of()
}

// DER is the list, byte for byte as it was read.
func (l *RevocationList) DER() []byte { return bytes.Clone(l.der) }

// PEM is the list as PEM, X509 CRL.
func (l *RevocationList) PEM() []byte {
	out, err := cCRLPEM(l.of())
	runtime.KeepAlive(l)
	must(err)
	return out
}

// Issuer is the name of its issuer as RFC 4514 writes it, as the list says.
func (l *RevocationList) Issuer() string {
	out, err := cCRLIssuer(l.of())
	runtime.KeepAlive(l)
	must(err)
	return string(out)
}

// ThisUpdate is when it was made, as the list says.
func (l *RevocationList) ThisUpdate() time.Time {
	made, _ := l.updates()
	return time.Unix(made, 0).UTC()
}

// NextUpdate is when the next comes at the latest, as the list says; zero where it does not.
func (l *RevocationList) NextUpdate() time.Time {
	_, next := l.updates()
	if next == math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(next, 0).UTC()
}

func (l *RevocationList) updates() (made, next int64) {
	made, next, err := cCRLUpdates(l.of())
	runtime.KeepAlive(l)
	must(err)
	return made, next
}

// Verify verifies that this issuer signed the list under a user id, nil for [DefaultUserID], that it is current at a time, zero for now, and that it is of
// everything that the issuer revoked. [ErrRejected] is another issuer or an altered list; [ErrForbidden] an issuer who may not sign lists; [ErrStale] a list
// before or after its time.
func (l *RevocationList) Verify(issuer *Certificate, userID []byte, at time.Time) error {
	err := cCRLVerify(l.of(), issuer.of(), user(userID), moment(at))
	runtime.KeepAlive(l)
	runtime.KeepAlive(issuer)
	return err
}

// Find verifies the list likewise, and asks it for a certificate of its issuer: nil is one that is not revoked. [ErrInvalid] is one of another issuer.
func (l *RevocationList) Find(certificate, issuer *Certificate, userID []byte, at time.Time) (*Revocation, error) {
	revoked, when, reason, err := cCRLFind(l.of(), issuer.of(), user(userID), moment(at), certificate.of())
	runtime.KeepAlive(l)
	runtime.KeepAlive(issuer)
	runtime.KeepAlive(certificate)
	if err != nil || !revoked {
		return nil, err
	}
	return &Revocation{time.Unix(when, 0).UTC(), reason}, nil
}
