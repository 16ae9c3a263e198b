package checks

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// peerCase is a pair of samples and the numbers that other tools give of them.
type peerCase[T any] struct {
	Name               string
	Reference, Current T
	Want               map[string]float64
}

// peer says which parameters give a peer's number, and what is to be done with
// the result to make it the same.
type peer struct {
	check  string
	params Params
	number func(v float64) float64 // nil: nothing
}

func square(v float64) float64 { return v * v }
func nats(v float64) float64   { return v * math.Sqrt(math.Ln2) }

// TestPeersNumbers: each page of docs/checks says which parameters give another
// tool's number. These are they.
func TestPeersNumbers(t *testing.T) {
	likeEvidently := Params{Rule: Sturges, Binning: Width, Smoothing: Epsilon, Epsilon: 1e-4}
	unsmoothed := Params{Rule: Sturges, Binning: Width}
	likeNannyML := Params{Rule: Doane, Binning: Width}
	peers := map[string]peer{
		"evidently_psi":         {"psi", likeEvidently, nil},
		"evidently_kl_swapped":  {"kl", likeEvidently, nil},
		"evidently_js_nats":     {"js", unsmoothed, nats},
		"evidently_wasserstein": {"wasserstein", Params{}, nil},
		"nannyml_js":            {"js", likeNannyML, nil},
		"nannyml_hellinger":     {"hellinger", likeNannyML, nil},
	}
	for _, c := range readPeers(t).Numbers {
		in := Input{Reference: numbers(c.Reference), Current: numbers(c.Current)}
		if c.Name != "ties on edges" { // there Evidently's rule is that of the distinct values
			peers["evidently_hellinger"] = peer{"hellinger", unsmoothed, nil}
		}
		sd, _ := in.Reference.StdDev()
		comparePeers(t, c.Name, in, c.Want, peers, sd)
		delete(peers, "evidently_hellinger")
	}
}

func TestPeersCategories(t *testing.T) {
	peers := map[string]peer{
		"evidently_psi":       {"psi", Params{Smoothing: Epsilon, Epsilon: 1e-4}, nil},
		"evidently_js_nats":   {"js", Params{}, nats},
		"evidently_hellinger": {"hellinger", Params{}, nil},
		"nannyml_js":          {"js", Params{}, nil},
		"tfdv_js":             {"js", Params{}, square},
		"tfdv_l_infinity":     {"l_infinity", Params{}, nil},
	}
	for _, c := range readPeers(t).Categories {
		in := Input{Reference: categories(c.Reference), Current: categories(c.Current)}
		n, m := float64(in.Reference.Counts().Present), float64(in.Current.Counts().Present)
		peers["deequ_l_infinity_robust"] = peer{"l_infinity", Params{}, func(v float64) float64 {
			return max(0, v-1.8*math.Sqrt((n+m)/(n*m)))
		}}
		comparePeers(t, c.Name, in, c.Want, peers, 1)
	}
}

func comparePeers(t *testing.T, name string, in Input, want map[string]float64, peers map[string]peer, sd float64) {
	t.Helper()
	for key, p := range peers {
		in.Params = p.params
		r := compute(t, p.check, in)
		got := r.Value
		if p.number != nil {
			got = p.number(got)
		}
		if p.check == "wasserstein" {
			got /= sd
		}
		w, known := want[key]
		if !known || r.Skipped != "" || r.Low != r.High {
			t.Errorf("%s: %s: want %v, got %+v", name, key, w, r)
		}
		if math.Abs(got-w) > 1e-12*max(1, math.Abs(w)) {
			t.Errorf("%s: %s: got %v, want %v", name, key, got, w)
		}
	}
}

// TestPeersOfCoarseProfiles: where edges cut the cells of a profile, the peer's
// number is between low and high.
func TestPeersOfCoarseProfiles(t *testing.T) {
	for _, c := range readPeers(t).Numbers {
		for _, buckets := range []int{8, 64} {
			in := Input{Reference: capped(c.Reference, buckets), Current: capped(c.Current, buckets)}
			in.Params = Params{Rule: Sturges, Binning: Width, Smoothing: Epsilon, Epsilon: 1e-4}
			for key, check := range map[string]string{"evidently_psi": "psi", "evidently_kl_swapped": "kl"} {
				r := compute(t, check, in)
				if w := c.Want[key]; !(r.Low-1e-12 <= w && w <= r.High+1e-12 && r.Low <= r.Value && r.Value <= r.High) {
					t.Errorf("%s, %d buckets: %s: %v is not in %+v", c.Name, buckets, key, w, r)
				}
			}
		}
	}
}

type peerCases struct {
	Numbers    []peerCase[[]float64]
	Categories []peerCase[map[string]int]
}

func readPeers(t *testing.T) (cases peerCases) {
	t.Helper()
	b, err := os.ReadFile("testdata/golden-peers.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases.Numbers) == 0 || len(cases.Categories) == 0 {
		t.Fatal("no cases")
	}
	return cases
}
