package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
)

// readMonitorFile reads a file of streams and monitors.
func (l *loader) readMonitorFile(c yamlx.Cursor) {
	m := c.Map()
	for _, s := range m.Get("streams").List() {
		l.readStream(s)
	}
	for _, s := range m.Get("monitors").List() {
		l.readMonitor(s)
	}
	m.Done()
}

// laterFormats are formats of records that cannot be decoded yet.
var laterFormats = []string{"avro", "protobuf", "csv", "msgpack", "cbor", "parquet"}

func (l *loader) readStream(c yamlx.Cursor) {
	m := c.Map()
	at := m.Need("name")
	s := monitors.Stream{
		Name:     readName(at),
		Topic:    readTopic(m.Need("topic")),
		Format:   readFormat(m.Get("format")),
		Time:     readTimeField(m.Get("time")),
		MaxAhead: m.Get("max_ahead").Duration(time.Hour, 0),
		ID:       m.Get("id").Name(),
		Samples:  readSwitch(m.Get("samples"), true),
	}
	m.Unsupported("dead_letter", "registry", "schema")
	m.Done()
	if first, twice := l.streams[s.Name]; twice {
		reportTwice(at, "stream", s.Name, first)
		return
	}
	if s.Name != "" {
		l.streams[s.Name] = at
	}
	l.cfg.Streams = append(l.cfg.Streams, s)
}

var (
	nameSyntax  = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,199}$`)
	topicSyntax = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)
)

// readName reads the name of a stream or monitor, which stands in addresses
// and labels.
func readName(c yamlx.Cursor) string {
	name := c.Name()
	if name != "" && !nameSyntax.MatchString(name) {
		c.Errorf("value", "a name is made of letters, digits and . _ - : and begins with a letter or digit, not %q", name)
	}
	return name
}

func readTopic(c yamlx.Cursor) string {
	topic := c.Name()
	if topic != "" && (!topicSyntax.MatchString(topic) || topic == "." || topic == "..") {
		c.Errorf("value", "not a Kafka topic: %q", topic)
	}
	return topic
}

func readFormat(c yamlx.Cursor) string {
	format := c.Str("json")
	if slices.Contains(laterFormats, format) {
		c.Unsupported("format " + format)
		return "json"
	}
	return c.OneOf("json", "json")
}

// readTimeField reads {field, layout}.
func readTimeField(c yamlx.Cursor) *monitors.TimeField {
	if !c.Present() {
		return nil
	}
	m := c.Map()
	t := &monitors.TimeField{Field: readPath(m.Need("field"))}
	layout := m.Get("layout")
	t.Layout = layout.Name()
	m.Done()
	if t.Layout != "" && !isLayout(t.Layout) {
		layout.Errorf("value", "layout must write the time 2006-01-02 15:04:05 in the wanted form, as in %q; %q does not", time.DateTime, t.Layout)
	}
	return t
}

// isLayout reports whether a layout keeps at least the day of a time.
func isLayout(layout string) bool {
	at := time.Date(2021, 11, 23, 17, 48, 59, 0, time.UTC)
	back, err := time.Parse(layout, at.Format(layout))
	return err == nil && back.Year() == 2021 && back.YearDay() == at.YearDay()
}

// readPath reads the path of a value in a record, or one of the Kafka record's
// own.
func readPath(c yamlx.Cursor) string {
	path := c.Name()
	header, isHeader := strings.CutPrefix(path, "$header.")
	switch {
	case path == "" || path[0] != '$' || path == "$key" || path == "$partition" || isHeader && header != "":
	default:
		c.Errorf("value", "a path that begins with $ is $key, $partition or $header.NAME, not %q", path)
	}
	return path
}

// readSwitch reads on or off, or true or false.
func readSwitch(c yamlx.Cursor, def bool) bool {
	switch word, _ := c.Literal(); word {
	case "on", "true":
		return true
	case "off", "false":
		return false
	case "":
		return def
	default:
		c.Must("be on or off, not %q", word)
		return def
	}
}

// checkStreams reports monitors of streams that nobody declares.
func (l *loader) checkStreams() {
	for _, d := range l.monitors {
		if _, ok := l.streams[d.Stream]; ok || d.Stream == "" {
			continue
		}
		if l.partial {
			d.stream.Warnf("unknown-stream", "stream %q is not declared in these files", d.Stream)
			continue
		}
		d.stream.Errorf("unknown-stream", "unknown stream %q%s", d.Stream, yamlx.DidYouMean(d.Stream, sortedKeys(l.streams)))
	}
}

func reportTwice(c yamlx.Cursor, what, name string, first yamlx.Cursor) {
	c.Errorf("duplicate", "%s %q is already declared at %s:%d", what, name, first.File(), first.Line())
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
