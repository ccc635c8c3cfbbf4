package miyao

import (
	"errors"
	"runtime"
)

// Suite is what a message is made in.
type Suite uint32

const (
	SuiteGCM     Suite = 1 // SM4-GCM with tags of 16 bytes: what messages are made in where nothing else is said
	SuiteCTRHMAC Suite = 2 // SM4-CTR, then HMAC-SM3, with tags of 32 bytes: the conservative one
)

// MessageOptions say how messages are made: for whom (1 to 16 recipients), bound to what, signed by whom. They are read when a message is begun.
type MessageOptions struct {
	Recipients []Recipient
	Context    Context
	Signer     *SM2PrivateKey
	Suite      Suite  // 0 for SuiteGCM
	FrameLog2  uint32 // frames of 2^FrameLog2 bytes, 12 to 24; 0 for 64 KiB
	Spare      *int   // room for more recipients, in bytes; nil for 64
	Threads    int    // works on several frames at once in streaming
}

// Recipient is somebody who can open a message.
type Recipient struct {
	add func(options pointer) error
}

// ToKey is a recipient: an sm4 or sm2-encrypt key of a store, in the version that is primary then.
func ToKey(kms *KMS, key Key) Recipient {
	return Recipient{func(options pointer) error {
		return kms.on(key, func(key pointer) error { return cOptionsAddKey(options, kms.of(), key) })
	}}
}

// ToSM2 is a recipient: the holder of the private half.
func ToSM2(key *SM2PublicKey) Recipient {
	return Recipient{func(options pointer) error {
		err := cOptionsAddSM2(options, key.of())
		runtime.KeepAlive(key)
		return err
	}}
}

// ToPassphrase is a recipient: whoever knows the passphrase, at a cost of so many iterations of PBKDF2-HMAC-SM3, 0 for 600,000.
func ToPassphrase(passphrase []byte, iterations uint32) Recipient {
	return Recipient{func(options pointer) error { return cOptionsAddPassphrase(options, passphrase, iterations) }}
}

// OpenOptions say who opens messages, by which keys, and what is demanded of them. They are read when a message is begun.
type OpenOptions struct {
	Identities []Identity // one at least
	Context    Context    // each pair must be in the message and equal; hidden ones must be given here
	EveryPair  bool       // Context must name every pair of the message, stored ones too
	Signer     Demand     // demands a signature by this key
	Threads    int        // works on several frames at once in streaming
}

// Demand is whose signature is demanded: that of an [SM2PublicKey], or nobody's for nil. A nil pointer to a key, as a failed reading of one gives, and a zero
// value are [ErrInvalid]: they do not say that no signature is needed.
type Demand interface {
	demanded() (*SM2PublicKey, error)
}

func (k *SM2PublicKey) demanded() (*SM2PublicKey, error) {
	if k.of() == nil {
		return nil, invalid("a signature is demanded, and no key to verify it; give what ParseSM2PublicKey returned, or nil itself to demand none")
	}
	return k, nil
}

// Identity is a way to open messages.
type Identity struct {
	add func(opener pointer) error
}

// ByKMS opens by every key of a store.
func ByKMS(kms *KMS) Identity { return byKMS(kms, false) }

// ByRecoveringKMS opens by compromised versions too: what they open is of unproven origin.
func ByRecoveringKMS(kms *KMS) Identity { return byKMS(kms, true) }

func byKMS(kms *KMS, recovering bool) Identity {
	return Identity{func(opener pointer) error { return kms.done(cOpenerAddKMS(opener, kms.of(), recovering)) }}
}

// BySM2 opens by a private key.
func BySM2(key *SM2PrivateKey) Identity {
	return Identity{func(opener pointer) error {
		return withPrivate(key, func(object pointer) error { return cOpenerAddSM2(opener, object) })
	}}
}

// ByPassphrase opens by a passphrase. A [Decryptor] keeps a copy, which [Wipe] does not reach, until it has read the beginning of its message.
func ByPassphrase(passphrase []byte) Identity {
	return Identity{func(opener pointer) error { return cOpenerAddPassphrase(opener, passphrase) }}
}

func withPrivate(key *SM2PrivateKey, call func(pointer) error) error {
	object, err := key.enter()
	if err != nil {
		return err
	}
	defer key.handle.leave()
	return call(object)
}

// SignedState is what is known of a signature.
type SignedState uint32

const (
	Unsigned        SignedState = 0 // the message carries no signature
	SignedUnchecked SignedState = 1 // it carries one that nobody checked, because none was demanded
	SignedVerified  SignedState = 2 // it was verified under the key that was demanded
)

// Signed says who signed a message: the key identifier of the signer, zeros for none.
type Signed struct {
	State  SignedState
	Signer [32]byte
}

// EncryptMessage makes a message of a plaintext.
func EncryptMessage(plaintext []byte, options MessageOptions) (message []byte, err error) {
	err = options.use(func(object pointer) error {
		message, err = cMessageEncrypt(object, plaintext)
		return err
	})
	return message, err
}

// DecryptMessage opens a message: all of its plaintext, authenticated to its end, or none. [ErrRejected] is a wrong key, a wrong context or altered
// bytes; [ErrMissing] that no identity is among the recipients.
func DecryptMessage(message []byte, options OpenOptions) (plaintext []byte, signed Signed, err error) {
	err = options.use(func(object pointer) error {
		plaintext, signed, err = cMessageDecrypt(object, message)
		return err
	})
	return plaintext, signed, err
}

func (o *MessageOptions) use(with func(object pointer) error) error {
	if o.Threads < 0 || o.Spare != nil && *o.Spare < 0 {
		return errNegative
	}
	object, err := cOptionsNew()
	if err != nil {
		return err
	}
	defer cOptionsFree(object)
	for _, recipient := range o.Recipients {
		if recipient.add == nil {
			return errNobody
		}
		if err := recipient.add(object); err != nil {
			return err
		}
	}
	if o.Signer != nil {
		if err := withPrivate(o.Signer, func(key pointer) error { return cOptionsSigner(object, key) }); err != nil {
			return err
		}
	}
	pairs, err := bound(o.Context)
	if err != nil {
		return err
	}
	err = errors.Join(cOptionsContext(object, pairs.of()), cOptionsShape(object, o.Suite, o.FrameLog2, o.Spare, o.Threads))
	runtime.KeepAlive(pairs)
	if err != nil {
		return err
	}
	return with(object)
}

func (o *OpenOptions) use(with func(object pointer) error) error {
	if o.Threads < 0 {
		return errNegative
	}
	if len(o.Identities) == 0 {
		return invalid("nobody opens the message; give an identity, such as ByKMS")
	}
	object, err := cOpenerNew()
	if err != nil {
		return err
	}
	defer cOpenerFree(object)
	for _, identity := range o.Identities {
		if identity.add == nil {
			return errNobody
		}
		if err := identity.add(object); err != nil {
			return err
		}
	}
	pairs, err := bound(o.Context)
	if err != nil {
		return err
	}
	var signer *SM2PublicKey
	if o.Signer != nil {
		if signer, err = o.Signer.demanded(); err != nil {
			return err
		}
	}
	err = errors.Join(cOpenerContext(object, pairs.of()), cOpenerSigner(object, signer.of()), cOpenerShape(object, o.EveryPair, o.Threads))
	runtime.KeepAlive(pairs)
	runtime.KeepAlive(signer)
	if err != nil {
		return err
	}
	return with(object)
}

var errNegative = invalid("a number of threads, sessions or bytes, or a deadline, is negative; give 0 for the default, or a positive one")

var errNobody = invalid("a recipient or an identity is the zero value; make it with ToKey, ByKMS or their like")

// MessageHeader is what a message that was opened says of itself: it is authenticated, as the message's keys are bound to it. Whether the plaintext
// is whole, and the signature genuine, is known at the end alone.
type MessageHeader struct {
	Suite      string        `json:"suite"`
	FrameBytes uint64        `json:"frame_bytes"`
	Context    []ContextPair `json:"context"`
	Signer     *string       `json:"signer"` // the key identifier of whoever signs, in hexadecimal digits
}

// UnverifiedMessage is what a message says of itself; nothing of it is authenticated. Of the same bytes, once [DecryptMessage] opened them, suite, frames,
// context and signer are.
type UnverifiedMessage struct {
	Suite              string                `json:"suite"`
	FrameBytes         uint64                `json:"frame_bytes"`
	Context            []ContextPair         `json:"context"`
	Signer             *string               `json:"signer"`
	Recipients         []UnverifiedRecipient `json:"recipients"`
	Generation         uint64                `json:"generation"`
	RecipientsAt       uint64                `json:"recipients_at"`
	RecipientSlotBytes uint64                `json:"recipient_slot_bytes"`
	BodyAt             uint64                `json:"body_at"`
	Bytes              *uint64               `json:"bytes"`
	PlaintextBytes     *uint64               `json:"plaintext_bytes"`
}

// ContextPair is a pair of the context of a message; key and value are nil where they are no text, and the value of a hidden one always is.
type ContextPair struct {
	Key      *string `json:"key"`
	KeyHex   string  `json:"key_hex"`
	Stored   bool    `json:"stored"`
	Value    *string `json:"value"`
	ValueHex *string `json:"value_hex"`
}

// UnverifiedRecipient is an entry for a recipient: kind is kms, sm2, passphrase, device or unknown, and says which of the others are there.
type UnverifiedRecipient struct {
	Kind          string `json:"kind"`
	Key           string `json:"key"`
	Version       uint32 `json:"version"`
	KeyIdentifier string `json:"key_identifier"`
	Iterations    uint32 `json:"iterations"`
	Provider      uint32 `json:"provider"` // a number, as the message has it
	WrapSuite     uint32 `json:"wrap_suite"`
	Type          uint32 `json:"type"`
}

// InspectedBytes are as many of the first bytes of a message as [InspectMessage] ever needs.
const InspectedBytes = inspectedLen

// InspectMessage reads what a message says of itself: of all of it or its first [InspectedBytes], and how long it is in all, 0 where that is not known.
func InspectMessage(start []byte, total uint64) (UnverifiedMessage, error) {
	return record[UnverifiedMessage](cMessageInspect(start, total))
}
