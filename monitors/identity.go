package monitors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Identity is equal for equal specs with equal references: state may be
// carried from one to the other.
func (m *Monitor) Identity() string { return m.identity }

func (m *Monitor) computeIdentity() string {
	v := struct {
		Spec      *Spec
		Reference string
	}{Spec: &m.Spec}
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
