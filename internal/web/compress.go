package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// compressLevel is one at which a page of two megabytes takes some milliseconds.
const compressLevel = 6

// leastCompressed is the size from which on compressing is worth it.
const leastCompressed = 1400

// compressed sends a whole answer, smaller where the client can read that.
func compressed(w http.ResponseWriter, r *http.Request, code int, b []byte) {
	head := w.Header()
	head.Add("Vary", "Accept-Encoding")
	if len(b) < leastCompressed || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		head.Set("Content-Length", strconv.Itoa(len(b)))
		w.WriteHeader(code)
		_, _ = w.Write(b)
		return
	}
	head.Set("Content-Encoding", "gzip")
	w.WriteHeader(code)
	z, _ := gzip.NewWriterLevel(w, compressLevel) // the level is one that exists
	_, _ = z.Write(b)
	_ = z.Close()
}
