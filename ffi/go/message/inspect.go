package message

import "io"

// UnverifiedHeader is what a message says of itself before its frames. Anybody could have written it: nothing in it is
// authenticated.
type UnverifiedHeader struct {
	Suite      Suite
	FrameLog2  uint8
	Context    Context        // values of hidden pairs are empty
	Signer     *KeyIdentifier // of who signed, or nil
	Recipients []Entry
	Generation uint32       // how often the recipients were rewritten, plus one
	SlotLen    int          // the bytes of one recipient slot
	BodyAt     int64        // where the frames start
	Digest     HeaderDigest // SM3(H)
}

// Inspect reads what stands before the first frame, at most 74 KiB, and needs no key.
func Inspect(source io.Reader) (*UnverifiedHeader, error) {
	if source == nil {
		return nil, noSource()
	}
	s, err := readStart(source)
	if err != nil {
		return nil, err
	}
	return &UnverifiedHeader{
		Suite: s.suite, FrameLog2: s.frameLog2, Context: s.context, Signer: s.signer,
		Recipients: s.slot.entries, Generation: s.slot.generation,
		SlotLen: s.slotLen, BodyAt: s.bodyAt, Digest: s.digest,
	}, nil
}
