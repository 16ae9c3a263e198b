package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/reference"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// pin is a window that somebody accepted as the new normal: it takes the place
// of the configured reference until that is another one, or the pin is removed.
type pin struct {
	Window     window.Time `json:"window"`     // its end
	Configured []byte      `json:"configured"` // what the configured reference was, hashed
	Profile    []byte      `json:"profile"`    // the window's, as a profile file

	baseline *monitors.Baseline
}

// kindPin is the key of a pin in the store.
const kindPin = "pin"

// configured identifies the reference that the configuration gives the monitor,
// and what its file holds.
func (m *monitor) configured() []byte {
	b, err := json.Marshal(m.Spec.Reference)
	if err != nil {
		panic(fmt.Sprintf("a reference of plain values cannot be written: %v", err))
	}
	if m.Reference != nil {
		b = append(b, m.Reference.Hash...)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// loadPin reads the monitor's pin, and removes one whose time is over.
func (s *sequencer) loadPin(tx *store.Tx, m *monitor) error {
	p, err := readPin(tx, m.Spec.Name)
	if p == nil || err != nil {
		return err
	}
	if string(p.Configured) != string(m.configured()) {
		s.opts.Log.Info("a monitor has another reference: its pinned window is one no longer", "monitor", m.Spec.Name, "window", p.Window)
		return tx.DropReference(m.Spec.Name, kindPin)
	}
	if err := p.prepare(); err != nil {
		return err
	}
	m.pin = p
	return nil
}

// readPin returns a monitor's pin as it was stored, or nil.
func readPin(tx *store.Tx, monitor string) (*pin, error) {
	b := tx.Reference(monitor, kindPin)
	if b == nil {
		return nil, nil
	}
	p := &pin{}
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("read its pinned window: %w", err)
	}
	return p, nil
}

func (p *pin) prepare() error {
	r, err := reference.Decode(p.Profile)
	if err != nil {
		return fmt.Errorf("read the profile of pinned window %v: %w", p.Window, err)
	}
	p.baseline = monitors.NewBaseline(r)
	return nil
}

// WindowProfile returns the profile file of a closed window, without the fields that
// are redacted. What is not there is a *snapshot.Refusal.
func (e *Engine) WindowProfile(name string, end window.Time) (file []byte, err error) {
	m, err := e.seq.find(name)
	if err != nil {
		return nil, err
	}
	err = e.opts.Store.View(func(tx *store.Tx) error {
		r, err := readProfile(tx, m, end)
		if err != nil {
			return err
		}
		if r, err = r.Without(m.Spec.Redaction()); err != nil {
			return err
		}
		file, err = r.AppendBinary(nil)
		return err
	})
	return file, err
}

func readProfile(tx *store.Tx, m *monitor, end window.Time) (*reference.Reference, error) {
	p, err := keptSpan(tx, m, end)
	if err != nil {
		return nil, err
	}
	return p.Reference()
}

// keptSpan returns the pane of a closed window, or a *snapshot.Refusal.
func keptSpan(tx *store.Tx, m *monitor, end window.Time) (*monitors.Pane, error) {
	name := m.Spec.Name
	if tx.Window(name, end) == nil {
		return nil, snapshot.Missing("monitor %q has no window that ends at %v", name, end)
	}
	p, err := readSpan(tx, m.Monitor, monitors.NewBlocks(m.Monitor), tx.Volume(name, end))
	if err != nil {
		return nil, err
	}
	switch kept := tx.Profile(name, end); {
	case p != nil:
		return p, nil
	case kept != nil && !m.Made(kept):
		return nil, snapshot.Refused("monitor %q had other fields, segments, conditions or windows when window %v closed", name, end)
	}
	return nil, snapshot.Missing("the profile of window %v of %q is not kept any more: store.profiles says how long they are", end, name)
}

// Accept makes a closed window the monitor's reference, from the next window that
// closes on. It is stored when Accept returns nil. What cannot be is a
// *snapshot.Refusal.
func (e *Engine) Accept(ctx context.Context, name string, end window.Time) error {
	return e.change(ctx, name, func(tx *store.Tx, m *monitor) (*pin, error) {
		if v := tx.Volume(name, end); v.Partial {
			return nil, snapshot.Refused("window %v of %q is partial: it lacks records", end, name)
		}
		r, err := readProfile(tx, m, end)
		if err != nil {
			return nil, err
		}
		file, err := r.AppendBinary(nil)
		if err != nil {
			return nil, err
		}
		p := &pin{Window: end, Configured: m.configured(), Profile: file}
		if err := p.prepare(); err != nil {
			return nil, err
		}
		b, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		return p, tx.PutReference(name, kindPin, b)
	})
}

// Release undoes Accept: the configured reference holds again.
func (e *Engine) Release(ctx context.Context, name string) error {
	return e.change(ctx, name, func(tx *store.Tx, m *monitor) (*pin, error) {
		if m.pin == nil {
			return nil, snapshot.Missing("monitor %q has no pinned window", name)
		}
		return nil, tx.DropReference(name, kindPin)
	})
}

// change sets the pin of a monitor to what fn stored.
func (e *Engine) change(ctx context.Context, name string, fn func(*store.Tx, *monitor) (*pin, error)) error {
	m, err := e.seq.find(name)
	if err != nil {
		return err
	}
	doErr := e.do(ctx, func() {
		var p *pin
		err = e.seq.update(func(tx *store.Tx) (err error) {
			p, err = fn(tx, m)
			return err
		})
		if err == nil {
			e.seq.unmoved[name] = true
			m.pin = p
			e.seq.publish()
		}
	})
	if doErr != nil {
		return doErr
	}
	return err
}
