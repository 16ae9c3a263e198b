package yamlx

import (
	"regexp"
	"strings"
)

// secretKeys are the last words of keys whose value must never be shown. A key
// that ends in _file names a file and is none.
const secretKeys = `authorization|cookie|webhook_url|password|passwd|token|secret|routing_key|api[_-]?key|private_key`

var (
	secretKey   = regexp.MustCompile(`(?i)(?:^|[_-])(?:` + secretKeys + `)$`)
	secretValue = regexp.MustCompile(`(?i)((?:` + secretKeys + `)["']?\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"'](?:[^,}]|,\S)*)`)
	secretBlock = regexp.MustCompile(`(?i)^([\s-]*)["']?(?:[\w-]*[_-])?(?:` + secretKeys + `)["']?\s*:`)
	secretURL   = regexp.MustCompile(`(?i)\b(https?://)([^\s/"']*@|hooks\.[^\s/"']*/)[^\s"',}]*`)
)

const masked = "********"

// mask hides the values of secret keys, web hooks and passwords in addresses
// in a line that is about to be shown.
func mask(line string) string {
	line = strings.TrimRight(line, "\r")
	line = secretValue.ReplaceAllString(line, "${1}"+masked)
	return secretURL.ReplaceAllString(line, "${1}"+masked)
}

// isSecret reports whether values under the key must not be shown.
func isSecret(key string) bool { return secretKey.MatchString(key) }

// secretLines finds the lines that continue the value of a secret key: those
// below the key that are indented deeper than it, or that are empty.
func secretLines(lines []string) map[int]bool {
	hidden := make(map[int]bool)
	indent := -1 // of the secret key that the lines are below
	for i, line := range lines {
		text := strings.TrimLeft(line, " \t")
		switch at := secretBlock.FindStringSubmatch(line); {
		case text == "":
		case indent >= 0 && len(line)-len(text) > indent:
			hidden[i+1] = true
		case at != nil:
			indent = len(at[1])
		default:
			indent = -1
		}
	}
	return hidden
}
