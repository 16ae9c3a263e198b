// Package store keeps what must survive a crash in one bbolt file: where each
// partition was read to, the panes that were open there, closed windows, rule
// states and the outbox. It stores bytes under keys and knows no meanings; what
// belongs together is written in one Update, which is one fsync.
package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"driftwatch/monitors/window"
)

// Name is the file inside the store's folder.
const Name = "driftwatch.db"

// The top-level buckets.
var (
	bucketMeta       = []byte("meta")
	bucketPartitions = []byte("partitions") // stream \0 partition -> state
	bucketPanes      = []byte("panes")      // monitor \0 end partition -> pane
	bucketMonitors   = []byte("monitors")   // monitor -> what it was made from
	bucketWindows    = []byte("windows")    // bucket a monitor: end -> result
	bucketProfiles   = []byte("profiles")   // bucket a monitor: end of a pane -> merged pane
	bucketVolumes    = []byte("volumes")    // bucket a monitor: end -> rows, flags
	bucketDigests    = []byte("digests")    // bucket a monitor: end -> the result in few bytes
	bucketReferences = []byte("references") // bucket a monitor: kind -> what is kept for it
	bucketLate       = []byte("late")       // bucket a monitor: end of a closed pane -> its late records
	bucketJudged     = []byte("judged")     // bucket a monitor: end -> what the window was judged by
	bucketDue        = []byte("due")        // bucket a monitor: end of a window that late records change
	bucketHistory    = []byte("history")    // bucket a monitor: time of the clock, number -> what was found then
	bucketRules      = []byte("rules")      // monitor -> state of its rules
	bucketOutbox     = []byte("outbox")     // bucket a receiver: id -> event

	topLevel = [][]byte{bucketMeta, bucketPartitions, bucketPanes, bucketMonitors, bucketWindows,
		bucketProfiles, bucketVolumes, bucketDigests, bucketReferences, bucketLate, bucketJudged, bucketDue,
		bucketHistory, bucketRules, bucketOutbox}
	// ofMonitors are those with a bucket for each monitor.
	ofMonitors = [][]byte{bucketWindows, bucketProfiles, bucketVolumes, bucketDigests, bucketReferences, bucketLate, bucketJudged, bucketDue,
		bucketHistory}
	keyVersion = []byte("version")
)

// ErrLocked says that another process has the store open.
var ErrLocked = errors.New("another process has it open")

// Store is one open store file.
type Store struct {
	path  string
	room  func(path string) int64 // of the disk
	write sync.Mutex              // of the one writer: an update, or a compaction
	mu    sync.RWMutex
	db    *bolt.DB // another one after a compaction: readers hold mu meanwhile, and so does who replaces it
}

// Open opens the store in the folder dir and makes both where they do not
// exist. A new file appears under its name only when it is complete. A file
// that another process has open, that is damaged or that a newer version wrote
// is an error.
func Open(dir string) (*Store, error) { return openIn(dir, false) }

// OpenTemporary is Open for a store that nobody needs after a crash: it does
// not wait for the disk.
func OpenTemporary(dir string) (*Store, error) { return openIn(dir, true) }

// OpenReadOnly opens the store in a folder, or a file that is a copy of one, for
// View alone. Several processes may do so at a time, but not beside one that
// writes.
func OpenReadOnly(path string) (*Store, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, Name)
	}
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	} else if info.Size() == 0 { // bbolt would write into it
		return nil, fmt.Errorf("open store %s: %w", path, &DamagedError{errors.New("it is empty")})
	}
	db, err := open(path, true)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s := &Store{db: db, path: path}
	for _, check := range []func() error{s.checkPages, s.checkVersion, s.checkBuckets} {
		if err := check(); err != nil {
			return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), db.Close())
		}
	}
	return s, nil
}

func openIn(dir string, temporary bool) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make the store's folder: %w", err)
	}
	path := filepath.Join(dir, Name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("make store %s: %w", path, err)
		}
	}
	db, err := open(path, false)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s := &Store{db: db, path: path, room: diskRoom}
	for _, check := range []func() error{s.checkPages, s.migrate, s.checkBuckets, s.tidy} {
		if err := check(); err != nil {
			return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), db.Close())
		}
	}
	s.db.NoSync = temporary
	return s, nil
}

// DamagedError is a store file whose structure is broken.
type DamagedError struct{ Fault error }

func (e *DamagedError) Error() string {
	return fmt.Sprintf("the file is damaged (%v): put a copy in its place, or move it away to begin anew", e.Fault)
}

// Unwrap returns what was found.
func (e *DamagedError) Unwrap() error { return e.Fault }

// checkPages walks all pages, so that damage is an error of the start and not a
// fault in the middle of the night. bbolt's own check believes what it reads, so
// it is asked last.
func (s *Store) checkPages() error {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return s.db.View(func(tx *bolt.Tx) error {
		if size := tx.Size(); info.Size() < size {
			return &DamagedError{fmt.Errorf("%d of its %d bytes are missing", size-info.Size(), size)}
		}
		if err := checkStructure(tx, file); err != nil {
			return &DamagedError{err}
		}
		var first error
		for err := range tx.Check() {
			if first == nil {
				first = &DamagedError{err}
			}
		}
		return first
	})
}

func open(path string, readOnly bool) (db *bolt.DB, err error) {
	// On some damaged pages bbolt panics, on others it reads where nothing is mapped,
	// which is to be a panic too. To the caller both are errors like any other.
	before := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			err = &DamagedError{fmt.Errorf("%v", r)}
		}
	}()
	var file *os.File
	db, err = bolt.Open(path, 0o600, &bolt.Options{
		Timeout: time.Second, FreelistType: bolt.FreelistMapType, ReadOnly: readOnly, PreLoadFreelist: true,
		OpenFile: func(name string, flag int, perm os.FileMode) (f *os.File, err error) {
			file, err = os.OpenFile(name, flag, perm)
			return file, err
		},
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, ErrLocked
	}
	if err == nil && !hasName(file, path) {
		return nil, errors.Join(ErrLocked, db.Close()) // it was replaced by its copy while its lock was waited for
	}
	return db, err
}

// hasName reports whether an open file is the one at path.
func hasName(file *os.File, path string) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(open, named)
}

// tidy removes what an interrupted compaction left, and counts the free pages.
func (s *Store) tidy() error {
	if err := removeFile(s.path + compactSuffix); err != nil {
		return err
	}
	tx, err := s.db.Begin(true) // bbolt counts when a writer ends
	if err != nil {
		return err
	}
	return tx.Rollback()
}

func create(path string) error {
	tmp := path + ".new"
	if err := removeFile(tmp); err != nil {
		return err
	}
	db, err := open(tmp, false)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range topLevel {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return putVersion(tx, Version)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncFolder(path)
}

// Path is the store's file.
func (s *Store) Path() string { return s.path }

// Close closes the file, once nobody reads or writes it any more.
func (s *Store) Close() error {
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.Close()
}

// Update runs fn in a transaction that is durable when Update returns nil, and
// leaves nothing behind when it returns an error.
func (s *Store) Update(fn func(*Tx) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	return s.db.Update(func(tx *bolt.Tx) error { return fn(&Tx{tx}) })
}

// View runs fn in a read-only transaction. Slices that fn receives are valid
// only inside it.
func (s *Store) View(fn func(*Tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.db.View(func(tx *bolt.Tx) error { return fn(&Tx{tx}) })
}

// timeKey orders by time: big endian with the sign bit flipped.
func timeKey(t window.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(t)^1<<63)
}

func keyTime(k []byte) window.Time {
	return window.Time(binary.BigEndian.Uint64(k) ^ 1<<63)
}
