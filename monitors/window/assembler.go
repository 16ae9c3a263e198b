package window

// Assembler makes windows of closed panes, which come in the order of their
// ends. It keeps what of earlier panes the next windows depend on.
type Assembler struct {
	shape    Shape
	closed   Time   // end of the newest closed pane
	recorded Time   // end of the newest one with records
	start    Time   // of the window that counts its rows; None before its first pane
	rows     uint64 // that it has
}

// NewAssembler returns an assembler that knows panes up to closed, the newest of
// which that had records ended at recorded. Both may be None.
func NewAssembler(s Shape, closed, recorded Time) *Assembler {
	return &Assembler{shape: s, closed: closed, recorded: recorded, start: None}
}

// Closed is the end of the newest closed pane.
func (a *Assembler) Closed() Time { return a.closed }

// Due returns the end of the next pane that has to close even if it has no
// records, because a window that ends with it has some in an earlier one. It is
// Newest if there is none.
func (a *Assembler) Due() Time {
	if a.recorded == None || a.shape.Panes < 2 {
		return Newest
	}
	next := a.shape.Index(a.closed) + 1
	if a.shape.Border(next-int64(a.shape.Panes)) >= a.recorded {
		return Newest
	}
	return a.shape.Border(next)
}

// Close takes the pane that ends at end, with its rows and whether it has
// records at all. A window that ends with it is [start, end).
func (a *Assembler) Close(end Time, rows uint64, recorded bool) (start Time, ok bool) {
	a.closed = end
	if recorded {
		a.recorded = end
	}
	index := a.shape.Index(end)
	if a.shape.Panes > 0 {
		return a.shape.Border(index - int64(a.shape.Panes)), true
	}
	if a.start == None {
		a.start = a.shape.Border(index - 1)
	}
	a.rows += rows
	if a.rows < a.shape.Rows {
		return None, false
	}
	start = a.start
	a.start, a.rows = None, 0
	return start, true
}

// Needs returns the start of the oldest closed pane that a window which is not
// closed may still hold.
func (a *Assembler) Needs() Time {
	switch {
	case a.closed == None:
		return None
	case a.shape.Panes > 0:
		return a.shape.Border(a.shape.Index(a.closed) + 1 - int64(a.shape.Panes))
	case a.start != None:
		return a.start
	}
	return a.closed
}
