package model

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// crowd is how many people there are.
const crowd = 2

// set is a set of the few rights there are.
type set uint8

// The rights there are: what grants give, and what the owner gave before any grant.
const (
	billing set = 1 << iota
	customers
	owners
)

var every = map[set]hosting.Right{
	billing:   {Scope: hosting.ScopeOverall, Name: "Billing"},
	customers: {Scope: hosting.ScopeOverall, Name: "Customers"},
	owners:    {Scope: hosting.ScopeOverall, Name: "Domains"},
}

func (s set) has(r set) bool { return s&r != 0 }

// each lists the rights of a set, each as a set.
func (s set) each() (list []set) {
	for _, r := range []set{billing, customers, owners} {
		if s.has(r) {
			list = append(list, r)
		}
	}
	return list
}

func (s set) rights() hosting.Rights {
	rights := hosting.Rights{}
	for _, r := range s.each() {
		rights = rights.With(every[r])
	}
	return rights
}

func (s set) String() (names string) {
	for _, r := range s.each() {
		names += every[r].Name + " "
	}
	return names
}

func setOf(rights hosting.Rights) (s set) {
	for r, right := range every {
		if rights.Has(right) {
			s |= r
		}
	}
	return s
}

// settle is the backend's settling time, by which time passes. It is as long as somebody is left
// alone who was mailed because it was asked for.
const settle = time.Hour

// moment is the time after so many settling times.
func moment(n int) metav1.Time {
	return metav1.NewTime(time.Unix(0, 0).UTC().Add(time.Duration(n) * settle))
}

// periods is the other way round.
func periods(t metav1.Time) int { return int(t.Sub(moment(0).Time) / settle) }

// budget is how often things happen that nobody has to do.
type budget struct{ crashes, faults, deletes, applies, ticks, releases, asks, accepts, lates, hands, drops int8 }

// config is one small world.
type config struct {
	name string
	// namespaces of the grants. Where they are one, its number is 0.
	namespaces [2]string
	// gives is what a grant gives a person, by grant and person.
	gives [2][crowd]set
	// standing: at first both grants exist, everybody has what they give and a profile.
	// Else nothing exists, and nobody has a profile.
	standing bool
	// observed: at first the backend is only observed. known: everybody has a profile. hasty:
	// removals need not settle.
	observed, known, hasty bool
	// given to the first person by the owner, before anything else.
	given  set
	sender v1alpha1.InvitationSender
	// life of a link, in periods; 0 for ever.
	life   int8
	budget budget
}

// world is everything at one moment. Two worlds are the same where all of this is; what took a way
// that cannot matter any more is not in it.
type world struct {
	left           budget
	up, observed   bool
	now, started   int8
	exists         [2]bool
	deleted        [2]int8 // when a grant was
	asks           [2]int8 // by grant: how often somebody asked for another mail
	heeded         int8    // how often while the person had what the grant gives
	people         [crowd]id
	gate, released id
	frozen         id // what somebody sees in batches
}

// point is where the reconcile of a person is.
type point byte

const (
	idle       point = iota
	deciding         // a step is decided on, and its intent is to be persisted
	acting           // the intent is persisted, and the step is to be done
	done             // the provider did it, and the row is to be read back
	concluding       // the status is to be published
)

// person is a record, a row, a reconcile, and what really happened.
type person struct {
	// record; 0 where there is none. kept is what the process holds until it is written down.
	record, kept id

	row     row
	profile bool
	late    late

	// The reconcile: what is known now, and what was last decided on. stale: the record changed since
	// it was read.
	at    point
	in    id
	on    id
	stale bool

	past past
}

// row is a person's row at the provider.
type row struct {
	there  bool
	number int8 // of all rows the person ever had
	rights set
	// ends is when the link does; 0 for never. mails is how often the provider was asked to mail it.
	ends, mails int8
}

// past is what really happened, as far as promises speak of it.
type past struct {
	basis     [2]bool // contributions that were last decided on
	saw       [2]bool // contributions of which the record told, and which did not leave since
	withdrawn [2]int8 // when one of these left
	approved  set
	lost      [2]bool // by namespace: something that nobody approved
	tried     [2]bool // by namespace: it was about to
	foreign   bool    // the row was there before anything of ours
	sent      set     // ever
	hand      set     // what somebody gave in the console, and we never sent
	gaveUp    [2]bool // contributions that the person gave up, and which did not leave since
	dropped   [2]bool // contributions known when the row went by the person's doing
	post      post
	// met: the row, as the manager read it last, was of somebody with a profile.
	met bool
}

// machine is the manager around the deciding parts, in one world, and the numbers of all values.
type machine struct {
	config
	flaw flaw
	// broken is the first promise that the last step broke.
	broken string

	backends [2]*v1alpha1.HostingBackend
	people   table[person]
	digests  table[string]
	batches  table[batches]
	grounds  table[grounds]
	records  store[*v1alpha1.AccessRecord]
	numbers  map[*v1alpha1.AccessRecord]id
	kept     store[kept]
	inputs   store[inputs]
	verdicts store[verdicts]
	gates    store[guard]

	observing  answers[view, [2]id]
	asking     answers[asking, answer]
	desired    answers[id, plan.Desired]
	decisions  answers[id, *decided]
	publishing answers[id, id]
	handing    answers[handOver, id]
	persisting answers[persisting, intended]
	concluding answers[ended, after]
	// all has room for the steps of a world.
	all []step
}

func newMachine(c config, f flaw) *machine {
	m := &machine{config: c, flaw: f, numbers: map[*v1alpha1.AccessRecord]id{}}
	m.backends = [2]*v1alpha1.HostingBackend{m.backend(v1alpha1.ModeEnforce), m.backend(v1alpha1.ModeObserve)}
	return m
}

func (m *machine) is(f flaw) bool { return m.flaw == f }

func name(i int) string { return "p" + strconv.Itoa(i) }

func uid(g int) types.UID { return types.UID("grant-" + strconv.Itoa(g)) }

// number of a namespace.
func (c config) number(namespace string) int {
	if namespace == c.namespaces[0] {
		return 0
	}
	return 1
}

// contribution of a grant to a person.
func (c config) contribution(g, i int, resend int8) v1alpha1.Contribution {
	one := v1alpha1.Contribution{UID: uid(g), Digest: "d", Grant: v1alpha1.GrantReference{Namespace: c.namespaces[g], Name: v1alpha1.ObjectName(uid(g))}}
	if resend > 0 {
		one.Resend = strconv.Itoa(int(resend))
	}
	for _, right := range c.gives[g][i].each() {
		one.Overall = append(one.Overall, v1alpha1.OverallPermission(every[right].Name))
	}
	return one
}

// grantOf is the number of a grant whose contribution it is.
func grantOf(of types.UID) int {
	if of == uid(0) {
		return 0
	}
	return 1
}

// namedBy tells of which grants a record knows: what left may come back before anybody looks.
func namedBy(record *v1alpha1.AccessRecord) [2]bool {
	by := contributed(record)
	for _, echo := range echoes(record) {
		by[grantOf(echo.UID)] = true
	}
	return by
}

// contributed tells of which grants a record has contributions.
func contributed(record *v1alpha1.AccessRecord) (by [2]bool) {
	if record != nil {
		for _, c := range record.Spec.Contributions {
			by[grantOf(c.UID)] = true
		}
	}
	return by
}
