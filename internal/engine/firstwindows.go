package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"driftwatch/monitors"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// firstWindows are a monitor's first windows that are whole and have rows, merged. Once
// there are as many as its reference asks for they are it, for good: they are
// stored apart from the windows that retention removes.
type firstWindows struct {
	wanted   int
	have     int
	newest   window.Time    // end of the newest of them
	pane     *monitors.Pane // all of them; nil without any
	baseline *monitors.Baseline
	dirty    bool // not yet in the store
}

// kindFirst is the key of the first windows in the store.
const kindFirst = "first"

// add takes one more window in, unless there are enough. One without rows, as
// there are before a model has traffic, tells nothing, and one that overlaps with
// another tells the same again.
func (f *firstWindows) add(m *monitors.Monitor, p *monitors.Pane) (err error) {
	if f.have >= f.wanted || p.Rows() == 0 || p.Start < f.newest {
		return nil
	}
	if f.pane == nil {
		f.pane = m.NewSpan(p.Start, p.End)
	}
	if err := f.pane.Merge(p); err != nil {
		return err
	}
	f.have, f.newest, f.dirty = f.have+1, p.End, true
	if f.have == f.wanted {
		f.baseline, err = f.pane.Baseline()
	}
	return err
}

// write stores what came in.
func (f *firstWindows) write(tx *store.Tx, monitor string) error {
	if !f.dirty {
		return nil
	}
	b := binary.AppendUvarint(nil, uint64(f.have))
	b = binary.AppendVarint(b, int64(f.newest))
	b, err := f.pane.AppendBinary(b)
	if err != nil {
		return err
	}
	return tx.PutReference(monitor, kindFirst, b)
}

// read is the inverse of write.
func (f *firstWindows) read(m *monitors.Monitor, b []byte) error {
	have, n := binary.Uvarint(b)
	newest, k := binary.Varint(b[max(0, n):])
	if n <= 0 || k <= 0 {
		return errors.New("read the first windows: they are cut off")
	}
	p, err := m.DecodePane(b[n+k:])
	if err != nil {
		return fmt.Errorf("read the first windows: %w", err)
	}
	f.have, f.newest, f.pane = int(have), window.Time(newest), p
	if f.have == f.wanted {
		f.baseline, err = p.Baseline()
	}
	return err
}

// loadFirst reads the first windows and adds those that closed while another
// reference was wanted. Those of a monitor that counted something else, or that
// are too many, are of no use.
func (m *monitor) loadFirst(tx *store.Tx) error {
	name := m.Spec.Name
	none := firstWindows{wanted: m.Spec.Reference.First, newest: window.None}
	m.first = none
	if b := tx.Reference(name, kindFirst); b != nil && none.wanted > 0 {
		err := m.first.read(m.Monitor, b)
		if err != nil && !errors.Is(err, monitors.ErrShape) {
			return err
		}
		if err != nil || m.first.have > m.first.wanted {
			m.first = none
		}
	}
	var later []store.Volume
	tx.Volumes(name, func(v store.Volume) bool {
		if v.Start >= m.first.newest && !v.Partial {
			later = append(later, v)
		}
		return v.End > m.first.newest && m.first.have < m.first.wanted
	})
	for _, v := range slices.Backward(later) {
		if m.first.have == m.first.wanted {
			break
		}
		p, err := readSpan(tx, m.Monitor, monitors.NewBlocks(m.Monitor), v)
		if p != nil && err == nil {
			err = m.first.add(m.Monitor, p)
		}
		if err != nil {
			return err
		}
	}
	err := m.first.write(tx, name)
	m.first.dirty = false
	return err
}
