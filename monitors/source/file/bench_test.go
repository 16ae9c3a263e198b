package file

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkScan reads files of 20,000 rows and ten columns.
func BenchmarkScan(b *testing.B) {
	const rows, columns = 20_000, 10
	var csv, jsonl strings.Builder
	csv.WriteString("a0,a1,a2,a3,a4,a5,a6,a7,a8,a9\n")
	for r := range rows {
		for c := range columns {
			end := ","
			if c == columns-1 {
				end = "\n"
			}
			fmt.Fprintf(&csv, "%d.%d%s", r, c, end)
		}
		jsonl.WriteString("{")
		for c := range columns {
			end := ","
			if c == columns-1 {
				end = "}\n"
			}
			fmt.Fprintf(&jsonl, "\"a%d\":%d.%d%s", c, r, c, end)
		}
	}
	parquetRows := make([]parquetRow, rows)
	for i := range parquetRows {
		parquetRows[i].Int, parquetRows[i].Text = int32(i), "x"
	}
	for _, f := range []struct{ name, text string }{
		{"csv", csv.String()}, {"jsonl", jsonl.String()}, {"parquet", parquetBytes(b, parquetRows, rows)},
	} {
		b.Run(f.name, func(b *testing.B) {
			in, err := Open([]string{write(b, "a."+f.name, f.text)}, Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(f.text)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				if err := in.Scan(func(batch *Batch) error { n += batch.Rows; return nil }); err != nil || n != rows {
					b.Fatalf("%d rows, %v", n, err)
				}
			}
		})
	}
}
