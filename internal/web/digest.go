package web

import (
	"fmt"
	"net/http"
	"time"

	"driftwatch/internal/yamlx"
)

// apiDigest shows what a digest would say now.
func (h *handler) apiDigest(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	length := time.Duration(0)
	if text := q.Get("for"); text != "" {
		var err error
		if length, err = yamlx.ParseDuration(text); err != nil || length <= 0 {
			fail(w, http.StatusBadRequest, fmt.Errorf("for is %q, not a length of time such as 12h or 7d", text))
			return
		}
	}
	d, err := h.o.Digests.Digest(q.Get("name"), length)
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, d)
}
