package message

import (
	"encoding/binary"
	"slices"
	"strings"
)

const (
	maxPairs         = 64      // M23
	maxStoredContext = 8192    // M6
	maxFullContext   = 1 << 16 // M25
)

// Pair is one pair of the encryption context (加密上下文) that a message or token is bound to. Key and Value are bytes,
// whatever their encoding.
type Pair struct {
	Key, Value string
	// Hidden pairs are of class 1: the value is required but not stored. Of pairs given to open a message the class does
	// not matter (M26); a token is opened under the classes it was made under (M82).
	Hidden bool
}

// Context is pairs in any order, no key twice.
type Context []Pair

// sorted is c in the order of M20, if a caller may give it.
func (c Context) sorted() (Context, error) {
	ordered := slices.Clone(c)
	slices.SortFunc(ordered, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
	size := 0
	for at, pair := range ordered {
		if pair.Key == "" {
			return nil, fail(ErrInvalid, "a context key is empty; give each pair a key")
		}
		if at > 0 && ordered[at-1].Key == pair.Key {
			return nil, fail(ErrInvalid, "a context key is given twice; each key stands once")
		}
		size += 5 + len(pair.Key) + len(pair.Value)
	}
	if len(ordered) > maxPairs || size > maxFullContext {
		return nil, fail(ErrTooLarge, "the context is too large; at most 64 pairs and 65,536 bytes")
	}
	return ordered, nil
}

// storedLen is how long the encoding is without hidden values.
func (c Context) storedLen() (length int) {
	for _, pair := range c {
		length += 5 + len(pair.Key)
		if !pair.Hidden {
			length += len(pair.Value)
		}
	}
	return length
}

// encode is the full encoding (M20, M25) of a sorted context whose lengths were checked.
func (c Context) encode() []byte {
	var out []byte
	for _, pair := range c {
		class := byte(0)
		if pair.Hidden {
			class = 1
		}
		out = append(out, class)
		for _, counted := range []string{pair.Key, pair.Value} {
			out = binary.BigEndian.AppendUint16(out, uint16(len(counted)))
			out = append(out, counted...)
		}
	}
	return out
}

// parseContext reads what stands in H (M20–M24).
func parseContext(stored []byte) (Context, error) {
	malformed := fail(ErrMalformed, "the context in the header is malformed; this is no intact message")
	var context Context
	for rest := stored; len(rest) > 0; {
		class := rest[0]
		key, rest1, ok := counted(rest[1:])
		value, rest2, ok2 := counted(rest1)
		switch {
		case !ok || !ok2, class > 1, len(key) == 0, class == 1 && len(value) > 0, len(context) == maxPairs:
			return nil, malformed
		case len(context) > 0 && context[len(context)-1].Key >= string(key):
			return nil, malformed
		}
		context = append(context, Pair{string(key), string(value), class == 1})
		rest = rest2
	}
	return context, nil
}

// counted splits off a u16 length and as many bytes.
func counted(bytes []byte) (head, rest []byte, ok bool) {
	if len(bytes) < 2 {
		return nil, nil, false
	}
	end := 2 + int(binary.BigEndian.Uint16(bytes))
	if end > len(bytes) {
		return nil, nil, false
	}
	return bytes[2:end], bytes[end:], true
}

// completed is the full context of a message whose header holds c (M25), if what the caller gives fits (M26).
func (c Context) completed(given Context, every bool) (Context, error) {
	values := make(map[string]string, len(given))
	for _, pair := range given {
		values[pair.Key] = pair.Value
	}
	full, size, used := slices.Clone(c), 0, 0
	for at := range full {
		pair := &full[at]
		value, isGiven := values[pair.Key]
		if isGiven {
			used++
		}
		switch {
		case pair.Hidden && isGiven:
			pair.Value = value
		case pair.Hidden, isGiven && value != pair.Value, !isGiven && every:
			return nil, ErrRejected
		}
		size += 5 + len(pair.Key) + len(pair.Value)
	}
	// Keys stand once on both sides, so a pair that the header lacks shows in the count.
	if used != len(given) || size > maxFullContext {
		return nil, ErrRejected
	}
	return full, nil
}
