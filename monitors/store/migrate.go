package store

import (
	"fmt"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// migrations bring a store from one version to the next, the first of them from
// version 1 to 2. A new layout adds one here, and a store of the version before
// to testdata.
var migrations = []func(*bolt.Tx) error{
	addReferences,
	addDigests,
	addAmendments,
	addHistory,
}

// Version is the layout that this program reads and writes.
var Version = len(migrations) + 1

// addReferences makes the place for references.
func addReferences(tx *bolt.Tx) error {
	_, err := tx.CreateBucketIfNotExists(bucketReferences)
	return err
}

// addDigests makes the place for digests; windows that closed before have none.
func addDigests(tx *bolt.Tx) error {
	_, err := tx.CreateBucketIfNotExists(bucketDigests)
	return err
}

// addAmendments makes the place for late records that change closed windows.
func addAmendments(tx *bolt.Tx) error {
	for _, name := range [][]byte{bucketLate, bucketJudged, bucketDue} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

// addHistory makes the place for what was found when; it begins empty.
func addHistory(tx *bolt.Tx) error {
	_, err := tx.CreateBucketIfNotExists(bucketHistory)
	return err
}

// migrate brings the store to this program's version, in one transaction for
// each step: one that is interrupted is taken again.
func (s *Store) migrate() error {
	for {
		v, err := s.version()
		if err != nil || v == Version {
			return err
		}
		err = s.db.Update(func(tx *bolt.Tx) error {
			if err := migrations[v-1](tx); err != nil {
				return err
			}
			return putVersion(tx, v+1)
		})
		if err != nil {
			return fmt.Errorf("bring it from version %d to %d: %w", v, v+1, err)
		}
	}
}

// checkVersion refuses a store that would have to be migrated.
func (s *Store) checkVersion() error {
	v, err := s.version()
	if err == nil && v < Version {
		err = fmt.Errorf("version %d is older than this program's %d: start the daemon once, which brings it up to date", v, Version)
	}
	return err
}

// version returns the version of the store, which is one that can be read.
func (s *Store) version() (v int, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			return fmt.Errorf("it is not a driftwatch store: %q is missing", bucketMeta)
		}
		v, err = strconv.Atoi(string(meta.Get(keyVersion)))
		switch {
		case err != nil:
			return fmt.Errorf("read its version: %w", err)
		case v > Version:
			return fmt.Errorf("version %d is newer than this program's %d: run a newer driftwatch", v, Version)
		case v < 1:
			return fmt.Errorf("there is no version %d: put a copy in its place", v)
		}
		return nil
	})
	return v, err
}

// checkBuckets finds what a store of this version has to have.
func (s *Store) checkBuckets() error {
	return s.db.View(func(tx *bolt.Tx) error {
		for _, name := range topLevel {
			if tx.Bucket(name) == nil {
				return fmt.Errorf("it is not a driftwatch store: %q is missing", name)
			}
		}
		return nil
	})
}

func putVersion(tx *bolt.Tx, v int) error {
	return tx.Bucket(bucketMeta).Put(keyVersion, []byte(strconv.Itoa(v)))
}
