package calibration

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var full = flag.Bool("full", false, "run the full simulation and write the pages of the manual")

const docs = "../../docs"

// TestFalseAlarms: in windows of any size in which nothing has changed, verdicts
// are no more frequent than alpha allows.
func TestFalseAlarms(t *testing.T) {
	found := FalseAlarms(Small(), func(int, int) {})
	for _, problem := range Problems(found.Cells) {
		t.Error(problem)
	}
}

// TestPower: half a standard deviation in 1,000 rows is found in 99 of 100 windows
// by every check that measures how far two distributions are apart.
func TestPower(t *testing.T) {
	p := Small()
	const draws = 100
	found := p.found(shifts()[2], 1000, draws)
	for _, problem := range weak(found) {
		t.Error(problem)
	}
	if len(found) < 8 {
		t.Errorf("%d checks and rules were tried", len(found))
	}
}

// weak says which checks find half a standard deviation too rarely.
func weak(found []Drifted) []string {
	var all []string
	for _, d := range found {
		switch d.By {
		case "ks", "psi", "kl", "js", "hellinger", "wasserstein":
			if d.Rate() < 0.99 {
				all = append(all, fmt.Sprintf("%s found %s in %d of %d windows of %d rows", d.By, d.Change, d.Found, d.Windows, d.Window))
			}
		}
	}
	return all
}

// TestFull is `make calibrate`.
func TestFull(t *testing.T) {
	if !*full {
		t.Log("run by make calibrate")
		return
	}
	r := Report{Plan: Full()}
	r.Found = FalseAlarms(r.Plan, func(done, of int) { fmt.Fprintf(os.Stderr, "\r%d of %d parts", done, of) })
	r.Power = Power(r.Plan, []int{50, 200, 1000, 5000}, 400)
	for _, problem := range Problems(r.Found.Cells) {
		t.Error(problem)
	}
	for _, d := range r.Power {
		if d.Change == shifts()[2].name && d.Window == 1000 {
			for _, problem := range weak([]Drifted{d}) {
				t.Error(problem)
			}
		}
	}
	var page, accuracy strings.Builder
	if err := r.WritePage(&page); err != nil {
		t.Fatal(err)
	}
	if err := WriteAccuracy(&accuracy, append(Widths(r.Plan.Seed, 100_000), Widths(r.Plan.Seed, 1_000_000)...)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"calibration.md": page.String(), "accuracy.md": accuracy.String()} {
		if err := os.WriteFile(filepath.Join(docs, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println(page.String())
}
