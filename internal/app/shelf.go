package app

import "driftwatch/monitors/store"

// shelf keeps something small under a name in the store.
type shelf struct {
	store *store.Store
	key   string
}

const (
	silencesKey = "silences"
	digestKey   = "digest " // and its name
)

// Load implements alerting.Shelf.
func (s shelf) Load() (b []byte, err error) {
	err = s.store.View(func(tx *store.Tx) error {
		b = append(b, tx.Meta(s.key)...)
		return nil
	})
	return b, err
}

// Save implements alerting.Shelf.
func (s shelf) Save(b []byte) error {
	return s.store.Update(func(tx *store.Tx) error { return tx.PutMeta(s.key, b) })
}
