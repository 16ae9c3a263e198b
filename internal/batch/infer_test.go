package batch

import (
	"fmt"
	"strings"
	"testing"
)

// TestInfer gives columns of 100 values and the type that a person would say
// they have.
func TestInfer(t *testing.T) {
	tests := []struct {
		name  string
		value func(i int) string
		want  string
	}{
		{"amount", func(i int) string { return fmt.Sprint(float64(i*37%91) / 4) }, "number"},
		{"visits", func(i int) string { return fmt.Sprint(i * 7 % 60) }, "number"},
		{"negative", func(i int) string { return fmt.Sprint(-i) }, "number"},
		{"salary", func(i int) string { return []string{"", "1e3", "2.50"}[i%3] }, "number"},
		{"dirty", func(i int) string {
			if i == 50 {
				return "n/a"
			}
			return fmt.Sprint(i)
		}, "number"},
		{"gaps", func(i int) string { return []string{"NA", "NaN", "null", "7.5"}[i%4] }, "number"},
		{"gaps_at", func(i int) string { return []string{"None", "2026-01-02"}[i%2] }, "timestamp"},
		{"area", func(i int) string { return []string{"NA", "EU"}[i%2] }, "category"},
		{"half", func(i int) string { return []string{"x", "1.5"}[i%2] }, "category"},
		{"label", func(i int) string { return fmt.Sprint(i % 2) }, "category"},
		{"class", func(i int) string { return fmt.Sprint(1 + i%3) }, "category"},
		{"zip", func(i int) string { return fmt.Sprintf("%05d", i%40*31) }, "category"},
		{"phone", func(i int) string { return fmt.Sprintf("%05d", i*31) }, "category"},
		{"shop_id", func(i int) string { return fmt.Sprint(1000 + i%20) }, "category"},
		{"user_id", func(i int) string { return fmt.Sprint(1000 + i) }, "category"},
		{"userId", func(i int) string { return fmt.Sprint(1000 + i) }, "category"},
		{"uuid", func(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", i*2654435761) }, "text"},
		{"serial", func(i int) string { return fmt.Sprintf("%02d%c", i, 'A'+i%2*52) }, "text"},
		{"answer", func(i int) string { return []string{"Yes", "no", "NO"}[i%3] }, "boolean"},
		{"yn", func(i int) string { return []string{"Y", "N"}[i%2] }, "boolean"},
		{"tf", func(i int) string { return []string{"t", "f"}[i%2] }, "boolean"},
		{"grade", func(i int) string { return []string{"F", "F", "n"}[i%3] }, "category"},
		{"constant", func(int) string { return "N" }, "category"},
		{"slashed", func(i int) string { return fmt.Sprintf("2026/01/%02d 10:30", 1+i%28) }, "timestamp"},
		{"minute", func(i int) string { return fmt.Sprintf("2026-01-%02d 10:30", 1+i%28) }, "timestamp"},
		{"broken", func(i int) string { return []string{"NaN", "0.5", "1.25"}[i%3] }, "number"},
		{"american", func(i int) string { return fmt.Sprintf("01/%02d/2026", 1+i%12) }, "category"},
		{"paid", func(i int) string { return fmt.Sprint(i < 50) }, "boolean"},
		{"country", func(i int) string { return []string{"BR", "PT"}[i%2] }, "category"},
		{"downpayment", func(i int) string { return fmt.Sprintf("%d%%", i%10*10) }, "category"},
		{"remark", func(i int) string { return fmt.Sprintf("remark %d", i) }, "text"},
		{"essay", func(i int) string { return strings.Repeat("word ", 20+i%2) }, "text"},
		{"ts", func(i int) string { return fmt.Sprint(1_700_000_000 + i) }, "timestamp"},
		{"created_at", func(i int) string { return fmt.Sprint(1_700_000_000_123 + i) }, "timestamp"},
		{"createdAt", func(i int) string { return fmt.Sprint(1_700_000_000.5 + float64(i)) }, "timestamp"},
		{"seen", func(i int) string { return fmt.Sprint(1_700_000_000_123 + i) }, "timestamp"},
		{"balance", func(i int) string { return fmt.Sprint(1_700_000_000 + i) }, "number"},
		{"when", func(i int) string { return fmt.Sprintf("2026-01-02T03:04:%02dZ", i%60) }, "timestamp"},
		{"day", func(i int) string { return fmt.Sprintf("2026-01-%02d", 1+i%28) }, "timestamp"},
		{"nothing", func(int) string { return "" }, "category"},
	}
	var b strings.Builder
	for row := range 101 {
		var cells []string
		for _, tt := range tests {
			if row == 0 {
				cells = append(cells, tt.name)
			} else {
				cells = append(cells, tt.value(row-1))
			}
		}
		b.WriteString(strings.Join(cells, ",") + "\n")
	}
	path := write(t, "a.csv", []byte(b.String()))
	p := profiled(t, Options{}, path)
	for _, tt := range tests {
		if got := p.Profile(tt.name); got == nil || got.Kind().String() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got.Kind(), tt.want)
		}
	}
	p = profiled(t, Options{Types: map[string]string{"class": "number", "essay": Ignore}}, path)
	if got := p.Profile("class").Kind().String(); got != "number" {
		t.Errorf("class is a %s, told to be a number", got)
	}
	if p.Profile("essay") != nil || len(p.Ignored) != 1 {
		t.Errorf("essay is not ignored: %v", p.Ignored)
	}
}
