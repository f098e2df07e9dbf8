package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
)

// teller tells of what an inventory knows, in words.
type teller struct {
	inventory.Inventory
	// addresses: people are told of by their addresses.
	addresses bool
}

// person is how somebody is told of.
func (t teller) person(p inventory.Person) string {
	profile := ""
	if len(p.Profiles) > 0 {
		profile = t.within(p.Profiles[0])
	}
	return personNamed(t.addresses, p.Address, profile, p.Record)
}

// personNamed is how somebody is told of: by their address where addresses are shown, else by their Profile, or by the
// end of their record's name.
func personNamed(shown bool, address, profile, record string) string {
	switch {
	case shown && address != "":
		return address
	case profile != "":
		return profileNamed(profile)
	}
	return "person " + record[max(0, len(record)-12):]
}

// personName is how somebody is told of who is known by the address alone: as by their record, which has its digest.
func personName(address string, shown bool) string {
	return personNamed(shown, address, "", access.AddressDigest(address))
}

// profileNamed is how somebody is told of whose address is not.
func profileNamed(name string) string {
	return handover.Reference{Kind: handover.KindProfile, Name: name}.String()
}

// within names an object of the backend's namespace by its name alone.
func (t teller) within(key types.NamespacedName) string {
	if key.Namespace == t.Backend.Namespace {
		return key.Name
	}
	return key.String()
}

// owner is how the owner is told of.
func (t teller) owner() string {
	if t.addresses && t.Owner != "" {
		return t.Owner + " (owner)"
	}
	return "the owner"
}

// place is an account or a server; "overall" for neither.
func place(scope hosting.Scope, name string) string {
	switch scope {
	case hosting.ScopeFlag:
		return "the person"
	case hosting.ScopeOverall:
		return "overall"
	}
	return strings.ToLower(string(scope)) + " " + name
}

// states in words. A State that is not given says more in words of its grants.
var states = map[inventory.State]string{
	inventory.Effective: "yes", inventory.ProfileUnknown: "yes, if they have a profile", inventory.SecondFactorUnknown: "yes, with a second factor", inventory.NoSecondFactor: "once they have a second factor",
	inventory.NoProfile: "once they have a profile", inventory.Pending: "not yet", inventory.Suspended: "no: suspended",
	inventory.Relinquished: "no: given up by the person", inventory.Expired: "no: expired", inventory.Unknown: "not known",
}

// access says whether somebody may use a holding.
func (t teller) access(p inventory.Person, h inventory.Holding) string {
	text, known := states[h.State]
	switch why := whyNot(p, h); {
	case !known:
		text = fmt.Sprintf("not yet (%s)", why)
	case h.State == inventory.Expired && why == string(v1alpha1.CauseReviewMissed):
		text = "no: review missed"
	case h.State == inventory.Expired && why == string(v1alpha1.CausePersonExpired):
		text = "no: their Profile has expired"
	}
	switch {
	case h.Leaving == "":
		return text
	case h.Protected:
		return fmt.Sprintf("%s (%s; protected: it stays)", text, h.Leaving)
	case h.Held:
		return fmt.Sprintf("%s, until it is taken away (%s; held by the removal limit)", text, h.Leaving)
	}
	return fmt.Sprintf("%s, until it is taken away (%s)", text, h.Leaving)
}

// whyNot is why the grants that name a holding do not give it, in one word.
func whyNot(p inventory.Person, h inventory.Holding) string {
	for _, at := range h.Grants {
		if g := p.Grants[at]; g.State == h.State && g.Why != "" {
			return g.Why
		}
	}
	return string(h.State)
}

// grants lists what names a holding; in brackets why one does not count.
func (t teller) grants(p inventory.Person, h inventory.Holding) (names []string) {
	for _, at := range h.Grants {
		name := p.Grants[at].String()
		if !p.Grants[at].Counts {
			name += fmt.Sprintf(" (%s)", p.Grants[at].Why)
		}
		names = append(names, name)
	}
	return names
}

// ends in words.
var ends = map[v1alpha1.OwedCause]string{
	v1alpha1.CauseExpired: "expiresAt of the grant", v1alpha1.CauseReviewMissed: "reviewBy of the grant", v1alpha1.CausePersonExpired: "expiresAt of the Profile",
}

// until is when something ends, and what ends it.
func until(end *v1alpha1.End) (at, because string) {
	if end == nil {
		return "", ""
	}
	return date(&end.At), ends[end.Cause]
}

// date is a time for people, to the second; empty for none.
func date(at *metav1.Time) string {
	if at == nil || at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// asOf is when the table was read.
func (t teller) asOf() string {
	if t.AsOf.IsZero() {
		return "the AccessRecords: the table as the manager last read it"
	}
	return "the provider, at " + date(&t.AsOf)
}

// unique keeps the first of equal texts.
func unique(list []string) (once []string) {
	for _, text := range list {
		if text != "" && !slices.Contains(once, text) {
			once = append(once, text)
		}
	}
	return once
}
