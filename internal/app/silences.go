package app

import "driftwatch/monitors/store"

// shelf keeps the silences in the store.
type shelf struct{ store *store.Store }

const silencesKey = "silences"

// Load implements alerting.Shelf.
func (s shelf) Load() (b []byte, err error) {
	err = s.store.View(func(tx *store.Tx) error {
		b = append(b, tx.Meta(silencesKey)...)
		return nil
	})
	return b, err
}

// Save implements alerting.Shelf.
func (s shelf) Save(b []byte) error {
	return s.store.Update(func(tx *store.Tx) error { return tx.PutMeta(silencesKey, b) })
}
