// Package simulate_test measures what people cost without a control plane: a table that is read over loopback, and what
// the manager decides and keeps for everybody in it. It runs only when it is asked for, by `make simulate`.
package simulate_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/queue"
	"github.com/hostgrant/hostgrant/test/bench/result"
)

// What the environment says: how many people, and into which file the result goes.
const (
	peopleVariable = "SIMULATE_PEOPLE"
	reportVariable = "SIMULATE_REPORT"
)

// TestSimulation runs all phases for a tenth of the people, and for all.
func TestSimulation(t *testing.T) {
	text := os.Getenv(peopleVariable)
	if text == "" {
		t.Skipf("set %s to how many people, or run `make simulate`", peopleVariable)
	}
	people, err := strconv.Atoi(text)
	if err != nil || people < 100 || people > hosting.MaxRows {
		t.Fatalf("%s is %q: write a number from 100 to %d, which is what a table may have", peopleVariable, text, hosting.MaxRows)
	}
	r := result.Simulation{People: people, Machine: result.Machine{CPUs: runtime.NumCPU(), Go: runtime.Version()}}
	r.Runs = append(r.Runs, simulate(t, people/10, nil))
	r.Runs = append(r.Runs, simulate(t, people, r.Runs[0].Phases))
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	r.SystemMiB = stats.Sys >> 20
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if file := os.Getenv(reportVariable); file != "" {
		if err := os.WriteFile(file, append(body, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// simulation is one run.
type simulation struct {
	*testing.T
	result.Run
	// tenth is what the phases took with a tenth of the people.
	tenth []result.Step
	// heap in bytes before the run.
	heap uint64
	setup
}

func simulate(t *testing.T, people int, tenth []result.Step) result.Run {
	s := &simulation{T: t, Run: result.Run{People: people}, tenth: tenth, heap: live()}
	s.setup = newSetup(t, people)
	s.phase("read the table", s.read)
	s.phase("read the records", s.makeRecords)
	s.phase("decide: nothing to do", s.nothingToDo)
	var requests []queue.WriteRequest
	s.phase("decide: a permission more", func() { requests = s.permissionMore() })
	var served []string
	s.phase("queue everybody", func() { served = s.queueAll(requests) })
	s.phase("serve everybody", func() { s.serveAll(served, requests) })
	requests, served = nil, nil
	s.phase("decide: all lose everything", s.removeAll)
	s.phase("judge that all lose everything", s.judgeAll)
	runtime.KeepAlive(s)
	return s.Run
}

// phase measures what something takes, and what the heap holds after it.
func (s *simulation) phase(name string, do func()) {
	began := time.Now()
	do()
	took := time.Since(began)
	p := result.Step{Name: name, Seconds: rounded(took.Seconds(), 6), Micros: rounded(took.Seconds()*1e6/float64(s.People), 2)}
	p.KeptMiB = rounded((float64(live())-float64(s.heap))/(1<<20), 1)
	over := ""
	if s.tenth != nil {
		p.OverTenth = rounded(p.Seconds/s.tenth[len(s.Phases)].Seconds, 1)
		over = fmt.Sprintf("  %6.1f x a tenth", p.OverTenth)
	}
	s.Phases = append(s.Phases, p)
	fmt.Fprintf(os.Stderr, "%6d people  %-32s %9.3f s  %8.2f µs each  %8.1f MiB kept%s\n", s.People, p.Name, p.Seconds, p.Micros, p.KeptMiB, over)
}

// rounded keeps so many digits behind the point.
func rounded(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}

// live is what the heap holds, in bytes.
func live() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// decide finds out what is to be done for a person, as the controller does.
func (s *simulation) decide(i int) (plan.Inputs, plan.Decision) {
	in := plan.Inputs{Record: &s.records[i], Backend: s.backend, Now: s.now()}
	in.Provider, in.Row = s.view.Person(string(in.Record.Spec.Email))
	in = recalled(in)
	desired, guard := plan.Compute(in), s.connection.Guard()
	guard.Update(in.Record.Name, desired.Person)
	var verdicts []gate.Verdict
	if in.Judged() {
		verdicts = guard.Evaluate(in.Record.Name, desired.Person, plan.RulesOf(s.backend), in.Now.Time)
	}
	return in, plan.Decide(in, desired, verdicts)
}

// each decides for everybody, publishes the status, and fails where what was decided is not what it has to be.
func (s *simulation) each(right func(plan.Inputs, plan.Decision, plan.Report) bool) {
	s.Helper()
	for i := range s.records {
		in, d := s.decide(i)
		report := plan.Status(in, d, 0)
		if !right(in, d, report) {
			s.Fatalf("%s of %d people: step %v, gate %+v, %+v", in.Record.Name, s.People, d.Step, d.Gate, report.Outcome)
		}
		s.records[i].Status = report.Status
	}
}

// nothingToDo is a start: the gate learns of everybody, and everybody has what grants give.
func (s *simulation) nothingToDo() {
	s.each(func(_ plan.Inputs, d plan.Decision, report plan.Report) bool {
		return !d.NeedsProvider() && report.Outcome.Ready == "True"
	})
	names := make([]string, len(s.records))
	for i := range s.records {
		names[i] = s.records[i].Name
	}
	if s.connection.Guard().MarkComplete(names); !s.connection.Guard().Complete() {
		s.Fatal("the gate does not know everybody")
	}
}

// permissionMore has all grants give a permission more, and tells what everybody is queued for.
func (s *simulation) permissionMore() []queue.WriteRequest {
	s.change(func(record *v1alpha1.AccessRecord) {
		c := &record.Spec.Contributions[0]
		c.Digest, c.Accounts[0].Permissions = "more", append(c.Accounts[0].Permissions, "Domains")
	})
	requests := make([]queue.WriteRequest, 0, s.People)
	s.each(func(in plan.Inputs, d plan.Decision, report plan.Report) bool {
		requests = append(requests, d.Request(in))
		return d.NeedsProvider() && d.Plan.Add.Len() == accountsEach && report.Outcome.Reconciling
	})
	return requests
}

// queueAll has everybody ask for a turn, and tells who has one at once.
func (s *simulation) queueAll(requests []queue.WriteRequest) (served []string) {
	for i := range s.records {
		if s.connection.Writes().Acquire(s.records[i].Name, requests[i]) {
			served = append(served, s.records[i].Name)
		}
	}
	if waiting := s.connection.Writes().Waiting(); len(served) == 0 || len(served)+waiting != s.People {
		s.Fatalf("%d people are served and %d wait", len(served), waiting)
	}
	return served
}

// serveAll gives everybody a turn, in the order in which they are woken.
func (s *simulation) serveAll(served []string, requests []queue.WriteRequest) {
	of := make(map[string]queue.WriteRequest, s.People)
	for i := range s.records {
		of[s.records[i].Name] = requests[i]
	}
	for ; len(served) > 0; served = append(served[1:], s.woken()...) {
		request, waits := of[served[0]]
		if !waits || !s.connection.Writes().Acquire(served[0], request) {
			s.Fatalf("%s is woken, and has no turn", served[0])
		}
		s.connection.Writes().Release(served[0])
		delete(of, served[0])
	}
	if len(of) > 0 || s.connection.Writes().Waiting() > 0 {
		s.Fatalf("%d people had no turn", len(of))
	}
}

// removeAll takes all grants away. Nothing goes at once: others may join.
func (s *simulation) removeAll() {
	s.change(func(record *v1alpha1.AccessRecord) { record.Spec.Contributions = nil })
	s.each(func(_ plan.Inputs, d plan.Decision, _ plan.Report) bool { return d.Gate.Worst.Answer == gate.Defer })
}

// judgeAll looks at everybody again when the settling time is over: all are held.
func (s *simulation) judgeAll() {
	s.clock.Step(time.Minute)
	s.each(func(_ plan.Inputs, d plan.Decision, _ plan.Report) bool { return d.Gate.Worst.Answer == gate.Hold })
	held := 0
	for _, batch := range s.connection.Guard().Batches() {
		held += batch.People
	}
	if held != s.People {
		s.Fatalf("%d people are held", held)
	}
}

func (s *simulation) change(edit func(*v1alpha1.AccessRecord)) {
	for i := range s.records {
		s.records[i].Generation++
		edit(&s.records[i])
	}
}

func (s *simulation) read() {
	var err error
	if _, err = s.connection.Refresh(s.Context(), func(*provider.Snapshot, *provider.Snapshot) error { return nil }); err != nil {
		s.Fatal(err)
	}
	s.view = s.connection.View()
}
