package replay

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Result is what a replay found. It lies in a temporary folder until it is
// closed.
type Result struct {
	span
	dir   string
	store *store.Store
	end   *snapshot.Snapshot // the last one: the counters
}

// Close removes the temporary folder.
func (r *Result) Close() error { return errors.Join(r.store.Close(), os.RemoveAll(r.dir)) }

// place is where a window is in the store.
type place struct {
	end     window.Time
	monitor string
}

// Windows calls visit for what may be shown of all windows that were asked for, by
// their ends, then by monitor, until it returns an error.
func (r *Result) Windows(visit func(*checks.Window) error) error {
	hidden := map[string]checks.Redaction{}
	return r.store.View(func(tx *store.Tx) error {
		var places []place
		for _, plan := range r.plans {
			for _, m := range plan.Monitors {
				hidden[m.Spec.Name] = m.Spec.Redaction()
				tx.Volumes(m.Spec.Name, func(v store.Volume) bool {
					if v.Start >= r.from {
						places = append(places, place{v.End, m.Spec.Name})
					}
					return true
				})
			}
		}
		slices.SortFunc(places, func(a, b place) int {
			return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.monitor, b.monitor))
		})
		for _, p := range places {
			w := &checks.Window{}
			if err := json.Unmarshal(tx.Window(p.monitor, p.end), w); err != nil {
				return fmt.Errorf("read window %v of %q: %w", p.end, p.monitor, err)
			}
			if err := visit(hidden[p.monitor].Window(w)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Alerts returns the alerts as they fired and resolved in the windows that were
// asked for, by time, then by monitor.
func (r *Result) Alerts() ([]rules.Alert, error) {
	all, err := r.changes()
	return slices.DeleteFunc(all, func(a rules.Alert) bool { return a.WindowStart < r.from }), err
}

// changes are all changes of alerts, also those before the first window that was
// asked for.
func (r *Result) changes() (list []rules.Alert, err error) {
	viewErr := r.store.View(func(tx *store.Tx) error {
		tx.Events(receiver, func(_ uint64, b []byte) bool {
			var e rules.Event
			if err = json.Unmarshal(b, &e); err != nil {
				return false
			}
			list = append(list, e.Alert)
			return true
		})
		return err
	})
	slices.SortStableFunc(list, func(a, b rules.Alert) int {
		return cmp.Or(cmp.Compare(a.WindowEnd, b.WindowEnd), cmp.Compare(a.Monitor, b.Monitor))
	})
	return list, viewErr
}
