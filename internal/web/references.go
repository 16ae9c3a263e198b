package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/window"
)

// apiProfile sends a window's profile as a file.
func (h *handler) apiProfile(w http.ResponseWriter, r *http.Request) {
	end, err := readTime("the window's end", r.PathValue("end"))
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	name := r.PathValue("name")
	file, err := h.o.References.WindowProfile(name, end)
	if err != nil {
		refuse(w, err)
		return
	}
	as := strings.ReplaceAll(fmt.Sprintf("%s-%s.profile", name, end), ":", "")
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename*=UTF-8''%s", url.PathEscape(as)))
	_, _ = w.Write(file)
}

// apiAccept makes a window a monitor's reference, or with DELETE undoes that.
func (h *handler) apiAccept(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	var err error
	switch r.Method {
	case http.MethodPost:
		var body struct {
			Window string `json:"window"`
		}
		if err := readBody(w, r, maxAccept, &body); err != nil {
			failBody(w, `the body must be {"window": "the end of a window"}`, err)
			return
		}
		var end window.Time
		if end, err = readTime("window", body.Window); err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		err = h.o.References.Accept(r.Context(), name, end)
	case http.MethodDelete:
		err = h.o.References.Release(r.Context(), name)
	default:
		notAllowed(w, r, http.MethodPost, http.MethodDelete)
		return
	}
	if err != nil {
		refuse(w, err)
		return
	}
	h.apiMonitor(w, r)
}

// maxAccept bounds the body of a request, in bytes.
const maxAccept = 4096

// refuse answers a request that could not be met.
func refuse(w http.ResponseWriter, err error) {
	var refusal *snapshot.Refusal
	switch {
	case !errors.As(err, &refusal):
		fail(w, http.StatusServiceUnavailable, err)
	case refusal.Missing:
		fail(w, http.StatusNotFound, err)
	default:
		fail(w, http.StatusConflict, err)
	}
}
