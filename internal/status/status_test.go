package status

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// The failure table of the design, class by class: with nothing verified lately, and with.
func TestFailureTable(t *testing.T) {
	standing := Succeeded(v1alpha1.ReasonAsDeclared, "as declared")
	unknown := func(reason string) [2]string {
		return [2]string{"Unknown/" + reason + " Reconciling", "True/AsDeclared"}
	}
	stalled := func(reason string) [2]string {
		return [2]string{"False/" + reason + " Stalled", "False/" + reason + " Stalled"}
	}
	want := map[hosting.Class][2]string{
		hosting.ClassUnavailable:     unknown(v1alpha1.ReasonProviderUnavailable),
		hosting.ClassConflict:        unknown(v1alpha1.ReasonConflict),
		hosting.ClassNotFound:        unknown(v1alpha1.ReasonConflict),
		hosting.ClassRateLimited:     unknown(v1alpha1.ReasonRateLimited),
		hosting.ClassUnauthorized:    stalled(v1alpha1.ReasonCredentialsRejected),
		hosting.ClassForbidden:       stalled(v1alpha1.ReasonForbidden),
		hosting.ClassInvalid:         stalled(v1alpha1.ReasonRefusedByProvider),
		hosting.ClassUnsupported:     stalled(v1alpha1.ReasonPermissionAPIUnavailable),
		hosting.ClassImplausible:     unknown(v1alpha1.ReasonTableImplausible),
		hosting.ClassUnconfirmed:     stalled(v1alpha1.ReasonTableUnconfirmed),
		hosting.ClassIdentityChanged: stalled(v1alpha1.ReasonIdentityChanged),
		hosting.ClassUnopened:        stalled(v1alpha1.ReasonBackendNotReady),
		hosting.ClassOwned:           stalled(v1alpha1.ReasonOwnedElsewhere),
	}
	if len(want) != len(failures) {
		t.Errorf("the table has %d classes, the test %d", len(failures), len(want))
	}
	for class, expected := range want {
		err := &hosting.Error{Class: class, Op: "list permissions"}
		for i, lately := range []*Outcome{nil, &standing} {
			o := Failed(err, lately, time.Minute)
			if got := brief(o); got != expected[i] {
				t.Errorf("%s: %s, want %s", class, got, expected[i])
			}
			if o.After != time.Minute {
				t.Errorf("%s: looks again after %s", class, o.After)
			}
		}
	}
}

func brief(o Outcome) string {
	text := string(o.Ready) + "/" + o.Reason
	if o.Reconciling {
		text += " Reconciling"
	}
	if o.Stalled {
		text += " Stalled"
	}
	return text
}

func TestToldWaitIsKept(t *testing.T) {
	err := &hosting.Error{Class: hosting.ClassRateLimited, RetryAfter: 42 * time.Second}
	if after := Failed(err, nil, time.Second).After; after < 42*time.Second || after > 44*time.Second {
		t.Error("looks again after", after)
	}
}

func TestAnythingElseCountsAsUnavailable(t *testing.T) {
	if reason := ReasonOf(errors.New("boom")); reason != v1alpha1.ReasonProviderUnavailable {
		t.Error(reason)
	}
}

func TestMessagesNameFieldAndDetailOnlyWhereSomebodyMustAct(t *testing.T) {
	refused := &hosting.Error{Class: hosting.ClassInvalid, Field: "email", Detail: "too long"}
	if m := MessageOf(refused); !strings.Contains(m, "email") || !strings.Contains(m, "too long") {
		t.Error(m)
	}
	passing := &hosting.Error{Class: hosting.ClassUnavailable, Detail: "connection 4711 reset"}
	if m := MessageOf(passing); strings.Contains(m, "4711") {
		t.Error("a message that changes by itself makes every try a write:", m)
	}
}

func TestConditionsKeepTransitionTimes(t *testing.T) {
	first, later := metav1.NewTime(time.Unix(100, 0)), metav1.NewTime(time.Unix(200, 0))
	old := Conditions(nil, 1, first, Waiting(v1alpha1.ReasonProgressing, "at work"), Fact("AllActive", true, "Active", ""))
	set := Conditions(old, 2, later, Succeeded(v1alpha1.ReasonAsDeclared, "done"), Fact("AllActive", true, "Active", "still"))
	ready, fact := meta.FindStatusCondition(set, "Ready"), meta.FindStatusCondition(set, "AllActive")
	if !ready.LastTransitionTime.Equal(&later) || !fact.LastTransitionTime.Equal(&first) {
		t.Error("times", ready.LastTransitionTime, fact.LastTransitionTime)
	}
	if meta.FindStatusCondition(set, "Reconciling") != nil || ready.ObservedGeneration != 2 {
		t.Error(set)
	}
	again := Conditions(set, 2, metav1.NewTime(time.Unix(300, 0)), Succeeded(v1alpha1.ReasonAsDeclared, "done"), Fact("AllActive", true, "Active", "still"))
	if d := cmp.Diff(set, again); d != "" {
		t.Error("an unchanged world changes the conditions", d)
	}
}

func TestLongMessagesAreCutAtACharacter(t *testing.T) {
	set := Conditions(nil, 1, metav1.Now(), Waiting("R", strings.Repeat("é", 400)))
	if m := set[0].Message; len(m) > maxMessage || !strings.HasSuffix(m, "é…") {
		t.Errorf("%d bytes, ends in %q", len(m), m[len(m)-8:])
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 people", 1: "1 person", 2: "2 people"} {
		if got := Count(n, "person", "people"); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestHowLongAReadingStands(t *testing.T) {
	read := time.Now()
	for passed, want := range map[time.Duration]time.Duration{0: 2 * time.Minute, time.Minute: time.Minute, 2 * time.Minute: 0, time.Hour: 0} {
		if got := StandsFor(read, time.Minute, read.Add(passed)); got != want {
			t.Errorf("after %s: %s more, want %s", passed, got, want)
		}
	}
	if got := StandsFor(time.Time{}, time.Minute, read); got != 0 {
		t.Error("nothing was read, and stands for", got)
	}
}
