package miyao

import (
	"runtime"
	"time"
)

// Trust is whom one trusts, and with what help paths to them are found (RFC 5280 §6). It does not change once it is made, needs no Close, and any number of
// goroutines may verify with it.
type Trust struct {
	owned *owned
}

// TrustOptions say whom one trusts.
type TrustOptions struct {
	Anchors                []*Certificate    // trusted whoever signed them; they hold in their time and for what they say they may do
	Intermediates          []*Certificate    // may stand between, in any order; nobody has to trust them
	RevocationLists        []*RevocationList // are asked; with the first one, lists are demanded of every issuer
	DemandsRevocationLists bool              // demands, of every certificate below the anchor, a current list of its issuer that does not revoke it
	UserID                 []byte            // all issuers signed under it; nil for [DefaultUserID]
}

// NewTrust makes it; certificates and lists are copied.
func NewTrust(options TrustOptions) (*Trust, error) {
	object, err := cTrustNew()
	if err != nil {
		return nil, err
	}
	t := &Trust{own(object, cTrustFree)}
	defer runtime.KeepAlive(options)
	if err := cTrustUserID(object, user(options.UserID)); err != nil {
		return nil, err
	}
	for _, one := range options.Anchors {
		if err := cTrustAddAnchor(object, one.of()); err != nil {
			return nil, err
		}
	}
	for _, one := range options.Intermediates {
		if err := cTrustAddIntermediate(object, one.of()); err != nil {
			return nil, err
		}
	}
	for _, one := range options.RevocationLists {
		if err := cTrustAddCRL(object, one.of()); err != nil {
			return nil, err
		}
	}
	if options.DemandsRevocationLists {
		if err := cTrustDemandCRLs(object); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Purpose is what a certificate is to be used for.
type Purpose uint32

const (
	PurposeAny                  Purpose = 1 // whatever; its uses are not asked for
	PurposeSigning              Purpose = 2 // verifying signatures with it
	PurposeEncryption           Purpose = 3 // encrypting to it
	PurposeServerAuthentication Purpose = 4 // as a server's in TLS and TLCP
	PurposeClientAuthentication Purpose = 5 // as a client's in TLS and TLCP
	PurposeAuthority            Purpose = 6 // as an authority's that signs certificates
)

// Verify finds a path from a certificate to an anchor that holds at a time, zero for now, for a purpose; it begins with the certificate and ends with
// the anchor. Whose certificate it is, the caller compares.
//
// Each error names what it is about: [ErrForbidden] is one that has expired, is not valid yet, is revoked, or may not do what it does here; [ErrRejected] a
// signature that does not verify; [ErrMissing] no issuer, or no revocation list of an issuer, at hand; [ErrStale] a revocation list out of its time;
// [ErrUnsupported] a critical extension that is not understood, and other algorithms.
func (t *Trust) Verify(certificate *Certificate, purpose Purpose, at time.Time) (path []*Certificate, err error) {
	var object pointer
	if t != nil {
		object = t.owned.of()
	}
	path, err = noneOrMore(cTrustVerify(object, certificate.of(), purpose, moment(at)))
	runtime.KeepAlive(t)
	runtime.KeepAlive(certificate)
	return path, err
}
