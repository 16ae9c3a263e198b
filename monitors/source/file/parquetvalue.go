package file

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// convert makes a cell of a value that is not null.
type convert func(b *Batch, v parquet.Value) Cell

// converter returns how values of a leaf become cells.
func converter(c *parquet.Column) convert {
	t := c.Type()
	var logical format.LogicalTypeValue
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	switch t.Kind() {
	case parquet.Boolean:
		return func(_ *Batch, v parquet.Value) Cell { return Cell{Kind: Bool, Bool: v.Boolean()} }
	case parquet.Int32:
		return integer(logical, func(v parquet.Value) int64 { return int64(v.Int32()) },
			func(v parquet.Value) uint64 { return uint64(v.Uint32()) })
	case parquet.Int64:
		return integer(logical, parquet.Value.Int64, parquet.Value.Uint64)
	case parquet.Int96:
		return int96Time
	case parquet.Float:
		return func(_ *Batch, v parquet.Value) Cell { return Cell{Kind: Float, Float: float64(v.Float())} }
	case parquet.Double:
		return func(_ *Batch, v parquet.Value) Cell { return Cell{Kind: Float, Float: v.Double()} }
	}
	return bytesOf(logical)
}

func integer(logical format.LogicalTypeValue, signed func(parquet.Value) int64, unsigned func(parquet.Value) uint64) convert {
	switch l := logical.(type) {
	case *format.DecimalType:
		scale := math.Pow10(int(l.Scale))
		return func(_ *Batch, v parquet.Value) Cell { return Cell{Kind: Float, Float: float64(signed(v)) / scale} }
	case *format.DateType:
		return func(_ *Batch, v parquet.Value) Cell { return Cell{Kind: Time, Float: float64(signed(v)) * 86400} }
	case *format.TimestampType:
		unit := timeUnit(l.Unit)
		return func(_ *Batch, v parquet.Value) Cell { return seconds(signed(v), unit) }
	case *format.IntType:
		if !l.IsSigned {
			return func(b *Batch, v parquet.Value) Cell { return unsignedCell(b, unsigned(v)) }
		}
	}
	return func(_ *Batch, v parquet.Value) Cell { return Cell{Kind: Integer, Int: signed(v)} }
}

func unsignedCell(b *Batch, u uint64) Cell {
	if u > math.MaxInt64 {
		return Cell{Kind: Number, Text: b.keep(strconv.AppendUint(nil, u, 10))}
	}
	return Cell{Kind: Integer, Int: int64(u)}
}

func timeUnit(u format.TimeUnit) time.Duration {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return time.Millisecond
	case *format.MicroSeconds:
		return time.Microsecond
	}
	return time.Nanosecond
}

// int96Time reads the old form of times: nanoseconds of the day, then the
// Julian day, of which 2,440,588 is 1970-01-01.
func int96Time(_ *Batch, v parquet.Value) Cell {
	t := v.Int96()
	days := int64(t[2]) - 2_440_588
	ms := t.Int64() / int64(time.Millisecond)
	return Cell{Kind: Time, Float: float64(days*86_400_000+ms) / 1000}
}

// seconds floors a time to milliseconds, as event times are.
func seconds(t int64, unit time.Duration) Cell {
	per := int64(time.Millisecond / unit)
	ms := t / per
	if t%per < 0 {
		ms--
	}
	return Cell{Kind: Time, Float: float64(ms) / 1000}
}

func bytesOf(logical format.LogicalTypeValue) convert {
	switch l := logical.(type) {
	case *format.DecimalType:
		scale := math.Pow10(int(l.Scale))
		return func(_ *Batch, v parquet.Value) Cell {
			return Cell{Kind: Float, Float: bigEndian(v.ByteArray()) / scale}
		}
	case *format.UUIDType:
		return func(b *Batch, v parquet.Value) Cell {
			start := len(b.text)
			b.text = appendUUID(b.text, v.ByteArray())
			return Cell{Kind: String, Text: b.text[start:len(b.text):len(b.text)]}
		}
	}
	return func(b *Batch, v parquet.Value) Cell { return Cell{Kind: String, Text: b.keep(v.ByteArray())} }
}

// bigEndian reads a two's complement integer of any length.
func bigEndian(b []byte) float64 {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	f, _ := new(big.Float).SetInt(n).Float64()
	return f
}

// appendUUID writes 16 bytes as 8-4-4-4-12 hexadecimal digits.
func appendUUID(dst, b []byte) []byte {
	for i := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[i:i+1])
	}
	return dst
}
