package message

import (
	"fmt"
	"slices"
)

// Opener says who opens messages and what is demanded of them. Its methods give changed copies, so one may serve as the
// start of many; it may be used by many goroutines if its identities may.
type Opener struct {
	identities []Identity
	context    Context
	everyPair  bool
	signer     *PublicKey
	err        error
}

// NewOpener is for whoever has one of the identities; of several that hold entries the message's order decides.
func NewOpener(identities ...Identity) *Opener {
	o := &Opener{identities: slices.Clone(identities)}
	if slices.ContainsFunc(identities, isNone) {
		o.err = fail(ErrInvalid, "an identity is nil or a zero value; give what its function returned")
	}
	return o
}

// isNone says whether nobody is behind an identity, as far as this package knows it.
func isNone(identity Identity) bool {
	switch who := identity.(type) {
	case nil:
		return true
	case *Version:
		return who == nil || who.prk == nil
	case *SM2Key:
		return who == nil || who.public == nil
	case *Passphrase:
		return who == nil
	}
	return false
}

// Context gives the pairs that the caller knows: each must be in the message and equal, and hidden ones must be given
// (M26).
func (o *Opener) Context(pairs ...Pair) *Opener {
	changed := *o
	if sorted, err := Context(pairs).sorted(); err != nil {
		changed.err = err
	} else {
		changed.context = sorted
	}
	return &changed
}

// EveryPair demands that the context given names every pair of the message, stored ones too (M26).
func (o *Opener) EveryPair() *Opener {
	changed := *o
	changed.everyPair = true
	return &changed
}

// SignedBy demands a signature by this key (M74). No key is an error, and no way of demanding nothing; nor is a zero value.
func (o *Opener) SignedBy(signer *PublicKey) *Opener {
	changed := *o
	if changed.signer = signer; signer == nil || signer.key == nil {
		changed.err = fail(ErrInvalid, "a signature is demanded, and no key to verify it")
	}
	return &changed
}

// Format implements [fmt.Formatter]: neither keys nor context are printed.
func (o Opener) Format(f fmt.State, _ rune) { fmt.Fprint(f, "Opener") }

func (o *Opener) check() error {
	if o == nil {
		return fail(ErrInvalid, "nobody was named who opens the message")
	}
	return o.err
}

// enter goes from H and R to the cipher of the frames (M92–M95), and the context that was verified with them.
func (o *Opener) enter(s *start) (*body, Context, error) {
	full, err := s.context.completed(o.context, o.everyPair) // M92
	if err != nil {
		return nil, nil, err
	}
	if o.signer != nil && (s.signer == nil || *s.signer != o.signer.id) { // M74
		return nil, nil, ErrRejected
	}
	fileKey, err := o.find(s)
	if err != nil {
		return nil, nil, err
	}
	keys := derive(s.header, full, fileKey)
	wipe(fileKey[:])
	defer keys.prk.Wipe()
	if ok, err := keys.commits(s.commitment[:]); err != nil { // M95
		return nil, nil, err
	} else if !ok {
		return nil, nil, ErrRejected
	}
	bodyKeys, err := keys.bodyKeys(s.suite)
	if err != nil {
		return nil, nil, err
	}
	b, err := newBody(s.suite, bodyKeys)
	return b, full, err
}

// find asks for each entry the identities that hold it, passphrases after all others (M93, M94). When none opens, the
// first failure tells why.
func (o *Opener) find(s *start) (*FileKey, error) {
	ordered := slices.Clone(s.slot.entries)
	slices.SortStableFunc(ordered, func(a, b Entry) int { return rank(a.Type) - rank(b.Type) })
	var failure error
	for at := range ordered {
		for _, identity := range o.identities {
			if !identity.Holds(&ordered[at]) {
				continue
			}
			fileKey, err := identity.Unwrap(&ordered[at], s.digest)
			if err == nil && fileKey != nil {
				return fileKey, nil
			}
			if err == nil {
				err = fail(ErrInvalid, "an identity gave neither a file key nor an error")
			}
			if failure == nil {
				failure = err
			}
		}
	}
	if failure != nil {
		return nil, failure
	}
	return nil, fail(ErrMissing, "the message is not for any of the keys given; Inspect lists its recipients")
}

func rank(kind EntryType) int {
	if kind == EntryPassphrase {
		return 1
	}
	return 0
}
