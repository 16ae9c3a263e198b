package web

import (
	"errors"
	"net/http"
	"time"

	"driftwatch/internal/snapshot"
)

// backupTimeout bounds how long a client may take to fetch a copy of the store.
const backupTimeout = time.Hour

// apiBackup sends a copy of the store.
func (h *handler) apiBackup(w http.ResponseWriter, r *http.Request) {
	f, err := h.o.Backup()
	var refusal *snapshot.Refusal
	if errors.As(err, &refusal) {
		refuse(w, err)
		return
	}
	if err != nil {
		h.o.Logger.Error("the store cannot be copied", "error", err)
		fail(w, http.StatusInternalServerError, err)
		return
	}
	defer f.Close()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(backupTimeout)) // else the usual one holds
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="driftwatch.db"`)
	http.ServeContent(w, r, "", time.Time{}, f)
}
