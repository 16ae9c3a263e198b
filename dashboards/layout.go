package dashboards

// Width of a dashboard, and the height of a panel.
const (
	wide   = 24
	height = 8
)

// page lays panels out from left to right and from the top down.
type page struct {
	panels  []panel
	x, y, h int
	ids     int
}

// row begins a new line under a title.
func (p *page) row(title string) {
	p.newLine()
	p.add(panel{Type: "row", Title: title, Grid: grid{W: wide, H: 1}, Collapsed: new(bool), Panels: &[]panel{}})
	p.newLine()
}

// folded adds a row that has to be opened: what is in it is not asked for before.
func (p *page) folded(title string, panels ...panel) {
	p.newLine()
	collapsed, inside := true, page{y: p.y + 1, ids: p.ids + 1}
	for _, next := range panels {
		inside.add(next)
	}
	p.add(panel{Type: "row", Title: title, Grid: grid{W: wide, H: 1}, Collapsed: &collapsed, Panels: &inside.panels})
	p.ids = inside.ids
	p.newLine()
}

func (p *page) newLine() { p.x, p.y, p.h = 0, p.y+p.h, 0 }

func (p *page) add(next panel) {
	if p.x+next.Grid.W > wide {
		p.newLine()
	}
	p.ids++
	next.ID, next.Grid.X, next.Grid.Y = p.ids, p.x, p.y
	p.x, p.h = p.x+next.Grid.W, max(p.h, next.Grid.H)
	p.panels = append(p.panels, next)
}
