package demo

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

//go:embed files
var embedded embed.FS

// TrainingRows is the number of rows in each reference file.
const TrainingRows = 20_000

// Files is a configuration folder as a team would keep it in git: the daemon's
// file, monitors, rules, and the training data that they refer to.
type Files struct {
	Dir    string
	Broker string // host:port
	Listen string // host:port of the daemon
	Slack  string // URL of the incoming web hook
}

// ConfigPath is the daemon's configuration file.
func (f Files) ConfigPath() string { return filepath.Join(f.Dir, "driftwatch.yaml") }

// Write writes the folder. The training data is drawn from the traffic's own
// distributions, as they are without drift, before the start.
func (f Files) Write(t Traffic) error {
	if err := f.writeConfig(); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	if err := f.writeData(t); err != nil {
		return fmt.Errorf("write the demo's training data: %w", err)
	}
	return nil
}

// writeConfig copies the embedded folder; a name that ends in .tmpl is a
// template and loses the ending.
func (f Files) writeConfig() error {
	root, err := fs.Sub(embedded, "files")
	if err != nil {
		return err
	}
	return fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(f.Dir, filepath.FromSlash(path))
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".tmpl") {
			return f.render(strings.TrimSuffix(target, ".tmpl"), string(text))
		}
		return os.WriteFile(target, text, 0o644)
	})
}

func (f Files) render(target, text string) error {
	tmpl, err := template.New(filepath.Base(target)).Parse(text)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := tmpl.Execute(&b, f); err != nil {
		return err
	}
	return os.WriteFile(target, []byte(b.String()), 0o644)
}

func (f Files) writeData(t Traffic) error {
	inputs, predictions := Training(t, TrainingRows)
	for _, data := range []struct {
		path string
		rows [][]byte
	}{
		{"references/inputs.jsonl", inputs},
		{"references/predictions.jsonl", predictions},
		{"samples/drifted.jsonl", drifted(t)},
	} {
		path := filepath.Join(f.Dir, filepath.FromSlash(data.path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := writeLines(path, data.rows); err != nil {
			return err
		}
	}
	return nil
}

// drifted are the answers of the last window of the slow drift, to be compared.
func drifted(t Traffic) (predictions [][]byte) {
	first := int((CreepEnd - WindowLength) / TickLength)
	for n := range int(WindowLength / TickLength) {
		for _, m := range t.Tick(first + n).Committed {
			if m.Topic == PredictionsTopic {
				predictions = append(predictions, m.Value)
			}
		}
	}
	return predictions
}

func writeLines(path string, lines [][]byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close() // after an error; else the Close below has closed it
	w := bufio.NewWriter(file)
	for _, line := range lines {
		w.Write(line) // bufio keeps the first error for Flush
		w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// Training returns rows of both topics as the service logged them in the week
// before the start, when all was well.
func Training(t Traffic, rows int) (inputs, predictions [][]byte) {
	const week = 7 * 24 * time.Hour
	rng := rand.New(rand.NewPCG(t.Seed, 1<<63)) // no tick has this number
	for i := range rows {
		at := t.Start.Add(-week + time.Duration(i)*(week/time.Duration(rows)))
		r := newRequest(rng, at, phase{})
		r.ID = fmt.Sprintf("t-%08d", i)
		inputs = append(inputs, r.input(at).Value)
		predictions = append(predictions, r.prediction(at).Value)
	}
	return inputs, predictions
}
