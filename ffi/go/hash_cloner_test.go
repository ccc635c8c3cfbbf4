//go:build go1.25

package miyao

import (
	"bytes"
	"errors"
	"hash"
	"testing"
)

func TestAHashIsCopiedAsGoCopies(t *testing.T) {
	h := NewSM3()
	h.Write([]byte("te"))
	other := need[hash.Cloner](t)(h.(hash.Cloner).Clone())
	h.Write([]byte("xt"))
	other.Write([]byte("xt"))
	if want := SM3([]byte("text")); !bytes.Equal(h.Sum(nil), want[:]) || !bytes.Equal(other.Sum(nil), want[:]) {
		t.Fatal("the copy went another way")
	}
	cmac := need[*Hash](t)(NewCMAC(make([]byte, 16)))
	_, err := cmac.Clone()
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Fatal(err)
	}
}
