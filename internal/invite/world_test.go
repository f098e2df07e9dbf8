package invite

import (
	"reflect"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// intent is what a mail was sent for.
type intent struct {
	ordinal int32
	asked   bool
}

func intentOf(mem *v1alpha1.InvitationStatus) intent { return intent{mem.Ordinal, wasAsked(mem)} }

// call is one to the provider that is on its way.
type call struct {
	row     int
	creates bool
	notify  bool
	counted int32
	intent
}

// world is the provider, the mail server and what was persisted.
type world struct {
	m      machine
	sender v1alpha1.InvitationSender
	now    metav1.Time

	// What was persisted; asked is what somebody asked for, answered what was.
	mem             *v1alpha1.InvitationStatus
	asked, answered int

	// The provider: a row, where row is not 0.
	row, rows int
	known     int // the row when the memory was written
	active    bool
	extension bool
	expires   time.Time
	counted   int32
	late      []call

	// What really happened.
	sent      map[intent]int
	explicit  []time.Time
	requests  map[int32]int // by ordinal: what had been asked when it was decided on
	unknownTo bool          // the row was there before any memory
	broken    string
}

func newWorld(m machine, sender v1alpha1.InvitationSender, exists bool) *world {
	w := &world{m: m, sender: sender, now: now, extension: true, sent: map[intent]int{}, requests: map[int32]int{}}
	if exists {
		w.makeRow()
	}
	return w
}

func (w *world) makeRow() {
	w.rows++
	w.row, w.expires, w.counted = w.rows, w.now.Add(life), 0
}

func (w *world) policy() Policy { return Policy{Sender: w.sender, MaxSends: 2, ResendAfter: repeat} }

func (w *world) facts() Facts {
	f := Facts{Exists: w.row != 0, Active: w.active, Replaced: w.known != 0 && w.known != w.row}
	if f.Exists && w.extension && !w.active {
		counted := w.counted
		f.Expires, f.Mails, f.State = w.expires, &counted, hosting.InvitationPending
		if !w.now.Time.Before(w.expires) {
			f.State = hosting.InvitationExpired
		}
		f.HasLink = f.State == hosting.InvitationPending
	}
	return f
}

func (w *world) mails() (count int) {
	for _, n := range w.sent {
		count += n
	}
	return count
}

// mail leaves for an intent.
func (w *world) mail(of intent) {
	w.sent[of]++
	automatic, all := 0, map[int32]int{}
	for i, n := range w.sent {
		all[i.ordinal] += n
		if !i.asked {
			automatic += n
		}
	}
	switch {
	case all[of.ordinal] > 1:
		w.broken = "a second mail left for one intent"
	case automatic > 2:
		w.broken = "more mails left by themselves than maxSends"
	case w.unknownTo && !of.asked:
		w.broken = "a mail left for a row that was there before"
	}
	for i, n := range w.sent {
		if of.asked && i.asked && i != of && n > 0 && w.requests[i.ordinal] == w.requests[of.ordinal] {
			w.broken = "two mails left for one request"
		}
	}
	if of.asked {
		w.explicit = append(w.explicit, w.now.Time)
		if n := len(w.explicit); n > 1 && w.explicit[n-1].Sub(w.explicit[n-2]) < time.Hour {
			w.broken = "two mails that were asked for left within an hour"
		}
	}
}

// remember persists a memory.
func (w *world) remember(next *v1alpha1.InvitationStatus) {
	if w.mem != nil && (next == nil || next.Ordinal < w.mem.Ordinal || next.Asked < w.mem.Asked) {
		w.broken = "the memory counts backwards"
	}
	w.mem = next
}

func (w *world) do(s step) {
	switch s.Kind {
	case "pass":
		if w.row != 0 || w.create(s) {
			w.read(s, 0)
		}
	case "hours":
		w.arrivals() // no call is on its way for so long
		w.now = metav1.NewTime(w.now.Add(jump))
	case "ask":
		w.asked++
	case "remove":
		if w.removable() {
			w.row = 0
		}
	case "add":
		if w.row == 0 {
			w.makeRow()
		}
	case "activate":
		w.active = w.active || w.row != 0
	case "sender":
		w.sender = s.To
	case "extension":
		w.extension = !w.extension
	case "late":
		w.arrivals()
	case "console":
		if w.row != 0 && w.now.After(w.expires) {
			w.expires = w.now.Add(life)
		}
	}
}

// removable: not while a call of ours is on its way or a creation was not read back, which is
// the stated exception (see the package's comment).
func (w *world) removable() bool {
	return w.row != 0 && len(w.late) == 0 && (w.mem == nil || !creates(w.mem))
}

func (w *world) arrivals() {
	for _, c := range w.late {
		w.arrive(c)
	}
	w.late = nil
}

// arrive carries out a call, as the provider does: one row for an address, and an invitation
// is repeated only as it was read.
func (w *world) arrive(c call) {
	switch {
	case c.creates && w.row == 0:
		w.makeRow()
	case c.creates || w.active || !w.extension || c.row != w.row || c.counted != w.counted && !w.m.blind:
		return
	default:
		w.expires = w.now.Add(life)
	}
	if c.notify {
		w.counted++
		if !w.active {
			w.mail(c.intent)
		}
	}
}

// post makes a call and says whether its answer came.
func (w *world) post(s step, c call) bool {
	switch s.Post {
	case postRefused:
		return false
	case postLate:
		w.late = append(w.late, c)
		return false
	}
	w.arrive(c)
	return s.Post == postDone && s.Crash != 3
}

// create is the first half of a pass without a row; it says whether the pass goes on.
func (w *world) create(s step) bool {
	input := w.mem.DeepCopy()
	next, notify := w.m.beforeCreate(input, w.sender, w.now)
	w.unchanged(input)
	if s.Crash == 1 {
		return false
	}
	w.remember(next)
	if s.Crash == 2 {
		return false
	}
	return w.post(s, call{creates: true, notify: notify, intent: intentOf(next)})
}

func (w *world) unchanged(input *v1alpha1.InvitationStatus) {
	if !reflect.DeepEqual(input, w.mem) {
		w.broken = "the input was changed"
	}
}

// read is the half of a pass with a row. After a renewal it is gone through once more.
func (w *world) read(s step, depth int) {
	input := w.mem.DeepCopy()
	next := w.m.afterRead(input, w.policy(), w.facts(), w.asked > w.answered, w.now)
	w.unchanged(input)
	if s.Crash == 4 {
		return
	}
	if w.m.sendsFirst && next.Act == Mail {
		w.send(s, next.Intent)
		if s.Crash == 5 {
			return
		}
	}
	asked := w.asked
	w.unknownTo, w.known = w.unknownTo || w.mem == nil, w.row
	if next.Act == Nothing {
		w.remember(next.Memory)
	} else {
		if w.mem == nil || next.Intent.Ordinal > w.mem.Ordinal {
			w.requests[next.Intent.Ordinal] = w.asked
		}
		w.remember(next.Intent)
	}
	if next.Answered && !w.m.answersLate {
		w.answered = asked
	}
	if next.Act == Nothing || s.Crash == 5 {
		return
	}
	w.act(s, next, depth)
	if next.Answered && s.Crash != 6 {
		w.answered = asked
	}
}

func (w *world) act(s step, next Step, depth int) {
	of := intentOf(next.Intent)
	switch next.Act {
	case Renew, Again:
		c := call{row: w.row, notify: next.Act == Again, counted: w.counted, intent: of}
		if w.post(s, c) && depth == 0 {
			w.read(s, 1)
		}
	case Mail:
		if !w.m.sendsFirst {
			w.send(s, next.Intent)
		}
		if s.Crash == 6 {
			return
		}
		w.remember(w.m.result(w.mem, Outcome{Verdict: verdicts[s.Mail]}, w.now))
	}
}

func (w *world) send(s step, of *v1alpha1.InvitationStatus) {
	if s.Mail == "accepted" || s.Mail == "lost" {
		w.mail(intentOf(of))
	}
}
