package miyao

import "runtime"

// Key says which key of a store: a prepared [KeyRef], or a [Name].
type Key interface {
	ref() (*KeyRef, error)
}

// Name is a key by its name, an alias or its id of 32 hexadecimal digits, or one of its versions as NAME:VERSION. It is read in each call; where a key
// is used again and again, [ParseKeyRef] reads it once.
type Name string

func (n Name) ref() (*KeyRef, error) { return ParseKeyRef(string(n)) }

// KeyRef is a name that was read. Whether there is such a key is looked up when it is used; it belongs to no store.
type KeyRef struct {
	owned *owned
}

// ParseKeyRef reads NAME or NAME:VERSION, as [Name] says.
func ParseKeyRef(text string) (*KeyRef, error) {
	object, err := cKeyRefNew(text)
	if err != nil {
		return nil, err
	}
	return newKeyRef(object), nil
}

func newKeyRef(object pointer) *KeyRef { return &KeyRef{own(object, cKeyRefFree)} }

// of is the library's object, which is nil for no key.
func (k *KeyRef) of() pointer {
	if k == nil {
		return nil
	}
	return k.owned.of()
}

// WithVersion is the same key with this version, or with none for 0.
func (k *KeyRef) WithVersion(version uint32) (*KeyRef, error) {
	if k.of() == nil {
		return nil, errNoKey
	}
	object, err := cKeyRefVersion(k.of(), version)
	runtime.KeepAlive(k)
	if err != nil {
		return nil, err
	}
	return newKeyRef(object), nil
}

func (k *KeyRef) ref() (*KeyRef, error) {
	if k.of() == nil {
		return nil, errNoKey
	}
	return k, nil
}

var errNoKey = invalid("no key is named; give a Name or a KeyRef")

func named(key Key) (*KeyRef, error) {
	if key == nil {
		return nil, errNoKey
	}
	return key.ref()
}
