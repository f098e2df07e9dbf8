package invite

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// machine and the order in which its caller acts; broken ones show that the property can
// fail.
type machine struct {
	beforeCreate func(*v1alpha1.InvitationStatus, v1alpha1.InvitationSender) (*v1alpha1.InvitationStatus, bool)
	afterRead    func(*v1alpha1.InvitationStatus, v1alpha1.InvitationSender, Facts) (*v1alpha1.InvitationStatus, bool)
	result       func(*v1alpha1.InvitationStatus, Outcome) *v1alpha1.InvitationStatus
	sendsFirst   bool
}

func sound() machine {
	return machine{
		beforeCreate: func(m *v1alpha1.InvitationStatus, s v1alpha1.InvitationSender) (*v1alpha1.InvitationStatus, bool) {
			return BeforeCreate(m, s, now)
		},
		afterRead: func(m *v1alpha1.InvitationStatus, s v1alpha1.InvitationSender, f Facts) (*v1alpha1.InvitationStatus, bool) {
			return AfterRead(m, s, f, now, idFor)
		},
		result: Result,
	}
}

// fates of a creation and of a mail.
const (
	postDone = iota
	postAnswerLost
	postLate
	postRefused
)

// step is one thing that happens. Crash is the point at which a pass ends early; 0 is none.
type step struct {
	Kind  string
	Crash int
	Post  int
	Mail  string
	To    v1alpha1.InvitationSender
}

var steps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
	return step{
		Kind: rapid.SampledFrom([]string{
			"pass", "pass", "pass", "pass", "remove", "add", "activate", "sender", "link", "late",
		}).Draw(t, "kind"),
		Crash: rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3, 4, 5, 6}).Draw(t, "crash"),
		Post:  rapid.IntRange(postDone, postRefused).Draw(t, "post"),
		Mail:  rapid.SampledFrom([]string{"accepted", "deferred", "refused", "lost", "lost before"}).Draw(t, "mail"),
		To:    rapid.SampledFrom([]v1alpha1.InvitationSender{backend, viaSMTP, none}).Draw(t, "to"),
	}
}), 20, 40)

// world is the provider, the mail server and what was persisted.
type world struct {
	m       machine
	mem     *v1alpha1.InvitationStatus
	sender  v1alpha1.InvitationSender
	exists  bool
	active  bool
	link    bool
	late    []bool
	mails   int
	mutated bool
}

// guarded calls the machine and notes whether it changed its input.
func (w *world) guarded(call func(*v1alpha1.InvitationStatus) (*v1alpha1.InvitationStatus, bool)) (*v1alpha1.InvitationStatus, bool) {
	input := w.mem.DeepCopy()
	next, act := call(input)
	w.mutated = w.mutated || !reflect.DeepEqual(input, w.mem)
	return next, act
}

// commit creates the row, as the provider does: one row for an address.
func (w *world) commit(notify bool) {
	if w.exists {
		return
	}
	w.exists = true
	if notify && !w.active {
		w.mails++
	}
}

func (w *world) do(s step) {
	switch s.Kind {
	case "pass":
		if w.exists || w.create(s) {
			w.read(s)
		}
	case "remove":
		w.exists = w.exists && !w.removable()
	case "add":
		w.exists = true
	case "activate":
		w.active = w.exists
	case "sender":
		w.sender = s.To
	case "link":
		w.link = !w.link
	case "late":
		for _, notify := range w.late {
			w.commit(notify)
		}
		w.late = nil
	}
}

// removable: not while a creation of ours is on its way or was not read back, which is the
// stated exception (see the package's comment).
func (w *world) removable() bool {
	unread := w.mem != nil && w.mem.State == v1alpha1.InvitationIntended && w.mem.Sender == backend
	return len(w.late) == 0 && !unread
}

// create is the first half of a pass without a row; it says whether the pass goes on.
func (w *world) create(s step) bool {
	next, notify := w.guarded(func(m *v1alpha1.InvitationStatus) (*v1alpha1.InvitationStatus, bool) {
		return w.m.beforeCreate(m, w.sender)
	})
	if s.Crash == 1 {
		return false
	}
	w.mem = next
	if s.Crash == 2 {
		return false
	}
	switch s.Post {
	case postRefused:
		return false
	case postLate:
		w.late = append(w.late, notify)
		return false
	}
	w.commit(notify)
	return s.Post == postDone && s.Crash != 3
}

// read is the half of a pass with a row.
func (w *world) read(s step) {
	next, mail := w.guarded(func(m *v1alpha1.InvitationStatus) (*v1alpha1.InvitationStatus, bool) {
		return w.m.afterRead(m, w.sender, Facts{Exists: true, Active: w.active, TellsInvitation: w.link, HasLink: w.link})
	})
	if s.Crash == 4 {
		return
	}
	if w.m.sendsFirst && mail {
		w.send(s)
		if s.Crash == 5 {
			return
		}
	}
	w.mem = next
	if !mail || s.Crash == 5 {
		return
	}
	if !w.m.sendsFirst {
		w.send(s)
	}
	outcome := Outcome{Verdict: verdicts[s.Mail]}
	if s.Crash == 6 {
		return
	}
	w.mem, _ = w.guarded(func(m *v1alpha1.InvitationStatus) (*v1alpha1.InvitationStatus, bool) {
		return w.m.result(m, outcome), false
	})
}

// verdicts of what can happen to a mail; the message may have left with the lost ones.
var verdicts = map[string]Verdict{
	"accepted": Accepted, "deferred": Deferred, "refused": Refused, "lost": Unknown, "lost before": Unknown,
}

func (w *world) send(s step) {
	if s.Mail == "accepted" || s.Mail == "lost" {
		w.mails++
	}
}

// run lets things happen and says which promise was broken, if one was.
func run(m machine, sender v1alpha1.InvitationSender, exists bool, happens []step) (mails int, err error) {
	w := &world{m: m, sender: sender, exists: exists, link: true}
	unremembered := exists && happens[0].Kind == "pass" && happens[0].Crash != 4
	for i, s := range happens {
		w.do(s)
		switch {
		case w.mutated:
			return w.mails, fmt.Errorf("step %d: the input was changed", i)
		case w.mails > 1:
			return w.mails, fmt.Errorf("step %d: a second mail left", i)
		case w.mails > 0 && unremembered:
			return w.mails, fmt.Errorf("step %d: a mail left for a row that was there before", i)
		case w.mails > 0 && w.mem == nil:
			return w.mails, fmt.Errorf("step %d: a mail left without a memory", i)
		case w.mem != nil && w.mem.Ordinal > 1:
			return w.mails, fmt.Errorf("step %d: ordinal %d", i, w.mem.Ordinal)
		}
	}
	return w.mails, nil
}

func TestNeverTwoMails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		happens := steps.Draw(t, "steps")
		sender := rapid.SampledFrom([]v1alpha1.InvitationSender{backend, viaSMTP, none}).Draw(t, "sender")
		if _, err := run(sound(), sender, rapid.Bool().Draw(t, "exists"), happens); err != nil {
			t.Fatal(err)
		}
	})
}

// TestOneMailArrives: caution must not go so far that nobody is told.
func TestOneMailArrives(t *testing.T) {
	quiet := step{Kind: "pass", Mail: "accepted"}
	for sender, want := range map[v1alpha1.InvitationSender]int{backend: 1, viaSMTP: 1, none: 0} {
		for name, first := range map[string]step{
			"at once":                       quiet,
			"after a crash before memory":   {Kind: "pass", Crash: 1},
			"after a crash before creation": {Kind: "pass", Crash: 2},
			"after a refusal":               {Kind: "pass", Post: postRefused},
			"after a lost answer":           {Kind: "pass", Post: postAnswerLost},
			"after a late creation":         {Kind: "pass", Post: postLate},
			"after a deferral":              {Kind: "pass", Mail: "deferred"},
			"after a crash before intent":   {Kind: "pass", Crash: 4},
		} {
			mails, err := run(sound(), sender, false, []step{first, {Kind: "late"}, quiet, quiet, {Kind: "remove"}, quiet, quiet})
			if err != nil || mails != want {
				t.Errorf("%s, %s: %d mails (%v), want %d", sender, name, mails, err, want)
			}
		}
	}
}
