package miyao

import (
	"errors"
	"fmt"
)

// Kind is what a failure is, by its number in docs/errors.md. A later release may have others: treat them as a failure of unknown kind.
type Kind uint32

const (
	ErrRejected    Kind = 3  // Verification failed: wrong key, wrong context or altered bytes.
	ErrInvalid     Kind = 4  // An argument is outside what the operation accepts.
	ErrMalformed   Kind = 5  // Bytes are not in the format they claim to be.
	ErrUnsupported Kind = 6  // A version, suite or algorithm that this build does not know.
	ErrTruncated   Kind = 7  // Input ended before it was complete.
	ErrTooLarge    Kind = 8  // A size or count is beyond its documented limit.
	ErrMissing     Kind = 9  // No key, version, alias, recipient or file of this name.
	ErrExists      Kind = 10 // The name is taken, or the output file exists.
	ErrConflict    Kind = 11 // Somebody else changed it first; read again and retry.
	ErrForbidden   Kind = 12 // The state of the key or of its version, or what its certificate says, forbids the operation.
	ErrDenied      Kind = 13 // The policy does not permit this principal to do this; or a device does not take the PIN.
	ErrExhausted   Kind = 14 // A limit of the key (period, messages, bytes) is used up; rotate it.
	ErrCorrupt     Kind = 15 // The stored records contradict their MACs; run `doctor`.
	ErrRolledBack  Kind = 16 // The store shows an older state than this client has already seen.
	ErrReadOnly    Kind = 17 // The store or the record was written by a newer release and can only be read.
	ErrBusy        Kind = 18 // Somebody holds the lock; try again.
	ErrUnavailable Kind = 19 // The store, device or file system does not answer.
	ErrIO          Kind = 20 // Reading or writing failed.
	ErrEntropy     Kind = 21 // The system gave no randomness.
	ErrSelfTest    Kind = 22 // A known-answer test failed; this build must not be used.
	ErrStale       Kind = 23 // What is cached is older than the hard time-to-live and the store cannot be asked; or a revocation list is out of its time.
	ErrClock       Kind = 24 // The clock stepped; time-driven changes wait for a confirmation.
	ErrPartial     Kind = 25 // Some of many items failed; the report lists them.
	ErrInternal    Kind = 99 // A defect of miyao itself; please report it.
)

var (
	// ErrClosed is what a closed object answers; it is an [ErrInvalid] too.
	ErrClosed error = &Error{Kind: ErrInvalid, Message: "the object was closed; open or make another"}

	errShared = &Error{Kind: ErrInvalid, Message: "another goroutine is using this stream; give each its own"}
)

// Error is a failure in words: what happened and what to do next. It never contains key bytes, plaintext, contexts or the contents of files.
type Error struct {
	Kind    Kind
	Message string
	Cause   error // what a reader or writer of the caller's returned, if that was it
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the kind, and the cause where there is one.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// String is the kind's name in docs/errors.md.
func (k Kind) String() string {
	if name := cStatusName(uint32(k)); name != "Unknown" {
		return name
	}
	return fmt.Sprintf("Kind(%d)", uint32(k))
}

func (k Kind) Error() string {
	if k == ErrRejected {
		return "miyao: rejected: wrong key, wrong context or altered bytes"
	}
	return "miyao: " + k.String()
}

// Is lets [ErrUnsupported] be [errors.ErrUnsupported].
func (k Kind) Is(target error) bool { return k == ErrUnsupported && target == errors.ErrUnsupported }

func invalid(message string) error { return &Error{Kind: ErrInvalid, Message: message} }
