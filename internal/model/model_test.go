package model

import (
	"hash/maphash"
	"slices"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// found is what an exploration found.
type found struct {
	worlds, steps int
	// broken promise, and the steps that lead to it.
	broken string
	path   []string
}

// worlds are those that were found, by two hashes: millions of them in little memory.
type worlds map[[2]uint64]struct{}

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// add says whether a world is new.
func (known worlds) add(w world) bool {
	key := [2]uint64{maphash.Comparable(seeds[0], w), maphash.Comparable(seeds[1], w)}
	before := len(known)
	known[key] = struct{}{}
	return len(known) > before
}

// explore tries everything that can happen, in every order, until a promise is broken. It goes on
// from the world that was found last, so that few wait to be looked at.
func (m *machine) explore() (f found) {
	start := m.initial()
	known, waiting := worlds{}, []world{start}
	known.add(start)
	for len(waiting) > 0 {
		here := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		all := m.stepsAndRest(here)
		if f.broken = m.broken; f.broken != "" {
			break
		}
		f.steps += len(all)
		for _, s := range all {
			if known.add(s.next) {
				waiting = append(waiting, s.next)
			}
		}
	}
	f.worlds = len(known)
	return f
}

// stepsAndRest lists what can happen, and judges a world in which nothing is left to do.
func (m *machine) stepsAndRest(w world) []step {
	all, rest := m.steps(w)
	if rest && m.broken == "" {
		m.judgeRest(&w)
		if m.broken != "" {
			return nil
		}
	}
	return all
}

// shortest finds the shortest way to a broken promise.
func (m *machine) shortest() (f found) {
	type node struct {
		world
		from int
		by   what
	}
	start := m.initial()
	known, nodes := worlds{}, []node{{start, -1, what{}}}
	known.add(start)
	for at := 0; at < len(nodes); at++ {
		all := m.stepsAndRest(nodes[at].world)
		if f.broken = m.broken; f.broken != "" {
			if len(all) > 0 { // the last step broke it
				f.path = append(f.path, all[len(all)-1].String())
			}
			for ; nodes[at].from >= 0; at = nodes[at].from {
				f.path = append(f.path, nodes[at].by.String())
			}
			slices.Reverse(f.path)
			break
		}
		f.steps += len(all)
		for _, s := range all {
			if known.add(s.next) {
				nodes = append(nodes, node{s.next, at, s.what})
			}
		}
	}
	f.worlds = len(known)
	return f
}

// The worlds in which everything is explored. Each is as large as a minute allows.
var (
	apart   = [2][crowd]set{{billing, 0}, {0, billing}}
	oneEach = config{
		name: "two people, a grant each, of one namespace", namespaces: [2]string{"a", "a"}, standing: true, given: owners, gives: apart,
		budget: budget{crashes: 1, faults: 1, deletes: 2, applies: 1, ticks: 3, releases: 1},
	}
	twoNamespaces = config{
		name: "a grant each, of two namespaces", namespaces: [2]string{"a", "b"}, standing: true, gives: apart,
		budget: budget{crashes: 1, faults: 1, deletes: 2, applies: 1, ticks: 2},
	}
	overlap = config{
		name: "both grants for both people", namespaces: [2]string{"a", "a"}, standing: true,
		gives:  [2][crowd]set{{billing, billing}, {billing | customers, billing}},
		budget: budget{crashes: 1, deletes: 2, applies: 1, ticks: 2, releases: 1},
	}
	byProvider = config{
		name: "new people, invited by the provider", namespaces: [2]string{"a", "a"}, sender: v1alpha1.SenderProvider, gives: apart,
		budget: budget{crashes: 1, faults: 1, deletes: 1, applies: 2, ticks: 1},
	}
	bySMTP = config{
		name: "new people, invited by SMTP", namespaces: [2]string{"a", "a"}, sender: v1alpha1.SenderSMTP, given: owners, gives: apart,
		budget: budget{crashes: 1, faults: 1, deletes: 1, applies: 2, ticks: 1},
	}
)

// The worlds in which links end, mails are repeated and asked for, and people come: of one person.
var (
	alone          = [2][crowd]set{{billing, 0}, {0, 0}}
	twice          = [2][crowd]set{{billing, 0}, {billing, 0}}
	lifeByProvider = config{
		name: "links that end, invited by the provider", namespaces: [2]string{"a", "a"}, sender: v1alpha1.SenderProvider, gives: alone, life: 2,
		budget: budget{crashes: 1, faults: 1, applies: 1, ticks: 6, asks: 1, accepts: 1},
	}
	lifeBySMTP = config{
		name: "links that end, invited by SMTP", namespaces: [2]string{"a", "a"}, sender: v1alpha1.SenderSMTP, gives: alone, life: 2,
		budget: budget{crashes: 1, faults: 1, applies: 1, ticks: 6, asks: 1, accepts: 1},
	}
	twoAsk = config{
		name: "two grants that ask", namespaces: [2]string{"a", "b"}, sender: v1alpha1.SenderSMTP, gives: twice, life: 2,
		budget: budget{crashes: 1, applies: 2, ticks: 1, asks: 2},
	}
)

// The worlds of one person in which writes come late and somebody uses the console.
var (
	comesLate = config{
		name: "writes that are done late", namespaces: [2]string{"a", "b"}, gives: [2][crowd]set{{billing, 0}, {customers, 0}}, known: true, hasty: true,
		budget: budget{crashes: 1, deletes: 2, applies: 2, ticks: 1, lates: 1},
	}
	byHand = config{
		name: "somebody gives by hand", namespaces: [2]string{"a", "b"}, gives: alone, known: true,
		budget: budget{crashes: 1, faults: 1, deletes: 1, applies: 2, ticks: 1, lates: 1, hands: 1},
	}
	onlyObserved = config{
		name: "a backend that is observed", namespaces: [2]string{"a", "b"}, gives: alone, known: true, observed: true,
		budget: budget{crashes: 1, deletes: 1, applies: 2, ticks: 1, hands: 1},
	}
)

// The world of one person who gives up all they have.
var givenUpAll = config{
	name: "somebody gives up all they have", namespaces: [2]string{"a", "b"}, gives: [2][crowd]set{{billing, 0}, {billing | customers, 0}}, known: true,
	budget: budget{crashes: 1, faults: 1, deletes: 1, applies: 3, ticks: 1, drops: 1},
}

// TestEverythingThatCanHappen explores the worlds whole.
func TestEverythingThatCanHappen(t *testing.T) {
	for _, c := range []config{oneEach, twoNamespaces, overlap, byProvider, bySMTP, lifeByProvider, lifeBySMTP, twoAsk, comesLate, byHand, onlyObserved, givenUpAll} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newMachine(c, sound).explore()
			if f.broken != "" {
				f = newMachine(c, sound).shortest()
				t.Fatalf("%s\n  %s", f.broken, strings.Join(f.path, "\n  "))
			}
			t.Logf("%d worlds, %d steps between them", f.worlds, f.steps)
		})
	}
}

// TestOrderMakesNoWorlds: from the last world or from the first, the same ones are found; where a key
// leaves something out, which worlds are found depends on the order.
func TestOrderMakesNoWorlds(t *testing.T) {
	for _, c := range []config{twoNamespaces, lifeByProvider, twoAsk, byHand} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			depth, breadth := newMachine(c, sound).explore(), newMachine(c, sound).shortest()
			if depth.worlds != breadth.worlds || depth.steps != breadth.steps {
				t.Errorf("%d worlds and %d steps, or %d and %d", depth.worlds, depth.steps, breadth.worlds, breadth.steps)
			}
		})
	}
}

// TestFlawsAreFound breaks the machine in each way, in a world that shows it: a model that
// finds nothing proves nothing.
func TestFlawsAreFound(t *testing.T) {
	for flawed, c := range map[flaw]config{
		neverSettles: oneEach, resumesAtOnce: oneEach, ignoresTheGate: oneEach, forgetsRemovals: oneEach, countsAfterwards: oneEach,
		remembersLate: oneEach, paysTooEarly: oneEach, believesLost: oneEach, forgetsOnApply: oneEach, takesEverything: oneEach,
		lastGrantOnly: overlap, ignoresApply: oneEach, approvesEverything: oneEach, neverReleases: oneEach, keepsEverything: oneEach,
		holdsOthers: twoNamespaces, sendsFirst: bySMTP, mailsAgain: bySMTP, mailsStrangers: bySMTP, mailsNobody: bySMTP,
		repeatsBlindly: lifeByProvider, forgetsOrdinal: lifeBySMTP, resendsOnStart: lifeBySMTP, neverStops: lifeByProvider, neverRepeats: lifeBySMTP,
		answersLate: lifeBySMTP, answersAtOnce: lifeBySMTP, hearsOldRequests: twoAsk, ignoresEnds: lifeByProvider, seesNoProfiles: lifeBySMTP,
		remembersPlans: onlyObserved, adoptsWhatItSees: onlyObserved, remembersRefusals: byHand, forgetsLate: comesLate, forgetsEarlier: comesLate, givesAgain: givenUpAll,
	} {
		t.Run(string(flawed), func(t *testing.T) {
			t.Parallel()
			f := newMachine(c, flawed).shortest()
			if f.broken == "" {
				t.Fatalf("nothing was found in %d worlds", f.worlds)
			}
			t.Logf("%s: %s, after %d steps, %d worlds", c.name, f.broken, len(f.path), f.worlds)
		})
	}
}
