package batch

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/parquet-go/parquet-go"
)

const benchColumns = 20

// benchFile writes n rows of 20 columns: ten numbers of full precision, some of
// them missing, three whole numbers, four categories, a boolean, a time and an
// id that never occurs twice.
func benchFile(b *testing.B, format string, n int) string {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	names := make([]string, benchColumns)
	node := parquet.Group{}
	for i := range names {
		names[i] = fmt.Sprintf("%c%02d_at", "ffffffffffwwwkkkkbtu"[i], i)
		switch names[i][0] {
		case 'f':
			node[names[i]] = parquet.Optional(parquet.Leaf(parquet.DoubleType))
		case 'w', 't':
			node[names[i]] = parquet.Int(64)
		case 'b':
			node[names[i]] = parquet.Leaf(parquet.BooleanType)
		default:
			node[names[i]] = parquet.String()
		}
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[any](&out, parquet.NewSchema("bench", node))
	columns := w.Schema().Columns()
	for range n {
		row := make(parquet.Row, benchColumns)
		text := make(map[string]string, benchColumns)
		for i, path := range columns {
			v := benchValue(r, path[0], i)
			defined := 0
			if path[0][0] == 'f' && !v.IsNull() {
				defined = 1
			}
			text[path[0]], row[i] = v.String(), v.Level(0, defined, i)
			if v.IsNull() {
				text[path[0]] = ""
			}
		}
		writeBenchRow(b, w, &out, format, names, text, row)
	}
	if format == "parquet" {
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	path := b.TempDir() + "/bench." + format
	text := out.Bytes()
	if format == "csv" {
		text = append([]byte(joined(names)+"\n"), text...)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func benchValue(r *rand.Rand, name string, i int) parquet.Value {
	switch name[0] {
	case 'f':
		if i == 2 && r.IntN(30) == 0 {
			return parquet.NullValue()
		}
		return parquet.DoubleValue([]float64{r.NormFloat64(), 50 * math.Exp(r.NormFloat64()), r.Float64(), r.ExpFloat64()}[i%4])
	case 'w':
		return parquet.Int64Value(r.Int64N([]int64{70, 1_000, 10_000_000}[i%3]))
	case 't':
		return parquet.Int64Value(1_760_000_000_000 + r.Int64N(1_000_000_000))
	case 'b':
		return parquet.BooleanValue(r.IntN(3) == 0)
	case 'u':
		return parquet.ByteArrayValue(fmt.Appendf(nil, "%016x-%016x", r.Uint64(), r.Uint64()))
	}
	return parquet.ByteArrayValue(fmt.Appendf(nil, "category-%d", r.IntN([]int{3, 5, 30, 1000}[i%4])))
}

func joined(names []string) string {
	var s []byte
	for i, n := range names {
		if i > 0 {
			s = append(s, ',')
		}
		s = append(s, n...)
	}
	return string(s)
}

func writeBenchRow(b *testing.B, w *parquet.GenericWriter[any], out *bytes.Buffer, format string, names []string, text map[string]string, row parquet.Row) {
	b.Helper()
	if format == "parquet" {
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			b.Fatal(err)
		}
		return
	}
	for i, n := range names {
		separator := ','
		if i == 0 {
			separator = '{'
		}
		switch {
		case format == "jsonl" && text[n] == "":
			fmt.Fprintf(out, "%c%q:null", separator, n)
		case format == "jsonl" && (n[0] == 'k' || n[0] == 'u'):
			fmt.Fprintf(out, "%c%q:%q", separator, n, text[n])
		case format == "jsonl":
			fmt.Fprintf(out, "%c%q:%s", separator, n, text[n])
		case i > 0:
			out.WriteString("," + text[n])
		default:
			out.WriteString(text[n])
		}
	}
	if format == "jsonl" {
		out.WriteByte('}')
	}
	out.WriteByte('\n')
}

// BenchmarkProfile is the work of the command `profile`: types, profiles and
// guides of a million rows.
func BenchmarkProfile(b *testing.B) {
	rows := 1_000_000
	if s := os.Getenv("BENCH_ROWS"); s != "" {
		rows, _ = strconv.Atoi(s)
	}
	for _, format := range []string{"csv", "jsonl", "parquet"} {
		b.Run(format, func(b *testing.B) {
			path := benchFile(b, format, rows)
			b.ReportAllocs()
			for b.Loop() {
				p, err := Profile([]string{path}, Options{})
				if err != nil {
					b.Fatal(err)
				}
				if p.Rows != uint64(rows) || len(p.Fields) != benchColumns {
					b.Fatalf("%d rows, %d fields", p.Rows, len(p.Fields))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows*benchColumns), "ns/cell")
		})
	}
}
