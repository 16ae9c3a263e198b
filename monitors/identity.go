package monitors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Identity is equal for equal specs with equal references, whose panes hold the
// same in the same form: state may be carried from one to the other.
func (m *Monitor) Identity() string { return m.identity }

func (m *Monitor) computeIdentity(id string) string {
	v := struct {
		Spec      *Spec
		Reference string
		ID        string
		Pane      int
	}{Spec: &m.Spec, ID: id, Pane: paneVersion}
	if m.Reference != nil {
		v.Reference = m.Reference.Hash
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a spec of plain values cannot be written: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
