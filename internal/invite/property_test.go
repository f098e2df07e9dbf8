package invite

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// machine and the order in which its caller acts; broken ones show that the property can
// fail.
type machine struct {
	beforeCreate func(*v1alpha1.InvitationStatus, v1alpha1.InvitationSender, metav1.Time) (*v1alpha1.InvitationStatus, bool)
	afterRead    func(*v1alpha1.InvitationStatus, Policy, Facts, bool, metav1.Time) Step
	result       func(*v1alpha1.InvitationStatus, Outcome, metav1.Time) *v1alpha1.InvitationStatus
	// sendsFirst: what is sent is remembered afterwards. answersLate: so is what was asked for.
	sendsFirst, answersLate bool
	// blind: the provider is asked whatever it counts.
	blind bool
}

func sound() machine {
	return machine{
		beforeCreate: BeforeCreate,
		afterRead: func(m *v1alpha1.InvitationStatus, p Policy, f Facts, asked bool, now metav1.Time) Step {
			return AfterRead(m, p, f, asked, now, idFor)
		},
		result: Result,
	}
}

// fates of a call to the provider.
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
			"pass", "pass", "pass", "pass", "pass", "pass", "pass", "pass", "hours", "hours", "hours", "hours",
			"ask", "remove", "add", "activate", "sender", "extension", "late", "console",
		}).Draw(t, "kind"),
		Crash: rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3, 4, 5, 6}).Draw(t, "crash"),
		Post:  rapid.IntRange(postDone, postRefused).Draw(t, "post"),
		Mail:  rapid.SampledFrom([]string{"accepted", "accepted", "deferred", "refused", "lost", "lost before"}).Draw(t, "mail"),
		To:    rapid.SampledFrom([]v1alpha1.InvitationSender{viaProvider, viaSMTP, none}).Draw(t, "to"),
	}
}), 40, 80)

// verdicts of what can happen to a mail; the message may have left with the lost ones.
var verdicts = map[string]Verdict{
	"accepted": Accepted, "deferred": Deferred, "refused": Refused, "lost": Unknown, "lost before": Unknown,
}

// run lets things happen and says which promise was broken, if one was.
func run(m machine, sender v1alpha1.InvitationSender, exists bool, happens []step) (*world, error) {
	w := newWorld(m, sender, exists)
	for i, s := range happens {
		if w.do(s); w.broken != "" {
			return w, fmt.Errorf("step %d, %+v: %s", i, s, w.broken)
		}
	}
	return w, nil
}

func TestNeverTwoMails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		happens := steps.Draw(t, "steps")
		sender := rapid.SampledFrom([]v1alpha1.InvitationSender{viaProvider, viaSMTP, none}).Draw(t, "sender")
		if _, err := run(sound(), sender, rapid.Bool().Draw(t, "exists"), happens); err != nil {
			t.Fatal(err)
		}
	})
}

// TestMailsArrive: caution must not go so far that nobody is told.
func TestMailsArrive(t *testing.T) {
	quiet, hours, ask := step{Kind: "pass", Mail: "accepted"}, step{Kind: "hours"}, step{Kind: "ask"}
	for sender, mails := range map[v1alpha1.InvitationSender]int{viaProvider: 1, viaSMTP: 1, none: 0} {
		for what, first := range map[string]step{
			"at once":                       quiet,
			"after a crash before memory":   {Kind: "pass", Crash: 1},
			"after a crash before creation": {Kind: "pass", Crash: 2},
			"after a refusal":               {Kind: "pass", Post: postRefused},
			"after a lost answer":           {Kind: "pass", Post: postAnswerLost},
			"after a late creation":         {Kind: "pass", Post: postLate},
			"after a deferral":              {Kind: "pass", Mail: "deferred"},
			"after a crash before intent":   {Kind: "pass", Crash: 4},
		} {
			happens := []step{first, {Kind: "late"}, quiet, quiet, {Kind: "remove"}, quiet, quiet}
			w, err := run(sound(), sender, false, happens)
			if err != nil || w.mails() != mails {
				t.Errorf("%s, %s: %d mails (%v), want %d", sender, what, w.mails(), err, mails)
			}
			for range 3 { // each time the link ends and resendAfter passes
				happens = append(happens, hours, hours, hours, quiet, quiet, quiet)
			}
			w, err = run(sound(), sender, false, happens)
			if err != nil || w.mails() != 2*mails || mails > 0 && w.mem.State != v1alpha1.InvitationUnanswered {
				t.Errorf("%s, %s, not answered: %d mails (%v), %s", sender, what, w.mails(), err, show(w.mem))
			}
			w, err = run(sound(), sender, false, append(happens, ask, quiet, quiet, ask, quiet, quiet))
			if err != nil || w.mails() != 3*mails {
				t.Errorf("%s, %s, asked for: %d mails (%v), %s", sender, what, w.mails(), err, show(w.mem))
			}
			w, err = run(sound(), sender, false, append(happens, ask, quiet, quiet, ask, quiet, hours, quiet, quiet))
			if err != nil || w.mails() != 4*mails {
				t.Errorf("%s, %s, asked for again: %d mails (%v), %s", sender, what, w.mails(), err, show(w.mem))
			}
		}
	}
}

// The world's times: a link ends before another mail may be sent.
const (
	life   = 4 * time.Hour
	repeat = 5 * time.Hour
	jump   = 2 * time.Hour
)
