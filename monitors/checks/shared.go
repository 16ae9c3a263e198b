package checks

import "driftwatch/monitors/profile"

// Shared holds what several checks of one field compute from the same two
// profiles, so that it is computed once. Its zero value is ready; it is for one
// goroutine, one reference and one window.
type Shared struct {
	cells      memo[[]profile.Cell]
	reference  memo[[]profile.Cell] // of each side alone
	current    memo[[]profile.Cell]
	categories memo[[]profile.CategoryCell]
	supremum   memo[float64]
	test       memo[tested]
	widths     memo[widths]
	compared   memo[comparison] // of categories
}

type memo[T any] struct {
	value T
	err   error
	known bool
}

// get returns the value, which compute gives the first time.
func (m *memo[T]) get(compute func() (T, error)) (T, error) {
	if !m.known {
		m.value, m.err = compute()
		m.known = true
	}
	return m.value, m.err
}

// shared returns what the input's checks share, or a new one of its own.
func (in Input) shared() *Shared {
	if in.Shared != nil {
		return in.Shared
	}
	return &Shared{}
}

func (in Input) cells() ([]profile.Cell, error) {
	return in.shared().cells.get(func() ([]profile.Cell, error) {
		return profile.Align(in.Reference, in.Current)
	})
}

// ownCells are those of one of the two profiles alone.
func (in Input) ownCells(p *profile.Profile) []profile.Cell {
	of := &in.shared().current
	if p == in.Reference {
		of = &in.shared().reference
	}
	cells, _ := of.get(func() ([]profile.Cell, error) { return p.Cells(), nil })
	return cells
}

func (in Input) categories() ([]profile.CategoryCell, error) {
	return in.shared().categories.get(func() ([]profile.CategoryCell, error) {
		cats, _, err := profile.AlignCategories(in.Reference, in.Current)
		return cats, err
	})
}

// supremumP is the p-value of ks.
func (in Input) supremumP(d supremum) float64 {
	p, _ := in.shared().supremum.get(func() (float64, error) { return d.pValue(), nil })
	return p
}

// tested returns the result of the test table, which is the same for all
// distances.
func (in Input) tested(compute func() tested) tested {
	t, _ := in.shared().test.get(func() (tested, error) { return compute(), nil })
	return t
}
