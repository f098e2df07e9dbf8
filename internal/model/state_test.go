package model

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// crowd is how many people there are.
const crowd = 2

// The rights there are: what grants give, and what the owner gave before any grant.
var (
	billing   = hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}
	customers = hosting.Right{Scope: hosting.ScopeOverall, Name: "Customers"}
	owners    = hosting.Right{Scope: hosting.ScopeOverall, Name: "Domains"}
	every     = []hosting.Right{billing, customers, owners}
)

// settle is the backend's settling time, by which time passes. It is as long as somebody is left
// alone who was mailed because it was asked for.
const settle = time.Hour

// moment is the time after so many settling times.
func moment(n int) metav1.Time {
	return metav1.NewTime(time.Unix(0, 0).UTC().Add(time.Duration(n) * settle))
}

// budget is how often things happen that nobody has to do.
type budget struct{ crashes, faults, deletes, applies, ticks, releases, asks, accepts, lates, hands int }

// periods is the other way round.
func periods(t metav1.Time) int { return int(t.Sub(moment(0).Time) / settle) }

// config is one small world.
type config struct {
	name string
	// namespaces of the grants. Where they are one, its number is 0.
	namespaces [2]string
	// gives is what a grant gives a person, by grant and person.
	gives [2][2]hosting.Rights
	// standing: at first both grants exist, everybody has what they give and a profile.
	// Else nothing exists, and nobody has a profile.
	standing bool
	// observed: at first the backend is only observed. known: everybody has a profile. hasty:
	// removals need not settle.
	observed, known, hasty bool
	// given to the first person by the owner, before anything else.
	given  hosting.Rights
	sender v1alpha1.InvitationSender
	// life of a link, in periods; 0 for ever.
	life   int
	budget budget
}

// point is where the pass about a person is.
type point byte

const (
	idle    point = iota
	writing       // the write is remembered and not done
	wrote         // it is done and read back
	sending       // a mail is remembered and not sent
	sent          // it is sent
	asking        // the provider is about to be asked for a link, or to mail again
	asked         // it was, and read back
)

// source is what a record remembers of a namespace.
type source struct {
	known, present bool
	since, removed int // 0 for long ago, and for never
}

// person is a record, a row, a pass and what really happened.
type person struct {
	// The record.
	contributed, echoed [2]bool
	memory              access.Memory
	invitation          *v1alpha1.InvitationStatus
	sources             [2]source // by number of the namespace

	// The provider.
	row     hosting.Rights // nil for none
	profile bool
	mails   int // since the row was made
	link    link

	// The pass.
	at           point
	basis        [2]bool // contributions it looked at
	plan         access.Plan
	notify       bool
	deleted      bool
	outcome      byte
	counted      [2]bool // namespaces
	intended     *v1alpha1.InvitationStatus
	step         invite.Step
	unremembered access.Memory // of flawed machines
	before       access.Memory // as it was without the intent

	// What really happened.
	saw       [2]bool // contributions a look saw
	withdrawn [2]int  // when a contribution left that a look had seen
	approved  hosting.Rights
	lost      [2]bool // by namespace: something that nobody approved
	tried     [2]bool // by namespace: it was about to
	foreign   bool    // the row was there before anything of ours
	post      post
	late      lateWrite
	sent      hosting.Rights // ever
	hand      hosting.Rights // what somebody gave in the console, and we never sent
}

// state is the whole world.
type state struct {
	left     budget
	up       bool
	observed bool
	now      int
	exists   [2]bool
	deleted  [2]int // when
	asks     [2]int // by grant: how often somebody asked for another mail
	heeded   int    // how often while the person had what the grant gives
	started  int
	people   [crowd]person
	ledger   *gate.Ledger
	released string
	frozen   map[string][crowd]hosting.Rights // what somebody sees in a batch
	flaw     string                           // what must never be
}

func initial(c config) state {
	s := state{left: c.budget, up: true, observed: c.observed, now: 1, ledger: gate.NewLedger(moment(0).Time)}
	for i := range s.people {
		p := &s.people[i]
		p.profile = c.known
		if i == 0 && c.given != nil {
			p.row, p.foreign = c.given, true
		}
		if !c.standing {
			continue
		}
		p.profile = true
		p.memory.Applied = map[hosting.Right]access.Entry{}
		for g, namespace := range c.namespaces {
			s.exists[g] = true
			if c.gives[g][i] == nil {
				continue
			}
			p.contributed[g], p.echoed[g], p.saw[g] = true, true, true
			p.row = p.row.Union(c.gives[g][i])
			p.sources[c.number(namespace)] = source{known: true, present: true, since: 0}
			for right := range c.gives[g][i] {
				by := append(slices.Clone(p.memory.Applied[right].Namespaces), namespace)
				p.memory.Applied[right] = access.Entry{Namespaces: slices.Compact(by)}
			}
		}
		p.invitation = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationNotNeeded, Sender: c.sender}
	}
	return s
}

// clone is a world to go on from. Maps and memories are replaced and never changed.
func (s state) clone() state {
	if s.ledger != nil {
		s.ledger = s.ledger.Clone()
	}
	return s
}

// key says in what two worlds differ.
func (s *state) key() string {
	b := make([]byte, 0, 768)
	b = numbers(b, s.left.crashes, s.left.faults, s.left.deletes, s.left.applies, s.left.ticks, s.left.releases, s.left.asks, s.left.accepts, s.left.lates, s.left.hands, s.now, s.deleted[0], s.deleted[1], s.started, s.asks[0], s.asks[1], s.heeded)
	b = append(bits(b, s.up, s.observed, s.exists[0], s.exists[1]), s.released...)
	for i := range s.people {
		b = s.people[i].key(b)
	}
	for _, digest := range slices.Sorted(maps.Keys(s.frozen)) {
		b = which(which(append(b, digest...), s.frozen[digest][0]), s.frozen[digest][1])
	}
	if s.ledger != nil {
		b = fmt.Appendf(b, "%v", s.ledger)
	}
	return string(b)
}

func (p *person) key(b []byte) []byte {
	b = bits(b, p.contributed[0], p.contributed[1], p.echoed[0], p.echoed[1], p.basis[0], p.basis[1], p.saw[0], p.saw[1])
	b = bits(b, p.counted[0], p.counted[1], p.lost[0], p.lost[1], p.tried[0], p.tried[1], p.notify, p.deleted)
	b = numbers(b, p.mails, int(p.at), int(p.outcome), p.withdrawn[0], p.withdrawn[1])
	for _, known := range p.sources {
		b = numbers(bits(b, known.known, known.present), known.since, known.removed)
	}
	for _, memory := range []access.Memory{p.memory, p.unremembered, p.before} {
		b = remembered(b, memory)
	}
	for _, invitation := range []*v1alpha1.InvitationStatus{p.invitation, p.intended, p.step.Intent} {
		b = invitationKey(b, invitation)
	}
	b = p.linkKey(b)
	for _, set := range []hosting.Rights{p.row, p.plan.Target, p.plan.Add, p.plan.Remove, p.approved, p.late.target, p.sent, p.hand} {
		b = which(b, set)
	}
	b = bits(b, p.late.pending, p.late.creates)
	return bits(b, p.row != nil, p.profile, p.foreign)
}

// bits and numbers are short: numbers are below 200.
func bits(b []byte, list ...bool) []byte {
	packed := byte(0)
	for i, bit := range list {
		if bit {
			packed |= 1 << i
		}
	}
	return append(b, packed)
}

func numbers(b []byte, list ...int) []byte {
	for _, n := range list {
		b = append(b, byte(n))
	}
	return b
}

func which(b []byte, set hosting.Rights) []byte {
	for _, right := range every {
		if set.Has(right) {
			b = append(b, right.Name[0])
		}
	}
	return append(b, ',')
}

func remembered(b []byte, m access.Memory) []byte {
	for _, right := range every {
		if entry, applied := m.Applied[right]; applied {
			b = bits(append(b, right.Name[0]), entry.Adopted, entry.Retain)
			for _, namespace := range entry.Namespaces {
				b = append(b, namespace...)
			}
		}
		if debt, owed := m.Owed[right]; owed {
			b = append(append(append(b, right.Name[0]), debt.Cause...), debt.Batch...)
			b = numbers(b, periods(debt.Since))
			for _, namespace := range debt.Namespaces {
				b = append(b, namespace...)
			}
		}
	}
	if m.Intended != nil {
		b = numbers(append(b, '@'), periods(*m.Intended))
	}
	return append(b, ';')
}

func uid(g int) types.UID { return types.UID("grant-" + strconv.Itoa(g)) }

// contribution of a grant to a person.
func (c config) contribution(g, i int) v1alpha1.Contribution {
	one := v1alpha1.Contribution{UID: uid(g), Digest: "d", Grant: v1alpha1.GrantReference{Namespace: c.namespaces[g], Name: v1alpha1.ObjectName(uid(g))}}
	for _, right := range c.gives[g][i].Sorted() {
		one.Overall = append(one.Overall, v1alpha1.OverallPermission(right.Name))
	}
	return one
}

// number of a namespace.
func (c config) number(namespace string) int {
	if namespace == c.namespaces[0] {
		return 0
	}
	return 1
}
