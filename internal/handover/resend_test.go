package handover

import (
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

// The annotation asks for a mail to everybody, or to those whose records it names; whatever it cannot be
// taken to mean mails nobody, and is told without keeping the grant from anything.
func TestResendNamesRecords(t *testing.T) {
	of := func(address string) string { return access.RecordName("b", address) }
	all := map[string]bool{ann: true, bob: true}
	shape := "nobody is mailed: write TOKEN"
	for value, c := range map[string]struct {
		mailed map[string]bool
		note   string
	}{
		"":                                      {},
		"again":                                 {mailed: all},
		"2 May 2031, 10:00":                     {mailed: all},
		"again=" + of(ann):                      {mailed: map[string]bool{ann: true}},
		"again=" + of(ann) + "," + of(bob):      {mailed: all},
		"again=" + of(ann) + ",b-0,b-1,b-2,b-3": {map[string]bool{ann: true}, "not mailed: b-0, b-1, b-2 and 1 more"},
		"again=b-0":                             {nil, "not mailed: b-0;"},
		"again=" + ann:                          {nil, "not mailed: " + ann},
		"again=":                                {nil, shape},
		"=" + of(ann):                           {nil, shape},
		"again=" + of(ann) + ",":                {nil, shape},
		"again=" + of(ann) + ", b-1":            {nil, shape},
		"again=" + of(ann) + "=" + ann:          {nil, shape},
		"again=" + strings.Repeat("b-x,", 300) + "b-0": {nil, "not mailed: b-0, b-x;"},
	} {
		w := someone(ann, bob).holds(ann).holds(bob).with(func(w *world) {
			w.Grant.Annotations = map[string]string{v1alpha1.AnnotationResendInvitation: value}
		})
		d := Decide(w.Inputs, Compute(w.Inputs), nil)
		mailed := map[string]bool{}
		for _, action := range d.Actions {
			mailed[string(action.Record.Spec.Email)] = action.Contribution.Resend == asked("again") || strings.HasPrefix(value, "2 May")
		}
		for _, address := range []string{ann, bob} {
			if mailed[address] != c.mailed[address] {
				t.Errorf("%.60s: %s mailed: %v", value, address, mailed[address])
			}
		}
		report := Status(w.Inputs, d)
		ready, _, issues := read(report.Status)
		note := ""
		if len(report.Status.Issues) > 0 {
			note = report.Status.Issues[0].Message
		}
		if !strings.HasPrefix(note, c.note) || (c.note == "") != (issues == "") || strings.Contains(ready, "ResendIgnored") {
			t.Errorf("%.60s: %s, %q: %s", value, ready, issues, note)
		}
	}
}

// More records in the list are more people to be mailed, and nobody twice; another token asks again.
func TestResendAsksEachOncePerToken(t *testing.T) {
	token := func(value, address string) string {
		w := someone(ann)
		w.Grant.Annotations = map[string]string{v1alpha1.AnnotationResendInvitation: value}
		return resendOf(w.Grant).of(access.RecordName("b", address))
	}
	names := access.RecordName("b", ann)
	first, more, all, again := token("a="+names, ann), token("a="+names+","+access.RecordName("b", bob), ann), token("a", ann), token("b="+names, ann)
	if first == "" || first != more || first != all || first == again || token("a="+names, bob) != "" {
		t.Error(first, more, all, again)
	}
}
