package message

import (
	"crypto/subtle"
	"encoding/binary"
)

const (
	maxSlotLen    = 32 << 10
	maxEntries    = 16
	minIterations = 600_000    // M36
	maxIterations = 10_000_000 // M36
	wrappedLen    = 32 + 32    // what hides a file key, and its tag (M52)
)

// EntryType is the number of a kind of recipient.
type EntryType uint8

// The types of the format. Entries of any other are passed over (M35).
const (
	EntryKMS        EntryType = 1 // a version of a KMS key
	EntrySM2        EntryType = 2 // the holder of an SM2 key
	EntryPassphrase EntryType = 3 // whoever knows a passphrase
	EntryDevice     EntryType = 4 // a key that lives in a device
)

// Entry is one recipient of a message: who finds the file key, and the file key hidden for them. Nothing in it is
// authenticated before it was opened.
type Entry struct {
	Type       EntryType
	Key        []byte // key id, 16 bytes of types 1 and 4; key identifier, 32 bytes of type 2
	Version    uint32 // of types 1 and 4
	Iterations uint32 // of PBKDF2, type 3
	Provider   uint16 // of type 4
	WrapSuite  uint16 // of type 4
	// Hidden is what hides the file key: wrapped ‖ tag of types 1 and 3, an SM2 ciphertext in DER of type 2, the blob of
	// type 4, the whole body of a type that is not known.
	Hidden []byte

	salt []byte // of types 1 and 3
	aad  []byte // from the type up to what Hidden starts with, without the length before a blob
}

// AAD is what an entry of types 1, 3 or 4 is bound to (M51, M54): its own bytes before Hidden, then SM3(H).
func (e *Entry) AAD(digest HeaderDigest) []byte {
	return append(append([]byte(nil), e.aad...), digest[:]...)
}

// slot is what a valid slot says.
type slot struct {
	generation uint32
	entries    []Entry
}

// checkedSlotLen reads L (M31).
func checkedSlotLen(bytes []byte) (int, error) {
	length := int(binary.BigEndian.Uint16(bytes))
	if length == 0 || length%64 != 0 || length > maxSlotLen {
		return 0, fail(ErrMalformed,
			"the recipients' length is not a multiple of 64 up to 32 KiB; this is no intact message")
	}
	return length, nil
}

// newestSlot is the valid slot of the higher generation (M33). A valid slot that does not parse was made so on purpose
// and ends the reading, even if it is the older one (M34).
func newestSlot(slots ...[]byte) (*slot, error) {
	var newest *slot
	for _, bytes := range slots {
		parsed, err := parseSlot(bytes)
		if err != nil {
			return nil, err
		}
		if parsed != nil && (newest == nil || parsed.generation > newest.generation) {
			newest = parsed
		}
	}
	if newest == nil {
		return nil, fail(ErrMalformed, "no recipient slot of the message is whole; restore it from a copy")
	}
	return newest, nil
}

// parseSlot gives no slot and no error for one that was not written whole (M32).
func parseSlot(bytes []byte) (*slot, error) {
	body, checksum := bytes[:len(bytes)-hashLen], bytes[len(bytes)-hashLen:]
	if sum := sm3Of(body); subtle.ConstantTimeCompare(sum[:], checksum) != 1 {
		return nil, nil
	}
	malformed := fail(ErrMalformed, "the recipients of the message are malformed; this is no intact message")
	count, rest := int(body[4]), body[5:]
	if count == 0 || count > maxEntries {
		return nil, malformed
	}
	parsed := &slot{generation: binary.BigEndian.Uint32(body)}
	type name struct {
		kind    EntryType
		key     string
		version uint32
	}
	seen := make(map[name]bool, count)
	for range count {
		if len(rest) < 3 {
			return nil, malformed
		}
		body, after, ok := counted(rest[1:])
		if !ok {
			return nil, malformed
		}
		entry, ok := parseEntry(rest[:3+len(body)])
		if !ok {
			return nil, malformed
		}
		who := name{entry.Type, string(entry.Key), entry.Version}
		if entry.Type.isKnown() && seen[who] { // M34
			return nil, fail(ErrMalformed, "a recipient stands twice in the message; this is no intact message")
		}
		seen[who] = true
		parsed.entries = append(parsed.entries, *entry)
		rest = after
	}
	for _, zero := range rest {
		if zero != 0 {
			return nil, malformed
		}
	}
	return parsed, nil
}

func (t EntryType) isKnown() bool { return t >= EntryKMS && t <= EntryDevice }

// parseEntry reads type ‖ length ‖ body.
func parseEntry(bytes []byte) (*Entry, bool) {
	entry, body := &Entry{Type: EntryType(bytes[0])}, fields{bytes[3:], true}
	switch entry.Type {
	case EntryKMS:
		entry.Key, entry.Version, entry.salt = body.take(16), body.u32(), body.take(16)
		entry.Hidden = body.take(wrappedLen)
		body.need(entry.Version > 0) // M37
	case EntrySM2:
		entry.Key, entry.Hidden = body.take(32), body.rest()
	case EntryPassphrase:
		entry.Iterations, entry.salt = body.u32(), body.take(16)
		entry.Hidden = body.take(wrappedLen)
		body.need(entry.Iterations >= minIterations && entry.Iterations <= maxIterations) // M36
	case EntryDevice:
		entry.Provider, entry.Key, entry.Version = body.u16(), body.take(16), body.u32()
		entry.WrapSuite = body.u16()
		length := int(body.u16())
		entry.aad = bytes[:len(bytes)-len(body.left)-2]
		entry.Hidden = body.take(length) // M38, with the demand below that nothing is left
	default:
		entry.Hidden = body.rest()
	}
	if body.need(len(body.left) == 0); !body.ok {
		return nil, false
	}
	if entry.Type != EntryDevice {
		entry.aad = bytes[:len(bytes)-len(entry.Hidden)]
	}
	return entry, true
}

// fields takes bytes off the front until it fails once; after that it gives zeros.
type fields struct {
	left []byte
	ok   bool
}

func (f *fields) need(condition bool) { f.ok = f.ok && condition }

func (f *fields) take(n int) []byte {
	if f.need(len(f.left) >= n); !f.ok {
		return make([]byte, n)
	}
	taken := f.left[:n:n]
	f.left = f.left[n:]
	return taken
}

func (f *fields) u16() uint16 { return binary.BigEndian.Uint16(f.take(2)) }

func (f *fields) u32() uint32 { return binary.BigEndian.Uint32(f.take(4)) }

func (f *fields) rest() []byte { return f.take(len(f.left)) }
