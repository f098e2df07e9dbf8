// Package plan decides what happens to one person at a provider: what is given and taken away now,
// what has to be remembered first, who is mailed, and what the record's status says. It is pure:
// everything a decision depends on comes in as a value (Inputs), and nothing is changed. The
// controller of AccessRecords, the question of a backend which records to look at, the model and
// the commands ask the same functions.
//
//	Inputs -> Compute -> Desired -> the gate's verdicts -> Decide -> Decision -> Status -> Report
//
// What came of a step at the provider makes new Inputs (Wrote, WriteFailed, Asked, Mailed), on
// which is decided again.
package plan

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/status"
)

// Inputs are everything that one decision about a person depends on.
type Inputs struct {
	Record  *v1alpha1.AccessRecord
	Backend *v1alpha1.HostingBackend // nil where there is none
	Now     metav1.Time
	// Provider is what is known of the backend's provider, Row the person's row in its table: nil
	// where the table has none. Fresh: the row was read by itself in this reconcile.
	Provider Provider
	Row      *hosting.Row
	Fresh    bool
	// Profiles are those of the person that suspend them or have an end; Offboards are the
	// namespaces whose Profiles act on what grants of all namespaces give.
	Profiles  []v1alpha1.Profile
	Offboards map[string]bool
	// Orphans are contributions that stay although their grants are not there.
	Orphans Orphans
	// Memory and Invitation are what is remembered: what the status tells, or what came of it since.
	Memory     access.Memory
	Invitation *v1alpha1.InvitationStatus
	// MailWait is how long the person waits for a turn to be mailed; nil where they do not.
	MailWait *MailWait
	Retry    Retry
	Done     Result
}

// Provider is what is known of a backend's provider, as it was read last.
type Provider struct {
	// Known: the table was read since the start.
	Known  bool
	Places access.Places
	// Names are those of Places, for people to read.
	Names    access.Names
	Identity hosting.Identity
	// Ambiguous: several rows have the person's address.
	Ambiguous bool
	// Verified is when the last good reading began, Read when it ended, Err why the last one failed.
	Verified, Read time.Time
	Err            error
	// Configuration is a digest of what the table was read with; empty where it may not be
	// acted on. CanWrite: there is a client that can write.
	Configuration string
	CanWrite      bool
	// Ahead is by how much our clock is ahead of the provider's, where that is too much.
	Ahead time.Duration
}

// Orphans are contributions whose grants cannot be found.
type Orphans struct {
	// Lost are the grants, as namespace/name: that they cannot be found is no proof.
	Lost []string
	// Replaced: a contribution stays until another grant of the same name has taken its place.
	Replaced bool
}

// MailWait tells of a wait for a turn to be mailed.
type MailWait struct {
	For time.Duration
	// Among the next so many people the turn comes; PerMinute is the limit.
	Among, PerMinute int
	// ServerDown: the mail server does not answer in time.
	ServerDown bool
}

// Retry is what is remembered, in memory alone, of attempts that failed.
type Retry struct {
	// Tried is the last of Count writes in a row of one cause that took no effect.
	Tried Attempt
	Count int
	// Failed is what a failure came of: nothing is tried before Until while that is the same.
	Failed Cause
	Until  time.Time
}

// Cause is what a failure came of: the spec, how the provider was reached, and whether something
// could be taken away, so that what may go later is not held up by what was refused before.
type Cause struct {
	Generation    int64
	Configuration string
	Removes       bool
}

// Attempt is what a write came of, and the row it was to change.
type Attempt struct {
	Cause
	Row string
}

// Result is what a reconcile attempted so far, and what came of it.
type Result struct {
	// Relinquished: the person was found to have given up what they had, before the row was written to.
	Relinquished bool
	// Written: the row was written to and read back. Effective: what was read back is what was written.
	Written, Effective bool
	// Failure is why something has to be tried again.
	Failure error
	// Refusal is why the provider refused the whole change; its parts before NextPart were tried.
	Refusal  error
	NextPart int
	// Asked is what the provider was asked for last. Closed: nothing more is done about the invitation,
	// Mailed: because a mail was tried.
	Asked          invite.Act
	Closed, Mailed bool
	// Changes are what was written, the latest first; Events tell of the last write.
	Changes []v1alpha1.Change
	Events  []Event
}

// Event is to be emitted about the record.
type Event struct{ Type, Reason, Action, Message string }

// failure is why the reconcile failed; nil where it did not.
func (r Result) failure() error { return cmp.Or(r.Failure, r.Refusal) }

func (in Inputs) email() string { return string(in.Record.Spec.Email) }

// live is what the row holds.
func (in Inputs) live() hosting.Rights {
	if in.Row == nil {
		return hosting.Rights{}
	}
	return in.Row.Rights
}

// RowID is where the person's row is, or was last seen: a list that lacks it may be wrong.
func (in Inputs) RowID() int64 {
	if in.Row != nil {
		return in.Row.ID
	}
	return in.Record.Status.RowID
}

// declared says whether a grant names the person.
func (in Inputs) declared() bool { return len(in.Record.Spec.Contributions) > 0 }

// enforced says whether the backend may be written to at all.
func (in Inputs) enforced() bool {
	return in.Backend != nil && !in.Backend.Spec.Suspend && in.Backend.Spec.Mode == v1alpha1.ModeEnforce && in.Provider.CanWrite
}

// authoritative says whether what no grant names is to go.
func (in Inputs) authoritative() bool {
	return in.Backend != nil && in.Backend.Spec.Authority == v1alpha1.AuthorityAuthoritative
}

// readable says whether the person's row may be read by itself: with the clients that the table was
// read with. A reading that failed forbids everything until one succeeds again.
func (in Inputs) readable() bool {
	return in.Provider.Known && in.Backend != nil && !in.Backend.Spec.Suspend && in.Provider.Err == nil &&
		in.Provider.Configuration != "" && !in.Provider.Ambiguous
}

// protected says whether the person never loses anything (I6): the owner, whoever the key belongs
// to, and those whom the backend names.
func (in Inputs) protected() bool {
	if in.Backend == nil {
		return false
	}
	var addresses []string
	if in.Provider.Known {
		addresses = []string{in.Provider.Identity.Email, in.Provider.Identity.Holder}
	} else if before := in.Backend.Status.Identity; before != nil {
		addresses = []string{before.Email, before.Holder}
	}
	for _, email := range in.Backend.Spec.ProtectedEmails {
		addresses = append(addresses, string(email))
	}
	return slices.ContainsFunc(addresses, func(address string) bool { return access.SameAddress(address, in.email()) })
}

// unread says whether the provider is about to be read, and was not for long.
func (in Inputs) unread() bool {
	return in.Backend != nil && !in.Backend.Spec.Suspend && (!in.Provider.Known || in.untilStale() == 0) && in.Provider.Err == nil
}

// TooEarly says whether the manager has just started, or slept, and not read the provider yet, or the next reading is late,
// while the status speaks of the spec as it is: it stands until something else is known.
func (in Inputs) TooEarly() bool {
	return in.unread() && in.Record.Status.ObservedGeneration == in.Record.Generation
}

// untilStale is how long what was read last still counts; 0 where it no longer does.
func (in Inputs) untilStale() time.Duration {
	left := status.StandsFor(in.Provider.Read, in.Backend.Spec.Interval.Duration, in.Now.Time)
	if left == 0 {
		return 0
	}
	return left + time.Second // now is cut to the second
}

// trusted says whether the row as last read still counts, whatever became of a write: it was read
// by itself now, or within two intervals, and nothing says that it means nothing any more.
func (in Inputs) trusted() bool {
	if in.Backend == nil || in.Backend.Spec.Suspend || in.Provider.Ambiguous || !in.Fresh && in.untilStale() == 0 {
		return false
	}
	return in.Provider.Err == nil || !status.Terminal(in.Provider.Err)
}

// unproven says whether the row of somebody whom grants name is missing in a list, and was not
// looked for by itself. Until it was, what was known of it stands: only that tells whether they
// gave up what they had, however long it takes until somebody looks.
func (in Inputs) unproven() bool {
	return in.Provider.Known && !in.Fresh && in.Row == nil && in.declared() && in.Record.Status.RowID != 0 && access.HeldMore(in.Record.Status)
}

// vanished says whether the whole row of a person with a profile is gone, and not by our doing.
// Whoever has a profile can drop all that an owner gave them, and nothing less; the provider does
// not tell that from a removal by the owner, and both were somebody's decision. (Somebody without a
// profile cannot have dropped anything: their row is made again.)
func (in Inputs) vanished() bool {
	before := in.Record.Status
	if in.Memory.Removal != nil || !in.Fresh || in.Row != nil || before.Person != v1alpha1.PersonActive || before.RowID == 0 {
		return false
	}
	return access.HeldMore(before)
}

// gaveAllUp says whether the person is found now to have given up what grants give.
func (in Inputs) gaveAllUp(d Desired) bool { return in.vanished() && d.relinquished() > 0 }

// echoed is what the status tells of a contribution.
func (in Inputs) echoed(c v1alpha1.Contribution) (v1alpha1.ContributionStatus, bool) {
	i := slices.IndexFunc(in.Record.Status.Contributions, func(echo v1alpha1.ContributionStatus) bool { return echo.UID == c.UID })
	if i < 0 {
		return v1alpha1.ContributionStatus{}, false
	}
	return in.Record.Status.Contributions[i], true
}
