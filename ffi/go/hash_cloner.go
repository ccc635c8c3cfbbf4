//go:build go1.25

package miyao

import "hash"

var _ hash.Cloner = (*Hash)(nil)

// Clone is [Hash.Copy] as [hash.Cloner] has it.
func (h *Hash) Clone() (hash.Cloner, error) {
	other, err := h.Copy()
	if err != nil {
		return nil, err
	}
	return other, nil
}
