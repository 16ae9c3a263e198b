package store

import (
	"errors"
	"fmt"
	"os"

	bolt "go.etcd.io/bbolt"
)

// Usage is what the store takes of the disk.
type Usage struct {
	Bytes int64 // of the file
	Free  int64 // of them, to be used again
}

// Usage returns what the store takes of the disk now.
func (s *Store) Usage() (u Usage, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	info, err := os.Stat(s.path)
	if err != nil {
		return u, err
	}
	err = s.db.View(func(tx *bolt.Tx) error {
		u.Bytes = info.Size()
		u.Free = int64(s.db.Stats().FreeAlloc) + max(0, u.Bytes-tx.Size())
		return nil
	})
	return u, err
}

const (
	// worthwhile is the least that a compaction has to win, beside half of the file.
	worthwhile = 16 << 20
	// chunk bounds what a compaction copies in one transaction, and so its memory.
	chunk = 16 << 20
	// spare is what a compaction leaves to others of the disk's room.
	spare = 64 << 20
)

// compactSuffix is of the copy's name while it is made.
const compactSuffix = ".compact"

// NoRoomError says that the disk has no room for the copy that a compaction makes.
type NoRoomError struct{ Need, Room int64 }

func (e *NoRoomError) Error() string {
	return fmt.Sprintf("a smaller copy takes %d MiB and the disk has %d: make room for it", e.Need>>20, e.Room>>20)
}

// Compact gives free space of the file back to the disk where that is at least
// half of it, and returns how much that was. Writers wait for it; readers go
// on. Whenever it is interrupted, the store is the old file or its whole copy.
func (s *Store) Compact() (won int64, err error) {
	before, err := s.Usage()
	if err != nil || before.Free < max(worthwhile, before.Bytes/2) {
		return 0, err
	}
	need := before.Bytes - before.Free + spare
	if room := s.room(s.path); room < need {
		return 0, &NoRoomError{need, room}
	}
	if err := s.compact(); err != nil {
		return 0, err
	}
	after, err := s.Usage()
	return before.Bytes - after.Bytes, err
}

// compact replaces the file by a copy without free space. Both are locked until
// the old one is gone, so that no other process can come between.
func (s *Store) compact() error {
	s.write.Lock()
	defer s.write.Unlock()
	tmp := s.path + compactSuffix
	fresh, err := copyTo(tmp, s.db)
	if err != nil {
		return fmt.Errorf("copy store %s: %w", s.path, errors.Join(err, removeFile(tmp)))
	}
	if err := os.Rename(tmp, s.path); err != nil {
		return fmt.Errorf("replace store %s by its copy: %w", s.path, errors.Join(err, fresh.Close(), removeFile(tmp)))
	}
	s.mu.Lock() // waits for those who read the old one
	old := s.db
	s.db = fresh
	s.mu.Unlock()
	// Not before it is certain that the copy has the name may anything be written to it.
	return errors.Join(syncFolder(s.path), old.Close())
}

// copyTo makes a copy of a database that is safely on the disk.
func copyTo(path string, from *bolt.DB) (*bolt.DB, error) {
	if err := removeFile(path); err != nil {
		return nil, err
	}
	to, err := open(path, false)
	if err != nil {
		return nil, err
	}
	to.NoSync = true
	err = bolt.Compact(to, from, chunk)
	if err == nil {
		err = to.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, to.Close())
	}
	to.NoSync = false
	return to, nil
}

// removeFile removes a file; one that is not there is no error.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
