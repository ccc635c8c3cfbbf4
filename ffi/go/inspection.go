package miyao

import "sync"

// Inspection is what was found of a file (格式鉴别): a key, a signature or a ciphertext of SM2, in which form, and what is odd about it. It is read far
// more loosely than by any other function, and nothing of it is authenticated. Any number of goroutines may use it.
type Inspection struct {
	handle *handle
	asking *sync.RWMutex // Ask and Assume change what others read
}

// InspectFile tells what a file is, whatever is around it (PEM, base64, hexadecimal digits). Every file is something, if only unknown; work and
// memory grow with its length alone.
func InspectFile(file []byte) (*Inspection, error) {
	object, err := cInspectionNew(file)
	if err != nil {
		return nil, err
	}
	return &Inspection{newHandle(object, cInspectionFree), new(sync.RWMutex)}, nil
}

// Verdict is what a key that was asked said.
type Verdict uint32

const (
	VerdictNone        Verdict = 0 // no key was asked, or it had nothing to say
	VerdictOpens       Verdict = 1 // the key opens it
	VerdictDoesNotOpen Verdict = 2 // the key does not open it
	VerdictBelongs     Verdict = 3 // it is the key's public half, or the key itself
	VerdictIsForeign   Verdict = 4 // it belongs to another key
)

// Ask asks a private key: it decides the order of a ciphertext, and whether what was found is its own.
func (i *Inspection) Ask(key *SM2PrivateKey) (verdict Verdict, err error) {
	err = withPrivate(key, func(key pointer) error {
		return i.changing(func(object pointer) error {
			err := cInspectionAsk(object, key)
			verdict = Verdict(cInspectionVerdict(object))
			return err
		})
	})
	return verdict, err
}

// Assume says in which order a ciphertext is, [SM2C1C3C2] or [SM2C1C2C3], where neither its bytes nor a key tell. [ErrInvalid] says that no
// ciphertext was found.
func (i *Inspection) Assume(order SM2Encoding) error {
	return i.changing(func(object pointer) error { return cInspectionAssume(object, order) })
}

// InspectionReport is what was found; nothing of it is authenticated. Its words stay the same from release to release.
type InspectionReport struct {
	// Kind is private-key, public-key, signature, ciphertext, certificate, request, revocation-list, message, pkcs12, parameters or unknown.
	Kind string `json:"kind"`
	// Form is pkcs8, sec1, scalar, device-scalar, encrypted, enveloped, old-pem, spki, point, compressed, coordinates, device-point, der, raw,
	// device, bare or compressed-point, and empty for what has none.
	Form           string         `json:"form"`
	Layers         []string       `json:"layers"`   // what is around it, from the outside
	Oddities       []Remark       `json:"oddities"` // what a strict reader would take offence at, and what else one should know
	Strict         bool           `json:"strict"`   // a strict reader takes the content, whatever is around it
	Public         string         `json:"public"`   // the SM2 public key of it, 04 ‖ x ‖ y in hexadecimal digits; empty for none
	Verdict        string         `json:"verdict"`  // opens, does-not-open, belongs or is-foreign, once a key was asked
	Order          string         `json:"order"`    // of a ciphertext, where it is known
	Candidates     []string       `json:"candidates"`
	PlaintextBytes *uint64        `json:"plaintext_bytes"` // of a ciphertext
	Protection     *KeyProtection `json:"protection"`      // of a private key under a passphrase
	Algorithm      string         `json:"algorithm"`       // of a certificate, request, list or message
	Fault          *Remark        `json:"fault"`           // why what was found cannot be used
	Page           string         `json:"-"`               // all that was found as a page for people, one finding a line, without any secret
}

// Remark is something to know of a file, as a word and in a sentence.
type Remark struct {
	Word string `json:"word"`
	Text string `json:"text"`
}

// KeyProtection is how a private key is encrypted under a passphrase.
type KeyProtection struct {
	Scheme     string  `json:"scheme"`
	Derivation *string `json:"derivation"`
	Function   *string `json:"function"`
	Iterations *uint64 `json:"iterations"`
	SaltBytes  *uint64 `json:"salt_bytes"`
	Cipher     *string `json:"cipher"`
	Supported  bool    `json:"supported"` // this build can open it
}

// Report is what was found.
func (i *Inspection) Report() (r InspectionReport, err error) {
	err = i.reading(func(object pointer) error {
		if r, err = record[InspectionReport](cInspectionRecord(object)); err != nil {
			return err
		}
		page, err := cInspectionReport(object)
		r.Page = string(page)
		return err
	})
	return r, err
}

// PublicKey is the SM2 public key that was found, or belongs to what was found. [ErrMissing] says that there is none.
func (i *Inspection) PublicKey() (k *SM2PublicKey, err error) {
	err = i.reading(func(object pointer) error {
		found, err := cInspectionPublicKey(object)
		if err == nil {
			k = newPublic(found)
		}
		return err
	})
	return k, err
}

// PrivateKey is the private key that was found: one under a passphrase is opened with it, one that is enveloped with own; both are nil where they are
// not needed. [ErrMissing] says that one of them is needed; [ErrRejected] that it does not open the key; [ErrInvalid] that no private key was found.
func (i *Inspection) PrivateKey(passphrase []byte, own *SM2PrivateKey) (k *SM2PrivateKey, err error) {
	found := func(own pointer) error {
		return i.reading(func(object pointer) error {
			k, err = madePrivate(cInspectionPrivateKey(object, passphrase, own))
			return err
		})
	}
	if own == nil {
		err = found(nil)
	} else {
		err = withPrivate(own, found)
	}
	return k, err
}

// Armor is what is put around bytes.
type Armor uint32

const (
	ArmorBinary      Armor = 1 // nothing
	ArmorPEM         Armor = 2 // PEM (RFC 7468), for the forms that have a label
	ArmorHexadecimal Armor = 3 // lower-case digits and a line end
	ArmorBase64      Armor = 4 // base64 and a line end
)

// Convert writes what was found in a form that fits it, always strictly; it is the caller's to [Wipe]. A form is: of a private key pkcs8, sec1 or
// scalar; of a key spki, point, coordinates or compressed; of a signature der or raw; of a ciphertext der, c1c3c2, c1c2c3, bare-c1c3c2 or
// bare-c1c2c3. A private key may become a public one.
//
// [ErrInvalid] is a form of something else, a ciphertext whose order is unknown, and PEM around a form without a label; [ErrUnsupported] what has no
// other form, or is still encrypted.
func (i *Inspection) Convert(form string, armor Armor) (out []byte, err error) {
	err = i.reading(func(object pointer) error {
		out, err = cInspectionConvert(object, form, armor)
		return err
	})
	return out, err
}

// Close wipes what was found.
func (i *Inspection) Close() error {
	if i == nil {
		return errNone
	}
	return i.handle.close()
}

func (i *Inspection) reading(call func(object pointer) error) error {
	if i.handle == nil {
		return errNone
	}
	i.asking.RLock()
	defer i.asking.RUnlock()
	return i.with(call)
}

func (i *Inspection) changing(call func(object pointer) error) error {
	if i.handle == nil {
		return errNone
	}
	i.asking.Lock()
	defer i.asking.Unlock()
	return i.with(call)
}

func (i *Inspection) with(call func(object pointer) error) error {
	object, err := i.handle.enter()
	if err != nil {
		return err
	}
	defer i.handle.leave()
	return call(object)
}
