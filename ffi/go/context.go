package miyao

// Context is what is authenticated with a token or a message: whoever decrypts must give the same. It is an [EncryptionContext], [Pairs], or nil for
// none. A nil pointer to an EncryptionContext, as a [NewContext] that failed gives, and a zero value are [ErrInvalid]: what was to be bound would not be.
type Context interface {
	context() (*EncryptionContext, error)
}

// Pairs is a context that is read in each call; where one is used again and again, [NewContext] reads it once.
type Pairs map[string]string

func (p Pairs) context() (*EncryptionContext, error) { return NewContext(p) }

// EncryptionContext holds up to 64 pairs of key and value, which are bytes.
type EncryptionContext struct {
	owned *owned
}

// NewContext makes a context of pairs that stand in a message's header, readable without a key; tokens store no pair.
func NewContext(stored map[string]string) (*EncryptionContext, error) {
	return NewHiddenContext(stored, nil)
}

// NewHiddenContext adds pairs of which a message stores the key alone: whoever decrypts has to bring the value.
func NewHiddenContext(stored, hidden map[string]string) (*EncryptionContext, error) {
	object, err := cContextNew()
	if err != nil {
		return nil, err
	}
	c := &EncryptionContext{own(object, cContextFree)}
	for key, value := range stored {
		if err := cContextAdd(object, key, value, false); err != nil {
			return nil, err
		}
	}
	for key, value := range hidden {
		if err := cContextAdd(object, key, value, true); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *EncryptionContext) context() (*EncryptionContext, error) {
	if c.of() == nil {
		return nil, invalid("a context is nil or a zero value; give what NewContext returned, or nil itself for none")
	}
	return c, nil
}

// of is the library's object, which is nil for no context.
func (c *EncryptionContext) of() pointer {
	if c == nil {
		return nil
	}
	return c.owned.of()
}

func bound(context Context) (*EncryptionContext, error) {
	if context == nil {
		return nil, nil
	}
	return context.context()
}
