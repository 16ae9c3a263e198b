package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Copy returns a copy of the store as it is now, in a file that has no name and is
// gone once it is closed. It lies beside the store and not at the other end of a
// connection, because a transaction that is read for long keeps the store
// from growing.
func (s *Store) Copy() (_ *os.File, err error) {
	f, err := os.CreateTemp(filepath.Dir(s.path), Name+".copy-*")
	if err != nil {
		return nil, fmt.Errorf("copy store %s: %w", s.path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("copy store %s: %w", s.path, err), f.Close())
		}
	}()
	if err := os.Remove(f.Name()); err != nil {
		return nil, err
	}
	err = s.View(func(tx *Tx) error {
		_, err := tx.tx.WriteTo(f)
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = f.Seek(0, io.SeekStart)
	return f, err
}
