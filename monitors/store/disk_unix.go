//go:build linux || darwin || freebsd

package store

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"syscall"
)

// diskRoom returns how many bytes the disk of a file has left, or more than any
// file needs where that is not known.
func diskRoom(path string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(path), &s); err != nil {
		return math.MaxInt64
	}
	return int64(s.Bavail) * int64(s.Bsize) //nolint:unconvert // the types differ between systems
}

// syncFolder makes it durable which file has the name path.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
