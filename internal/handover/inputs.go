// Package handover decides what one PermissionGrant hands over to the AccessRecords of people: what
// each of them is given, what is taken back and why, and what the grant's status says. It is pure:
// everything that a decision depends on comes in as a value, and nothing is changed. The controller
// of PermissionGrants and the commands ask the same functions.
//
//	Inputs -> Compute -> Desired -> the quota's answer -> Decide -> Decision -> Status -> Report
//
// For a grant that is being deleted, Release decides on a Deletion.
package handover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

// Inputs are everything that one decision about a grant depends on.
type Inputs struct {
	Grant *v1alpha1.PermissionGrant
	Now   metav1.Time
	// Backend is nil where there is none. Then nothing else was read.
	Backend *v1alpha1.HostingBackend
	Origin  access.Origin
	// Records hold, echo or owe something of the grant, or are those of people that it names.
	Records []v1alpha1.AccessRecord
	// People whom the grant names, and the PermissionSets; where it is suspended, they are not read.
	People    People
	Sets      []v1alpha1.PermissionSet
	SetIssues []Issue
	// ReferenceGrace is how long what a missing reference gave is kept, FullRetry when a grant that
	// found no room is tried again.
	ReferenceGrace, FullRetry time.Duration
}

// Kinds of references.
const (
	KindProfile       = "Profile"
	KindTeam          = "Team"
	KindPermissionSet = "PermissionSet"
)

// Reference names an object of the grant's namespace.
type Reference struct{ Kind, Name string }

// String is the form used in contributions and messages: "Team/agency".
func (r Reference) String() string { return r.Kind + "/" + r.Name }

// Missing is the issue of a reference to what the namespace does not have.
func Missing(ref Reference) *Issue {
	return &Issue{Subject: ref.String(), Reason: v1alpha1.ReasonReferenceNotFound, Missing: &ref,
		Message: fmt.Sprintf("there is no %s of this name in the namespace; create it, or correct the name", ref.Kind)}
}

// Person is somebody a grant names.
type Person struct {
	// Address they are written to: where several notations are one person's, the first.
	Address string
	// Via names the ways they were reached, in order: "email", "Profile/x", "Team/x" or
	// "Team/x/Profile/y".
	Via         []string
	DisplayName string
	Language    v1alpha1.Language
}

// ProfileOf is the name of the Profile by which somebody was reached; false where they were reached by none.
func ProfileOf(via string) (string, bool) {
	at := strings.LastIndex(via, KindProfile+"/")
	if at < 0 {
		return "", false
	}
	return via[at+len(KindProfile)+1:], true
}

// Issue is why a part of a grant cannot be followed.
type Issue struct {
	Subject, Reason, Message string
	// Missing is the object that is not there, or that no longer gives an address. What it
	// gave earlier is not proof of an end.
	Missing *Reference
}

// People is everyone some subjects stand for, each once, by address.
type People struct {
	Persons []Person
	Issues  []Issue
}

// Way is what one subject, or one member of a team, leads to: a person, or the issue why not.
type Way struct {
	Person
	Issue *Issue
}

// Reached joins ways to people; the first to give a name or language wins.
func Reached(ways []Way) (people People) {
	places := map[string]int{} // by what tells people apart
	for _, way := range ways {
		if way.Issue != nil {
			people.Issues = append(people.Issues, *way.Issue)
			continue
		}
		key := access.AddressDigest(way.Address)
		i, known := places[key]
		if !known {
			places[key] = len(people.Persons)
			people.Persons = append(people.Persons, way.Person)
			continue
		}
		person := &people.Persons[i]
		person.Via = append(person.Via, way.Via...)
		person.DisplayName, person.Language = cmp.Or(person.DisplayName, way.DisplayName), cmp.Or(person.Language, way.Language)
	}
	for i := range people.Persons {
		people.Persons[i].Via = sorted(people.Persons[i].Via)
	}
	slices.SortFunc(people.Persons, func(a, b Person) int { return cmp.Compare(a.Address, b.Address) })
	slices.SortStableFunc(people.Issues, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Reason, b.Reason))
	})
	return people
}

// OriginOf is what a backend's rules ask of a grant: its namespace, with its labels, and when it begins.
func OriginOf(grant *v1alpha1.PermissionGrant, labels map[string]string) access.Origin {
	from := access.Origin{Namespace: grant.Namespace, Labels: labels, Begins: grant.CreationTimestamp}
	if begins := grant.Spec.NotBefore; begins != nil && from.Begins.Before(begins) {
		from.Begins = *begins
	}
	return from
}

// Misnamed says whether a record has a name that its person had by an earlier notation of
// addresses: another one has the right name, or will have it.
func Misnamed(record *v1alpha1.AccessRecord) bool {
	return record.Name != access.RecordName(string(record.Spec.BackendRef.Name), string(record.Spec.Email))
}

// Newcomers are the names of the records, in the backend's namespace, of people who have something
// to do with the grant now and whose record is not among Records.
func Newcomers(in Inputs) (names []string) {
	known := recordsByName(in)
	for _, person := range due(in, known) {
		if name := access.RecordName(in.Backend.Name, person.Address); known[name] == nil {
			names = append(names, name)
		}
	}
	return names
}

// recordsByName are the records of the grant's backend.
func recordsByName(in Inputs) map[string]*v1alpha1.AccessRecord {
	records := map[string]*v1alpha1.AccessRecord{}
	for i := range in.Records {
		if ofBackend(&in.Records[i], in.Backend) {
			records[in.Records[i].Name] = &in.Records[i]
		}
	}
	return records
}

// due are the people who have something to do with the grant now: nobody before it begins,
// and after it ended those of whom something is left of it.
func due(in Inputs, records map[string]*v1alpha1.AccessRecord) []Person {
	switch spec := in.Grant.Spec; {
	case !begun(spec, in.Now):
		return nil
	case !ended(spec, in.Now):
		return in.People.Persons
	}
	return slices.DeleteFunc(slices.Clone(in.People.Persons), func(p Person) bool {
		record := records[access.RecordName(in.Backend.Name, p.Address)]
		return record == nil || find(record, in.Grant.UID) == nil || echoOf(record, in.Grant.UID).State == v1alpha1.ContributionWithheld
	})
}

func ofBackend(record *v1alpha1.AccessRecord, backend *v1alpha1.HostingBackend) bool {
	return record.Namespace == backend.Namespace && string(record.Spec.BackendRef.Name) == backend.Name
}

// find is what a record holds of a grant; nil where it holds nothing.
func find(record *v1alpha1.AccessRecord, uid types.UID) *v1alpha1.Contribution {
	i := slices.IndexFunc(record.Spec.Contributions, func(c v1alpha1.Contribution) bool { return c.UID == uid })
	if i < 0 {
		return nil
	}
	return &record.Spec.Contributions[i]
}

// echoOf is what a record says of what it holds of a grant; zero where it says nothing.
func echoOf(record *v1alpha1.AccessRecord, uid types.UID) v1alpha1.ContributionStatus {
	if record != nil {
		for _, echo := range record.Status.Contributions {
			if echo.UID == uid {
				return echo
			}
		}
	}
	return v1alpha1.ContributionStatus{}
}
