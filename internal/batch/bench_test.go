package batch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/parquet-go/parquet-go"
)

const benchColumns = 20

// benchFile writes n rows of 20 columns: 12 numbers with six digits, 4 whole
// numbers and 4 categories.
func benchFile(b *testing.B, format string, n int) string {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	names := make([]string, benchColumns)
	node := parquet.Group{}
	for i := range names {
		names[i] = fmt.Sprintf("%c%02d", "fffwk"[i%5], i)
		switch names[i][0] {
		case 'f':
			node[names[i]] = parquet.Leaf(parquet.DoubleType)
		case 'w':
			node[names[i]] = parquet.Int(64)
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
			name := path[0]
			var v parquet.Value
			switch name[0] {
			case 'f':
				f := float64(r.IntN(1e6)) / 1000
				text[name], v = strconv.FormatFloat(f, 'f', -1, 64), parquet.DoubleValue(f)
			case 'w':
				k := r.Int64N(100_000)
				text[name], v = strconv.FormatInt(k, 10), parquet.Int64Value(k)
			default:
				text[name] = fmt.Sprintf("category-%d", r.IntN(30))
				v = parquet.ByteArrayValue([]byte(text[name]))
			}
			row[i] = v.Level(0, 0, i)
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
		case format == "jsonl" && n[0] == 'k':
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

func BenchmarkProfile(b *testing.B) {
	rows := 50_000
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
