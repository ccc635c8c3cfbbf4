package message

import (
	"encoding/binary"
	"io"
)

var magic = [4]byte{0x9a, 0x2c, 0x9a, 0xa1}

const (
	messageVersion = 0x01
	tokenVersion   = 0x81
	flagSigned     = 0x01
	fixedLen       = 43 // H up to the context
	hashLen        = 32
	minFrameLog2   = 12
	maxFrameLog2   = 24
)

// Suite is how frames and tokens are encrypted (M60).
type Suite uint16

// The suites of the format.
const (
	SuiteGCM     Suite = 0x0001 // SM4-GCM
	SuiteCTRHMAC Suite = 0x0002 // SM4-CTR, then HMAC-SM3
)

func (s Suite) tagLen() int {
	if s == SuiteGCM {
		return 16
	}
	return 32
}

// keyLen is how many bytes M44 derives.
func (s Suite) keyLen() int {
	if s == SuiteGCM {
		return 28
	}
	return 60
}

func parseSuite(bytes []byte) (Suite, error) {
	suite := Suite(binary.BigEndian.Uint16(bytes))
	if suite != SuiteGCM && suite != SuiteCTRHMAC {
		return 0, fail(ErrUnsupported, "a cipher suite this release does not know; use a newer one") // M3
	}
	return suite, nil
}

// KeyIdentifier is SM3 of an SM2 key's SubjectPublicKeyInfo in DER.
type KeyIdentifier [32]byte

// HeaderDigest is SM3(H), which every recipient's entry is bound to (M8).
type HeaderDigest [32]byte

// header is H. Until the commitment was compared, nobody vouches for it.
type header struct {
	suite       Suite
	frameLog2   uint8
	context     Context
	signer      *KeyIdentifier
	salt        [32]byte
	commitment  [32]byte
	uncommitted []byte // H₀
	digest      HeaderDigest
}

// frameLen is the number of plaintext bytes of every frame but the last (M61).
func (h *header) frameLen() int { return 1 << h.frameLog2 }

// wholeLen is frameLen with the tag.
func (h *header) wholeLen() int { return h.frameLen() + h.suite.tagLen() }

// trailerLen is how many bytes S has (M70).
func (h *header) trailerLen() int {
	if h.signer == nil {
		return 0
	}
	return signatureLen
}

// headerLen says how long H is, from its first 43 bytes; every limit is checked here, before anything of that length is
// allocated or read (M90).
func headerLen(fixed []byte) (int, error) {
	switch {
	case [4]byte(fixed) != magic: // M1
		return 0, notMagic()
	case fixed[4] == tokenVersion:
		return 0, fail(ErrMalformed, "this is a token, not a message; open it with DecryptToken")
	case fixed[4] != messageVersion: // M2
		return 0, fail(ErrUnsupported, "a message version this release does not know; use a newer one")
	}
	if _, err := parseSuite(fixed[5:7]); err != nil {
		return 0, err
	}
	length := fixedLen + int(binary.BigEndian.Uint16(fixed[9:11])) + hashLen
	switch {
	case fixed[7]&^flagSigned != 0: // M4
		return 0, fail(ErrUnsupported, "the message has a flag this release does not know; use a newer one")
	case fixed[8] < minFrameLog2 || fixed[8] > maxFrameLog2: // M5
		return 0, fail(ErrMalformed, "the frame size in the header is outside 4 KiB to 16 MiB")
	case length > fixedLen+maxStoredContext+hashLen: // M6
		return 0, fail(ErrMalformed, "the context in the header is longer than 8,192 bytes")
	case fixed[7] == flagSigned:
		length += hashLen
	}
	return length, nil
}

func notMagic() error {
	return fail(ErrMalformed, "not a miyao message: it does not start with 9a2c9aa1")
}

// parseHeader reads H, whose length is that of headerLen.
func parseHeader(bytes []byte) (*header, error) {
	end := len(bytes) - hashLen
	h := &header{
		suite:       Suite(binary.BigEndian.Uint16(bytes[5:7])),
		frameLog2:   bytes[8],
		salt:        [32]byte(bytes[11:]),
		commitment:  [32]byte(bytes[end:]),
		uncommitted: bytes[:end],
		digest:      sm3Of(bytes),
	}
	if bytes[7] == flagSigned {
		end -= hashLen
		signer := KeyIdentifier(bytes[end:])
		h.signer = &signer
	}
	var err error
	h.context, err = parseContext(bytes[fixedLen:end])
	return h, err
}

// start is H and R.
type start struct {
	*header
	slot    *slot
	slotLen int
	bodyAt  int64 // where B starts
}

// readStart reads H and R and nothing more (M90, M91).
func readStart(source io.Reader) (*start, error) {
	fixed := make([]byte, fixedLen)
	if n, err := readFull(source, fixed); err != nil {
		return nil, err
	} else if n >= len(magic) && [4]byte(fixed) != magic {
		return nil, notMagic()
	} else if n < fixedLen {
		return nil, endsIn("header")
	}
	length, err := headerLen(fixed)
	if err != nil {
		return nil, err
	}
	bytes := make([]byte, length+2)
	copy(bytes, fixed)
	if n, err := readFull(source, bytes[fixedLen:]); err != nil {
		return nil, err
	} else if n < len(bytes)-fixedLen {
		return nil, endsIn("header")
	}
	slotLen, err := checkedSlotLen(bytes[length:])
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(bytes[:length:length])
	if err != nil {
		return nil, err
	}
	slots := make([]byte, 2*slotLen)
	if n, err := readFull(source, slots); err != nil {
		return nil, err
	} else if n < len(slots) {
		return nil, endsIn("recipients")
	}
	newest, err := newestSlot(slots[:slotLen], slots[slotLen:])
	if err != nil {
		return nil, err
	}
	return &start{h, newest, slotLen, int64(length + 2 + 2*slotLen)}, nil
}

func noReader() error {
	return fail(ErrInvalid, "there is no reader: it is nil or a zero value; make one with NewReader or NewReaderAt")
}

func noSource() error { return fail(ErrInvalid, "there is no source to read the message from") }

func endsIn(part string) error {
	return fail(ErrTruncated, "the message ends inside its "+part+"; get a whole copy")
}

// readFull reads until out is full or the source ends. Unlike [io.ReadFull] it tells an end from a source that reports
// an unexpected one.
func readFull(source io.Reader, out []byte) (n int, err error) {
	for idle := 0; n < len(out); {
		read, err := source.Read(out[n:])
		if read < 0 || read > len(out)-n {
			return n, impossible(read, len(out)-n)
		}
		n += read
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, ioFailure(err)
		case read > 0:
			idle = 0
		case idle == 100:
			return n, ioFailure(io.ErrNoProgress)
		default:
			idle++
		}
	}
	return n, nil
}
