// Package prometheus holds the alerting rules about the daemon itself, which
// Prometheus loads from their file and `driftwatch dashboards` writes.
package prometheus

import _ "embed"

// Rules is the file driftwatch.rules.yml.
//
//go:embed driftwatch.rules.yml
var Rules []byte
