package reference

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/source/file"
)

// Build makes the profiles of fields of the rows of in that cut (nil: all) lets
// through, each with its guide, for which the data are read again as often as
// needed, and those of segments. Columns that are not among the fields are left
// out, as are fields that no row has.
func Build(in *file.Input, fields []FieldSpec, cut *Cut) (*Reference, error) {
	if !cut.empty() {
		c := cutter{Cut: cut, in: in, fields: fields}
		return c.build()
	}
	b, err := observe(in, fields, profile.NewMemory(remembered))
	if err != nil {
		return nil, err
	}
	if err := b.addGuides(in); err != nil {
		return nil, err
	}
	return b.reference()
}

// Judged makes the profiles of data that are to be compared with a reference:
// like those of a window they count into the guides of fields, where these
// have one, and get none of their own.
func Judged(in *file.Input, fields []FieldSpec) (*Reference, error) {
	b, err := observe(in, fields, nil)
	if err != nil {
		return nil, err
	}
	return b.reference()
}

// remembered is how much memory values may take so that they need not be read
// again: those of twenty columns of 800,000 rows.
const remembered = 128 << 20

// builder makes profiles in passes over the same data.
type builder struct {
	rows   uint64
	fields []*building
	column []*building // by the column of the input; nil: none
}

// building is one field's profile in the making.
type building struct {
	FieldSpec
	profile *profile.Profile
	guide   *profile.GuideBuilder
	read    reader
	met     bool // some row has the field
}

// scanner is rows that can be read again.
type scanner interface {
	Scan(visit func(*file.Batch) error) error
}

func newBuilder(fields []FieldSpec, memory *profile.Memory) *builder {
	b := &builder{}
	for _, f := range fields {
		p := profile.New(profile.Options{Kind: f.Kind, Buckets: f.Buckets, Guide: f.Guide, Memory: memory})
		b.fields = append(b.fields, &building{FieldSpec: f, profile: p, read: reader{spec: f}})
	}
	return b
}

func observe(in scanner, fields []FieldSpec, memory *profile.Memory) (*builder, error) {
	b := newBuilder(fields, memory)
	err := in.Scan(func(batch *file.Batch) error {
		b.add(batch)
		return nil
	})
	b.finish()
	return b, err
}

// add counts a batch.
func (b *builder) add(batch *file.Batch) {
	b.bind(batch.Names)
	b.rows += uint64(batch.Rows)
	batch.EachColumn(func(i int, cells []file.Cell) {
		if f := b.column[i]; f != nil {
			f.observe(cells)
		}
	})
}

// finish ends counting.
func (b *builder) finish() {
	for _, f := range b.fields {
		f.profile.AddRows(b.rows)
	}
}

// bind finds the fields of columns that are new.
func (b *builder) bind(names []string) {
	for _, name := range names[min(len(b.column), len(names)):] {
		var field *building
		for _, f := range b.fields {
			if f.Name == name {
				field = f
			}
		}
		b.column = append(b.column, field)
	}
}

func (f *building) observe(cells []file.Cell) {
	c := f.read.column(cells)
	f.met = f.met || c.missing < len(cells)
	f.profile.AddNull(uint64(c.nulls))
	f.profile.AddInvalid(uint64(c.invalid))
	if f.Kind.Numeric() {
		f.profile.ObserveNumbers(c.numbers)
	} else {
		f.profile.ObserveCategories(c.texts)
	}
}

// addGuides gives every profile its guide. Where not all values could be
// remembered the data are read again for some fields at a time.
func (b *builder) addGuides(in scanner) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range b.fields {
		group.Go(func() error {
			f.guide = profile.NewGuideBuilder(f.profile)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for fields := b.searching(); len(fields) > 0; fields = b.searching() {
		if err := b.pass(in, fields); err != nil {
			return err
		}
	}
	for _, f := range b.fields {
		f.profile = f.guide.Profile()
	}
	return nil
}

// together is how many fields are searched in one pass. The search of a number
// takes up to 30 MB.
const together = 6

// searching returns the next fields that need a pass.
func (b *builder) searching() map[*building]bool {
	fields := map[*building]bool{}
	for _, f := range b.fields {
		if len(fields) < together && f.guide.NeedsPass() {
			fields[f] = true
		}
	}
	return fields
}

func (b *builder) pass(in scanner, fields map[*building]bool) error {
	err := in.Scan(func(batch *file.Batch) error {
		if len(batch.Columns) > len(b.column) {
			return errChanged
		}
		batch.EachColumn(func(i int, cells []file.Cell) {
			if f := b.column[i]; fields[f] {
				f.observeGuide(cells)
			}
		})
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range b.fields {
		if !fields[f] {
			continue
		}
		if err := f.guide.EndPass(); err != nil {
			return fmt.Errorf("%w (field %q: %w)", errChanged, f.Name, err)
		}
	}
	return nil
}

var errChanged = errors.New("the data changed while they were read")

func (f *building) observeGuide(cells []file.Cell) {
	c := f.read.column(cells)
	if f.Kind.Numeric() {
		f.guide.ObserveNumbers(c.numbers)
		return
	}
	for _, text := range c.texts {
		f.guide.ObserveCategory(text)
	}
}

func (b *builder) reference() (*Reference, error) { return New(b.segment("", b)) }

// segment returns the profiles of the fields that some row of the whole has.
func (b *builder) segment(name string, whole *builder) Segment {
	s := Segment{Name: name, Rows: b.rows}
	for i, f := range b.fields {
		if whole.fields[i].met {
			s.Fields = append(s.Fields, Field{f.Name, f.profile})
		}
	}
	return s
}
