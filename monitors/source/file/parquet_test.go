package file

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
)

type parquetRow struct {
	Int    int32            `parquet:"int"`
	Big    uint64           `parquet:"big"`
	Float  float32          `parquet:"float"`
	Double *float64         `parquet:"double,optional"`
	Flag   bool             `parquet:"flag"`
	Text   string           `parquet:"text,dict"`
	Money  int64            `parquet:"money,decimal(2:10)"`
	Day    int32            `parquet:"day,date"`
	Micro  int64            `parquet:"micro,timestamp(microsecond)"`
	Old    deprecated.Int96 `parquet:"old"`
	ID     [16]byte         `parquet:"id,uuid"`
	Tags   []string         `parquet:"tags,list"`
	Parts  []int64          `parquet:"parts"`
	Home   *struct {
		City string `parquet:"city"`
	} `parquet:"home,optional"`
}

func parquetBytes(t testing.TB, rows []parquetRow, group int64) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[parquetRow](&b, parquet.MaxRowsPerRowGroup(group))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func someParquet(t testing.TB) string {
	half := 0.5
	noon := int64(12 * time.Hour)
	old := deprecated.Int96{uint32(noon & 0xffffffff), uint32(noon >> 32), 2_440_589}
	row := parquetRow{
		Int: -7, Big: 1<<64 - 1, Float: 0.25, Double: &half, Flag: true, Text: "x", Money: -1234, Day: 2,
		Micro: 1_700_000_000_123_999, Old: old, ID: [16]byte{1, 2, 15: 0xff}, Tags: []string{"a", "b"},
	}
	other := row
	other.Double, other.Big, other.Tags, other.Parts = nil, 5, nil, []int64{1}
	other.Home = &struct {
		City string `parquet:"city"`
	}{"Rio"}
	return parquetBytes(t, []parquetRow{row, other, row}, 2)
}

func TestParquet(t *testing.T) {
	first := `big=18446744073709551615 day=time:172800 double=0.5 flag=true float=0.25 home.city=null id="01020000-0000-0000-0000-0000000000ff" int=-7 ` +
		`micro=time:1700000000.123 money=-12.34 old=time:129600 parts=nested tags=nested text="x"`
	second := strings.NewReplacer("big=18446744073709551615", "big=5", "double=0.5", "double=null", "city=null", `city="Rio"`).Replace(first)
	got, err := readFile(t, "a.parquet", someParquet(t))
	if err != nil || !slices.Equal(got, []string{first, second, first}) {
		t.Errorf("%v: %q", err, got)
	}
}

// TestParquetCompression: a column of any codec gives its values or an error,
// never other values.
func TestParquetCompression(t *testing.T) {
	type row struct {
		N float64 `parquet:"n"`
	}
	rows := make([]row, 3000)
	for i := range rows {
		rows[i].N = float64(i % 1500)
	}
	for _, codec := range []compress.Codec{
		&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd, &parquet.Lz4Raw,
	} {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[row](&b, parquet.Compression(codec))
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := readFile(t, "a.parquet", b.String())
		if codec == compress.Codec(&parquet.Lz4Raw) {
			if err == nil || !strings.Contains(err.Error(), `column "n": it is compressed with LZ4`) {
				t.Errorf("LZ4: %v", err)
			}
			continue
		}
		if err != nil || len(got) != len(rows) || got[1499] != "n=1499" || got[1500] != "n=0" {
			t.Errorf("%v: %v, %d rows", codec, err, len(got))
		}
	}
}

// TestDamagedParquet: no change of a byte, and no cut, makes more than an error.
func TestDamagedParquet(t *testing.T) {
	whole := someParquet(t)
	failed := 0
	for i := 0; i < len(whole); i += 11 {
		damaged := []byte(whole)
		damaged[i] ^= 0x55
		for _, text := range []string{string(damaged), whole[:i]} {
			in, err := Open([]string{write(t, "a.parquet", text)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := read(in); err != nil {
				failed++
			}
		}
	}
	if failed < len(whole)/11 {
		t.Errorf("%d of the damaged files were refused", failed)
	}
}
