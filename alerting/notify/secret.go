package notify

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"driftwatch/alerting"
)

// Secret returns what a file holds, without the white space around it. It is
// read for each message, so that a rotated secret is used at once.
func Secret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", BadSecret(err)
	}
	s := strings.TrimSpace(string(b))
	if s == "" {
		return "", BadSecret(fmt.Errorf("%s is empty", path))
	}
	return s, nil
}

// BadSecret is the failure of a message whose secret cannot be used. err must
// not hold it.
func BadSecret(err error) error {
	return &alerting.Error{Kind: alerting.Permanent, Reason: "secret", Err: fmt.Errorf("read a secret: %w", err)}
}

// hidden stands where a secret was.
const hidden = "[secret]"

// Redact removes secrets from a text. Of an address that is secret its path
// and what follows is removed alone too, and each word of a secret with several,
// such as "Bearer x".
func Redact(text string, secrets ...string) string {
	for _, s := range secrets {
		if u, err := url.Parse(s); err == nil && u.Host != "" && len(u.RequestURI()) > 1 {
			text = strings.ReplaceAll(text, s, hidden)
			text = strings.ReplaceAll(text, u.RequestURI(), "/"+hidden)
			if len(u.Path) > 1 {
				text = strings.ReplaceAll(text, u.Path, "/"+hidden)
			}
		}
		if len(s) >= minSecret {
			text = strings.ReplaceAll(text, s, hidden)
		}
		for _, word := range strings.Fields(s) {
			if len(word) >= minWord {
				text = strings.ReplaceAll(text, word, hidden)
			}
		}
	}
	return text
}

// The shortest secrets, and words of them, that are removed: shorter ones occur
// in any text.
const (
	minSecret = 4
	minWord   = 7
)

// IsWebURL reports whether s is an http or https address.
func IsWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
