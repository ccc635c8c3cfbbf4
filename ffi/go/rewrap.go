package miyao

// RewrapMessage wraps a message anew for another recipient: the entry that an identity of by opens is replaced, or the entry that the recipient has
// already. Header, body, signature and everybody else's entries do not change; what else by demands is not looked at. The file key stays the same:
// who has it, or the message as it was, can still open that.
//
// [ErrMissing] is that no identity is among the recipients, [ErrRejected] an altered entry.
func RewrapMessage(message []byte, by OpenOptions, to Recipient) (fresh []byte, err error) {
	err = rewrapping(by, to, func(opener, options pointer) error {
		fresh, err = cMessageRewrap(opener, options, message)
		return err
	})
	return fresh, err
}

// RewrapMessageFile is the same of a message in its file, in place, at a cost that does not depend on its size. [ErrBusy] is another process that rewraps
// it; the message stays readable after every failure, and when power fails.
func RewrapMessageFile(path string, by OpenOptions, to Recipient) (done Rewrapped, err error) {
	err = rewrapping(by, to, func(opener, options pointer) error {
		number, err := cMessageRewrapFile(opener, options, path)
		done = Rewrapped(number)
		return err
	})
	return done, err
}

func rewrapping(by OpenOptions, to Recipient, with func(opener, options pointer) error) error {
	options := MessageOptions{Recipients: []Recipient{to}}
	return by.use(func(opener pointer) error {
		return options.use(func(options pointer) error { return with(opener, options) })
	})
}
