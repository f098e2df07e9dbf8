package model

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// found is what an exploration found.
type found struct {
	states, steps int
	// broken promise, and the steps that lead to it.
	broken string
	path   []string
}

// explore tries everything that can happen, in every order, until a promise is broken.
func (m machine) explore() found {
	type world struct {
		state
		key string
	}
	type node struct {
		*world // nil once it was looked at: only the way there is needed from then on
		from   int
		by     string
	}
	start := initial(m.config)
	nodes := []node{{&world{start, start.key()}, -1, ""}}
	known := map[[sha256.Size]byte]bool{sha256.Sum256([]byte(start.key())): true}
	f := found{}
	for at := 0; at < len(nodes); at++ {
		here := nodes[at].state
		all, rest := m.steps(here, nodes[at].key)
		nodes[at].world = nil
		if rest {
			m.judgeRest(&here)
		}
		if here.flaw != "" {
			for ; at >= 0; at = nodes[at].from {
				f.path = append(f.path, nodes[at].by)
			}
			slices.Reverse(f.path)
			f.broken, f.states = here.flaw, len(nodes)
			return f
		}
		f.steps += len(all)
		for _, s := range all {
			if sum := sha256.Sum256([]byte(s.key)); !known[sum] {
				known[sum] = true
				nodes = append(nodes, node{&world{s.next, s.key}, at, s.name})
			}
		}
	}
	f.states = len(nodes)
	return f
}

func only(right hosting.Right) hosting.Rights { return hosting.NewRights(right) }

// The worlds in which everything is explored. Each is as large as a minute allows.
var (
	apart   = [2][crowd]hosting.Rights{{only(billing), nil}, {nil, only(billing)}}
	oneEach = config{
		name: "two people, a grant each, of one namespace", namespaces: [2]string{"a", "a"}, standing: true, given: only(owners), gives: apart,
		budget: budget{crashes: 1, faults: 1, deletes: 2, applies: 1, ticks: 3, releases: 1},
	}
	twoNamespaces = config{
		name: "a grant each, of two namespaces", namespaces: [2]string{"a", "b"}, standing: true, gives: apart,
		budget: budget{crashes: 1, faults: 1, deletes: 2, applies: 1, ticks: 2},
	}
	overlap = config{
		name: "both grants for both people", namespaces: [2]string{"a", "a"}, standing: true,
		gives:  [2][crowd]hosting.Rights{{only(billing), only(billing)}, {hosting.NewRights(billing, customers), only(billing)}},
		budget: budget{crashes: 1, deletes: 2, applies: 1, ticks: 2, releases: 1},
	}
	byProvider = config{
		name: "new people, invited by the provider", namespaces: [2]string{"a", "a"}, sender: v1alpha1.SenderBackend, gives: apart,
		budget: budget{crashes: 1, faults: 1, deletes: 1, applies: 2, ticks: 1},
	}
	bySMTP = config{
		name: "new people, invited by SMTP", namespaces: [2]string{"a", "a"}, sender: v1alpha1.SenderSMTP, given: only(owners), gives: apart,
		budget: budget{crashes: 1, faults: 1, deletes: 1, applies: 2, ticks: 1},
	}
)

// The worlds in which links end, mails are repeated and asked for, and people come: of one person.
var (
	alone          = [2][crowd]hosting.Rights{{only(billing), nil}, {nil, nil}}
	twice          = [2][crowd]hosting.Rights{{only(billing), nil}, {only(billing), nil}}
	lifeByProvider = config{
		name: "links that end, invited by the provider", namespaces: [2]string{"a", "a"}, sender: v1alpha1.SenderBackend, gives: alone, life: 2,
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

// TestEverythingThatCanHappen explores the worlds whole.
func TestEverythingThatCanHappen(t *testing.T) {
	for _, c := range []config{oneEach, twoNamespaces, overlap, byProvider, bySMTP, lifeByProvider, lifeBySMTP, twoAsk, comesLate, byHand, onlyObserved} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := machine{config: c}.explore()
			if f.broken != "" {
				t.Fatalf("%s\n  %s", f.broken, strings.Join(f.path, "\n  "))
			}
			t.Logf("%d worlds, %d steps between them", f.states, f.steps)
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
		answersLate: lifeBySMTP, answersAtOnce: lifeBySMTP, hearsOldRequests: twoAsk, ignoresEnds: lifeByProvider,
		remembersPlans: onlyObserved, adoptsWhatItSees: onlyObserved, remembersRefusals: byHand, forgetsLate: comesLate, forgetsEarlier: comesLate,
	} {
		t.Run(string(flawed), func(t *testing.T) {
			t.Parallel()
			f := machine{config: c, flaw: flawed}.explore()
			if f.broken == "" {
				t.Fatalf("nothing was found in %d worlds", f.states)
			}
			t.Logf("%s: %s, after %d steps", c.name, f.broken, len(f.path)-1)
		})
	}
}
