// Package gitrev tells which commit files are of. It reads the repository's own
// files, needs no git program, and changes nothing.
package gitrev

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// Files are where the commit that is checked out is looked up.
type Files interface {
	Read(path string) ([]byte, error)
}

// length is how many digits of a commit's hash are shown: enough to be the only
// one in the largest repositories.
const length = 12

// Of returns the short hash of the commit that the work tree of the files is at,
// with -dirty behind it if one of them differs from that commit or is not in it.
// It is "" if they are in no work tree, not all in the same, or in one
// without commits. The files that say which commit is checked out are read
// through looked.
func Of(paths []string, looked Files) (string, error) {
	t, names, err := treeOf(paths)
	if t == nil || err != nil {
		return "", err
	}
	revision, err := t.revision(names, paths, looked)
	if err != nil {
		return "", fmt.Errorf("read the git repository of %s: %w", t.root, err)
	}
	return revision, nil
}

// worktree is a folder that a commit is checked out into.
type worktree struct {
	root   string // of the files
	dir    string // HEAD is there
	common string // all that the repository's work trees share is there
}

// treeOf returns the work tree that holds all files, or nil, and their names
// in it. Symbolic links are followed first: git-sync's moves to each new commit.
func treeOf(paths []string) (t *worktree, names []string, err error) {
	for _, path := range paths {
		path, err := filepath.Abs(path)
		if err != nil {
			return nil, nil, err
		}
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, nil, err
		}
		of, err := find(filepath.Dir(path))
		if err != nil || of == nil || t != nil && of.root != t.root {
			return nil, nil, err
		}
		t = of
		name, err := filepath.Rel(t.root, path)
		if err != nil {
			return nil, nil, err
		}
		names = append(names, filepath.ToSlash(name))
	}
	return t, names, nil
}

// find goes up from a folder to the work tree that it is in.
func find(dir string) (*worktree, error) {
	for {
		at := filepath.Join(dir, ".git")
		info, err := os.Stat(at)
		switch {
		case err == nil && info.IsDir():
			return &worktree{root: dir, dir: at, common: at}, nil
		case err == nil:
			return linked(dir, at)
		case !errors.Is(err, os.ErrNotExist):
			return nil, err
		}
		up := filepath.Dir(dir)
		if up == dir {
			return nil, nil
		}
		dir = up
	}
}

// linked returns a work tree whose .git is a file that says where HEAD is. What
// is shared is there too, or where commondir says.
func linked(root, at string) (*worktree, error) {
	line, err := os.ReadFile(at)
	if err != nil {
		return nil, err
	}
	dir, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "gitdir: ")
	if !ok {
		return nil, fmt.Errorf("%s does not say where the repository is", at)
	}
	t := &worktree{root: root, dir: join(root, dir)}
	t.common = t.dir
	switch line, err = os.ReadFile(filepath.Join(t.dir, "commondir")); {
	case err == nil:
		t.common = join(t.dir, strings.TrimSpace(string(line)))
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	return t, nil
}

func join(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// revision compares files with the commit that is checked out.
func (t *worktree) revision(names, paths []string, looked Files) (string, error) {
	s := t.open()
	commit, err := t.head(s, looked)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	root, err := treeOfCommit(s, commit)
	if err != nil {
		return "", err
	}
	revision := commit.String()[:length]
	for i, path := range paths {
		want, err := lookup(s, root, names[i])
		if err != nil {
			return "", err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if plumbing.ComputeHash(plumbing.BlobObject, data) != want {
			return revision + "-dirty", nil
		}
	}
	return revision, nil
}

func (t *worktree) open() *filesystem.Storage {
	fs := osfs.New(t.dir)
	if t.common != t.dir {
		fs = dotgit.NewRepositoryFilesystem(fs, osfs.New(t.common))
	}
	return filesystem.NewStorageWithOptions(fs, cache.NewObjectLRUDefault(), filesystem.Options{
		AlternatesFS: osfs.New(string(filepath.Separator)), // clones may borrow objects from anywhere
	})
}

// head returns the commit that is checked out, and lets looked see the files
// that decide it.
func (t *worktree) head(s storer.ReferenceStorer, looked Files) (plumbing.Hash, error) {
	if _, err := looked.Read(filepath.Join(t.dir, "HEAD")); err != nil {
		return plumbing.ZeroHash, err
	}
	_, _ = looked.Read(filepath.Join(t.common, "packed-refs")) // need not be there
	ref, err := s.Reference(plumbing.HEAD)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if ref.Type() == plumbing.SymbolicReference {
		_, _ = looked.Read(filepath.Join(t.common, filepath.FromSlash(ref.Target().String()))) // it may be packed
		if ref, err = storer.ResolveReference(s, ref.Target()); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	return ref.Hash(), nil
}

// content returns what an object holds.
func content(s storer.EncodedObjectStorer, kind plumbing.ObjectType, hash plumbing.Hash) (_ []byte, err error) {
	o, err := s.EncodedObject(kind, hash)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, hash, err)
	}
	r, err := o.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(r)
}

// treeOfCommit returns the folder at the root of a commit, which is its first line.
func treeOfCommit(s storer.EncodedObjectStorer, commit plumbing.Hash) (plumbing.Hash, error) {
	b, err := content(s, plumbing.CommitObject, commit)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	tree, ok := strings.CutPrefix(line, "tree ")
	if raw, err := hex.DecodeString(tree); !ok || err != nil || len(raw) != len(commit) {
		return plumbing.ZeroHash, fmt.Errorf("commit %s has no tree", commit)
	}
	return plumbing.NewHash(tree), nil
}

// lookup returns the hash of a file below a folder, or zero if it has none of
// that name.
func lookup(s storer.EncodedObjectStorer, tree plumbing.Hash, name string) (plumbing.Hash, error) {
	for {
		first, rest, deeper := strings.Cut(name, "/")
		b, err := content(s, plumbing.TreeObject, tree)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		folder, hash := entry(b, first)
		if !deeper || hash.IsZero() {
			return hash, nil
		}
		if !folder { // a submodule or a link
			return plumbing.ZeroHash, nil
		}
		tree, name = hash, rest
	}
}

// entry finds a name in a tree object: mode, blank, name, zero byte, hash.
func entry(b []byte, name string) (folder bool, hash plumbing.Hash) {
	for {
		head, rest, ok := bytes.Cut(b, []byte{0})
		if !ok || len(rest) < len(hash) {
			return false, plumbing.ZeroHash
		}
		if mode, of, _ := bytes.Cut(head, []byte(" ")); string(of) == name {
			copy(hash[:], rest)
			return string(mode) == "40000", hash
		}
		b = rest[len(hash):]
	}
}
