package miyao

import (
	"errors"
	"fmt"
	"runtime"
)

// BatchError says which of many failed; it fits errors.Is(err, [ErrPartial]), and whatever one of them is.
type BatchError struct {
	Items []error // one for each item, nil for what went well
}

func (e *BatchError) Error() string {
	count := 0
	for _, item := range e.Items {
		if item != nil {
			count++
		}
	}
	return fmt.Sprintf("%d of %d failed; Items has each", count, len(e.Items))
}

// Unwrap is [ErrPartial] and what each item failed with.
func (e *BatchError) Unwrap() []error {
	all := []error{ErrPartial}
	for _, item := range e.Items {
		if item != nil {
			all = append(all, item)
		}
	}
	return all
}

// partly takes the statuses of the items where some failed.
func partly(err error, statuses []byte) error {
	if !errors.Is(err, ErrPartial) {
		return err
	}
	items := make([]error, len(statuses))
	for i, status := range statuses {
		if status != 0 {
			items[i] = Kind(status)
		}
	}
	return &BatchError{items}
}

// GenerateSM2Keys makes so many fresh keys. From eight on it takes a fraction of the time that as many single ones take.
func GenerateSM2Keys(count int) ([]*SM2PrivateKey, error) {
	if count < 0 {
		return nil, invalid("a number of keys is negative; ask for 0 or more")
	}
	objects := make([]pointer, count)
	if err := cPrivateRandomBatch(objects); err != nil {
		return nil, err
	}
	keys := make([]*SM2PrivateKey, count)
	for i, object := range objects {
		key, err := madePrivate(object, nil)
		if err != nil {
			for _, rest := range objects[i+1:] {
				cPrivateFree(rest)
			}
			for _, key := range keys[:i] {
				key.Close()
			}
			return nil, err
		}
		keys[i] = key
	}
	return keys, nil
}

// SM2ToSign is one of many messages to sign. A nil user id is [DefaultUserID].
type SM2ToSign struct {
	Key             *SM2PrivateKey
	UserID, Message []byte
}

// SM2SignBatch signs many messages, under the same key or different ones; from eight on it takes a fraction of the time. Where some fail, which too long
// a user id does, a [BatchError] says which, and in place of their signatures are zeros.
func SM2SignBatch(items []SM2ToSign) ([]Signature, error) {
	keys, userIDs, messages := make([]*SM2PrivateKey, len(items)), make([][]byte, len(items)), make([][]byte, len(items))
	for i, item := range items {
		keys[i], userIDs[i], messages[i] = item.Key, user(item.UserID), item.Message
	}
	out, statuses := make([]Signature, len(items)), make([]byte, len(items))
	err := withPrivates(keys, func(objects []pointer) error {
		return partly(cSignBatch(objects, userIDs, messages, out, statuses), statuses)
	})
	if err != nil && !errors.Is(err, ErrPartial) {
		return nil, err
	}
	return out, err
}

// SM2SignDigestBatch signs many digests e (see [SM2PublicKey.Digest]), each with the key at its place.
func SM2SignDigestBatch(keys []*SM2PrivateKey, digests [][32]byte) ([]Signature, error) {
	if len(keys) != len(digests) {
		return nil, errUneven
	}
	out := make([]Signature, len(digests))
	err := withPrivates(keys, func(objects []pointer) error { return cSignDigestBatch(objects, digests, out) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// SM2ToVerify is one of many signatures of messages to verify. A nil user id is [DefaultUserID].
type SM2ToVerify struct {
	Key             *SM2PublicKey
	UserID, Message []byte
	Signature       Signature
}

// SM2VerifyBatch verifies many signatures. It is nil where every one verifies; a [BatchError] says which do not, and one of those says nothing about the
// others.
func SM2VerifyBatch(items []SM2ToVerify) error {
	keys, userIDs, messages := make([]*SM2PublicKey, len(items)), make([][]byte, len(items)), make([][]byte, len(items))
	signatures := make([]Signature, len(items))
	for i, item := range items {
		keys[i], userIDs[i], messages[i], signatures[i] = item.Key, user(item.UserID), item.Message, item.Signature
	}
	statuses := make([]byte, len(items))
	err := partly(cVerifyBatch(publicObjects(keys), userIDs, messages, signatures, statuses), statuses)
	runtime.KeepAlive(keys)
	return err
}

// SM2VerifyDigestBatch verifies many signatures of digests e, each under the key at its place, as [SM2VerifyBatch] does.
func SM2VerifyDigestBatch(keys []*SM2PublicKey, digests [][32]byte, signatures []Signature) error {
	if len(keys) != len(digests) || len(keys) != len(signatures) {
		return errUneven
	}
	statuses := make([]byte, len(keys))
	err := partly(cVerifyDigestBatch(publicObjects(keys), digests, signatures, statuses), statuses)
	runtime.KeepAlive(keys)
	return err
}

var errUneven = invalid("not as many keys, digests and signatures; give one of each for every item")

func publicObjects(keys []*SM2PublicKey) []pointer {
	objects := make([]pointer, len(keys))
	for i, key := range keys {
		objects[i] = key.of()
	}
	return objects
}

// withPrivates keeps many keys from being freed during a call.
func withPrivates(keys []*SM2PrivateKey, call func(objects []pointer) error) error {
	objects := make([]pointer, 0, len(keys))
	defer func() {
		for _, key := range keys[:len(objects)] {
			key.handle.leave()
		}
	}()
	for _, key := range keys {
		object, err := key.enter()
		if err != nil {
			return err
		}
		objects = append(objects, object)
	}
	return call(objects)
}
