package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"driftwatch/internal/gitrev"
	"driftwatch/internal/watch"
)

// revision identifies the contents of the rule files: by the commit that they
// are of where they are in a git work tree, else by their hash. A repository
// that cannot be read keeps no rules from being used.
func revision(paths []string, files *watch.Files, log *slog.Logger) (string, error) {
	r, err := gitrev.Of(paths, files)
	if err != nil {
		log.Warn("the commit of the rule files is not known; their revision is a hash of their contents", "error", err)
	}
	if r != "" {
		return r, nil
	}
	return contentHash(paths)
}

// contentHash depends on the contents of files, in the order of their names.
func contentHash(paths []string) (string, error) {
	h := sha256.New()
	for _, path := range slices.Sorted(slices.Values(paths)) {
		b, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read rules: %w", err)
		}
		fmt.Fprintf(h, "%d\n", len(b))
		h.Write(b)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)[:6]), nil
}
