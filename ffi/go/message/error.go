package message

import "fmt"

// Kind is what went wrong, by its number in docs/errors.md: the same in miyao's library, command and audit log.
//
// A Kind is an error itself, so errors.Is(err, message.ErrTruncated) asks for one, and errors.As finds the number.
type Kind uint8

// The kinds that this package returns. An [Identity] may return errors of its own; they are passed on as they are.
const (
	ErrRejected    Kind = 3
	ErrInvalid     Kind = 4
	ErrMalformed   Kind = 5
	ErrUnsupported Kind = 6
	ErrTruncated   Kind = 7
	ErrTooLarge    Kind = 8
	ErrMissing     Kind = 9
	ErrIO          Kind = 20
)

// Error is the kind's meaning, word for word as in docs/errors.md.
func (k Kind) Error() string {
	switch k {
	case ErrRejected:
		return "Verification failed: wrong key, wrong context or altered bytes."
	case ErrInvalid:
		return "An argument is outside what the operation accepts."
	case ErrMalformed:
		return "Bytes are not in the format they claim to be."
	case ErrUnsupported:
		return "A version, suite or algorithm that this build does not know."
	case ErrTruncated:
		return "Input ended before it was complete."
	case ErrTooLarge:
		return "A size or count is beyond its documented limit."
	case ErrMissing:
		return "No key, version, alias, recipient or file of this name."
	case ErrIO:
		return "Reading or writing failed."
	}
	return "A failure of a kind that this release does not know."
}

// failure is a kind with a sentence that says what happened and what to do.
type failure struct {
	kind  Kind
	text  string
	cause error
}

func fail(kind Kind, text string) error { return &failure{kind, text, nil} }

// ioFailure keeps the source's own error findable by errors.Is.
func ioFailure(cause error) error {
	return &failure{ErrIO, "the message could not be read: see the cause", cause}
}

// impossible is the failure of a source that says that it read what cannot be, or no more and not why.
func impossible(read, room int) error {
	return ioFailure(fmt.Errorf("the source says that it read %d of %d bytes", read, room))
}

func (f *failure) Error() string {
	if f.cause != nil {
		return f.text + ": " + f.cause.Error()
	}
	return f.text
}

func (f *failure) Unwrap() []error {
	if f.cause != nil {
		return []error{f.kind, f.cause}
	}
	return []error{f.kind}
}
