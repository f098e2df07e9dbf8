// Package result is what measurements write into files, as JSON, and documents show.
package result

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// maxFile is how long the file of one result may be, in bytes.
const maxFile = 1 << 20

// Machine is where something was measured.
type Machine struct {
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
}

// Grants is what so many grants cost, each of one person, on a real control plane (`make bench`).
type Grants struct {
	Grants int `json:"grants"`
	Machine
	// FloorSeconds is what a bare client takes for as many grants in the same run.
	FloorSeconds float64 `json:"floorSeconds"`
	Phases       []Phase `json:"phases"`
}

// Phase is what one phase took. OverFloor is 0 where the phase does not concern all grants, P50 and P95 where nothing was
// done one by one. Writes are those to the Kubernetes API for each grant, WritesBy by resource; Reads and Changes are
// calls to the provider for each grant. Memory is the manager's, MaxMemory the most so far.
type Phase struct {
	Name         string             `json:"name"`
	Seconds      float64            `json:"seconds"`
	OverFloor    float64            `json:"overFloor,omitempty"`
	P50          float64            `json:"p50Seconds,omitempty"`
	P95          float64            `json:"p95Seconds,omitempty"`
	Writes       float64            `json:"writesPerGrant"`
	WritesBy     map[string]float64 `json:"writesBy"`
	Reads        float64            `json:"providerReadsPerGrant"`
	Changes      float64            `json:"providerWritesPerGrant"`
	MemoryMiB    int64              `json:"memoryMiB"`
	MaxMemoryMiB int64              `json:"maxMemoryMiB"`
}

// Phase by its name; false where it was not measured.
func (g Grants) Phase(name string) (Phase, bool) {
	i := slices.IndexFunc(g.Phases, func(p Phase) bool { return p.Name == name })
	if i < 0 {
		return Phase{}, false
	}
	return g.Phases[i], true
}

// Simulation is what so many people cost without a control plane (`make simulate`): a run with a tenth of them, and one
// with all, of the same phases.
type Simulation struct {
	People int `json:"people"`
	Machine
	Runs []Run `json:"runs"`
	// SystemMiB is what Go took from the system in all, with the provider that is simulated.
	SystemMiB uint64 `json:"systemMiB"`
}

// Run is one of a simulation.
type Run struct {
	People int    `json:"people"`
	Phases []Step `json:"phases"`
}

// Step is what one phase of a simulation took, and what the heap holds after it beyond what it held before the run.
// OverTenth is how many times as long it took as with a tenth of the people, 0 for that run itself.
type Step struct {
	Name      string  `json:"name"`
	Seconds   float64 `json:"seconds"`
	Micros    float64 `json:"microsecondsPerPerson"`
	OverTenth float64 `json:"overTenth,omitempty"`
	KeptMiB   float64 `json:"keptMiB"`
}

// Results are those of a folder, in the order of how many grants or people.
type Results struct {
	Grants      []Grants
	Simulations []Simulation
}

// Read reads all files *.json of a folder; there may be none. A file that is no result, or of as many grants or people
// as another, is an error that names it.
func Read(folder string) (Results, error) {
	var all Results
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return all, err
	}
	for _, file := range files {
		if err := all.read(file); err != nil {
			return Results{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	slices.SortFunc(all.Grants, func(a, b Grants) int { return cmp.Compare(a.Grants, b.Grants) })
	slices.SortFunc(all.Simulations, func(a, b Simulation) int { return cmp.Compare(a.People, b.People) })
	return all, nil
}

func (r *Results) read(file string) error {
	body, err := bounded(file)
	if err != nil {
		return err
	}
	var kind struct{ Grants, People int }
	if err := json.Unmarshal(body, &kind); err != nil {
		return fmt.Errorf("it is not the last line of `make bench` or `make simulate`: %w", err)
	}
	twice := slices.ContainsFunc(r.Grants, func(g Grants) bool { return g.Grants == kind.Grants }) ||
		slices.ContainsFunc(r.Simulations, func(s Simulation) bool { return s.People == kind.People })
	switch {
	case twice:
		return fmt.Errorf("another file has a result of %d too: keep one of them", max(kind.Grants, kind.People))
	case kind.Grants > 0:
		return add(&r.Grants, body)
	case kind.People > 0:
		return add(&r.Simulations, body)
	}
	return fmt.Errorf("it has neither grants nor people: write the last line of `make bench` or `make simulate` into it")
}

// add decodes one result whose fields are all known.
func add[T any](list *[]T, body []byte) error {
	var one T
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&one); err != nil {
		return fmt.Errorf("it is of another version: measure again, or remove it: %w", err)
	}
	*list = append(*list, one)
	return nil
}

func bounded(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(body) > maxFile {
		err = fmt.Errorf("it is longer than %d bytes, which no result is", maxFile)
	}
	return body, err
}
