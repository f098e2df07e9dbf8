package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/held"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/status"
)

// heldLoss is what some people of a batch lose alike.
type heldLoss struct {
	lines  []string
	why    string
	people []string
}

// heldListing is all of whom a batch is of, and what they would lose: those with equal losses together.
func heldListing(s heldState, batch held.Batch, addresses bool, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", heldHeadline(s.backend, batch, now))
	for _, l := range heldLosses(batch, addresses) {
		why := l.why
		if why != "" {
			why = " (" + why + ")"
		}
		fmt.Fprintf(&b, "  %s would lose %s%s\n", status.Count(len(l.people), "person", "people"), manifest.Plain(strings.Join(l.lines, "; ")), manifest.Plain(why))
		for _, name := range l.people {
			fmt.Fprintf(&b, "      %s\n", name)
		}
	}
	if batch.More > 0 {
		fmt.Fprintf(&b, "  and %s, not listed: %s\n", status.Count(batch.More, "person", "people"), whyUnlisted(s))
	}
	return b.String()
}

// whyUnlisted says why somebody is counted and not listed, and what to do.
func whyUnlisted(s heldState) string {
	if s.records == nil {
		return "you may not read AccessRecords, and the HostingBackend's status has no room for all; bind the ClusterRole hostgrant-removal-approver or hostgrant-accessrecord-viewer"
	}
	return "their AccessRecords are being written"
}

// heldHeadline says what a batch is.
func heldHeadline(backend *v1alpha1.HostingBackend, batch held.Batch, now time.Time) string {
	text := fmt.Sprintf("Batch %s of HostingBackend %s/%s: %s would lose access", batch.Digest, backend.Namespace, backend.Name, status.Count(batch.Size(), "person", "people"))
	if batch.Namespace != "" {
		text += " because of grants in namespace " + manifest.Plain(batch.Namespace)
	}
	if !batch.Since.IsZero() {
		text += "; held for " + duration.HumanDuration(now.Sub(batch.Since))
	}
	return text + "."
}

// heldLosses groups the people of a batch by what they lose.
func heldLosses(batch held.Batch, addresses bool) []heldLoss {
	var list []heldLoss
	at := map[string]int{}
	for _, person := range batch.People {
		one := heldLoss{lines: person.Lines, why: whyHeld(person.Causes)}
		if !person.Rights.Empty() {
			one.lines = describe(person.Rights, person.Names)
		}
		key := fmt.Sprintf("%q %q", one.lines, one.why)
		i, known := at[key]
		if !known {
			i = len(list)
			at[key] = i
			list = append(list, one)
		}
		list[i].people = append(list[i].people, heldName(person, addresses))
	}
	for _, l := range list {
		slices.Sort(l.people)
	}
	return list
}

// whyHeld tells causes of a removal, where its grants are not known by name.
func whyHeld(causes []v1alpha1.OwedCause) string {
	if len(causes) == 0 {
		return ""
	}
	part := preview.Part{Causes: causes, Grants: "a grant"}
	if !slices.ContainsFunc(causes, func(c v1alpha1.OwedCause) bool { return c != v1alpha1.CauseUndeclared }) {
		part.Grants = ""
	}
	return whyRemoved(part)
}

// heldName is how somebody of a batch is told of.
func heldName(person held.Person, addresses bool) string {
	if addresses && person.Email != "" {
		return manifest.Plain(person.Email)
	}
	return manifest.Plain(person.Record)
}

// heldChoices are the batches of which one is to be named.
func heldChoices(s heldState, batches []held.Batch, now time.Time) string {
	var b strings.Builder
	for _, batch := range batches {
		fmt.Fprintln(&b, heldHeadline(s.backend, batch, now))
	}
	return b.String()
}

// nothingWaits says what is held there instead.
func nothingWaits(s heldState, source string) string {
	waiting := held.Waiting(s.batches)
	var digests []string
	for _, batch := range waiting {
		digests = append(digests, batch.Digest)
	}
	text := fmt.Sprintf("HostingBackend %s/%s holds nothing that waits to be approved", s.backend.Namespace, s.backend.Name)
	if len(digests) > 0 {
		text = "held there now: " + strings.Join(digests, ", ")
	}
	if source != "" {
		text = fmt.Sprintf("nothing that namespace %s caused waits to be approved; %s", source, text)
	}
	if released := len(s.batches) - len(waiting); released > 0 {
		text += fmt.Sprintf("; %s approved already and not done yet", status.Count(released, "batch is", "batches are"))
	}
	return text + "."
}

// heldObstacles are why nobody loses anything yet, also once it is approved.
func heldObstacles(backend *v1alpha1.HostingBackend) (notes []string) {
	if backend.Spec.Suspend {
		notes = append(notes, "the HostingBackend is suspended: nobody loses anything before it is not.")
	}
	if backend.Spec.Mode != v1alpha1.ModeEnforce {
		notes = append(notes, "the HostingBackend's mode is Observe: nobody loses anything before it is Enforce.")
	}
	return notes
}
