package record

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// pass is what one look at a record saw and what follows from it. Observing fills it,
// acting replaces row and memory with what was read back, concluding writes it down.
type pass struct {
	record   *v1alpha1.AccessRecord
	backend  *v1alpha1.HostingBackend // nil where there is none
	session  *session.Session
	snapshot *session.Snapshot // nil before the first good reading
	health   session.Health
	now      metav1.Time
	// ahead is by how much our clock is ahead of the provider's, where that is too much.
	ahead time.Duration

	// bounding are the person's Profiles that suspend them or have an end.
	bounding []v1alpha1.Profile
	// offboards are the namespaces whose Profiles reach beyond their own grants.
	offboards map[string]bool

	row     *hosting.Row // nil where the table has none
	known   bool         // whether row is known at all
	fresh   bool         // whether row was read by itself in this pass
	leavers access.Leavers
	want    access.Want
	plan    access.Plan // with known only
	memory  access.Memory
	// recalled is the memory where the status does not tell it yet.
	recalled *access.Memory
	weighed  weighing
	history  []v1alpha1.Change
	// invited is what is remembered of the invitation, invite what it becomes, step what
	// follows from it.
	invited, invite *v1alpha1.InvitationStatus
	step            invite.Step
	answers         bool   // what was asked for is answered by what is about to be done
	dismissed       string // why nothing is sent that was asked for
	ticket          *ticket
	queued          *session.Wait // who waits to be mailed
	mailed          bool          // a mail was tried, or found not to be fit

	// lost are grants whose contributions stay although they are gone themselves.
	lost []string
	// full are contributions that there is no room for.
	full map[types.UID]bool
	// replaced: one is there until another grant of its name has taken its place.
	replaced bool
	// drifted is what is missing that had been there, seen since.
	drifted    hosting.Rights
	driftSince metav1.Time
	stuck      bool          // what is written never takes effect
	acting     bool          // the provider is about to be written to, or was
	due        access.Memory // as it was before the last write
	written    bool          // the provider was written to in this pass
	failure    error         // why acting failed
}

// observe looks at everything a record depends on, without writing anything.
func (r *Reconciler) observe(ctx context.Context, record *v1alpha1.AccessRecord) (*pass, error) {
	p := &pass{record: record, session: r.Sessions.For(backendKey(record)), now: r.now(), ticket: &ticket{}}
	p.invited, p.recalled = r.results.of(record), r.results.memory(record)
	backend := &v1alpha1.HostingBackend{}
	switch err := r.Get(ctx, backendKey(record), backend); {
	case err == nil:
		p.backend = backend
		p.snapshot, p.health = p.session.Latest()
		p.ahead = p.session.Ahead()
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("get HostingBackend: %w", err)
	}
	var err error
	if p.bounding, err = r.profiles(ctx, string(record.Spec.Email)); err != nil {
		return nil, err
	}
	if p.backend != nil {
		if p.offboards, err = r.offboarders(ctx, backend, p.bounding); err != nil {
			return nil, err
		}
	}
	if p.snapshot != nil {
		if row, ok := p.snapshot.Row(string(record.Spec.Email)); ok {
			p.row = &row
		}
		p.known = true
	}
	p.think()
	return p, nil
}

// think computes, from what is known now, what is wanted and what has to be done. It is
// pure, and is run again whenever the row or the record was read anew.
func (p *pass) think() {
	status := p.record.Status
	p.memory = p.recall().Until(p.now)
	p.invite, p.step, p.dismissed, p.history = p.invited, invite.Step{}, "", status.History
	if !p.known {
		// Names cannot be resolved. The pins tell what earlier ones meant, so that what
		// left is recorded as owed all the same.
		p.unite(access.PinsOf(status))
		p.keepEverywhere()
		p.memory = access.Remember(p.want, p.memory, p.leavers, p.now)
		p.enter(p.losing())
		return
	}
	p.unite(p.snapshot.Places)
	if p.authoritative() {
		p.memory = p.memory.Claim(p.want, p.live(), p.snapshot.Places, p.record.Namespace, p.now)
	} else {
		p.memory = p.memory.Disclaim()
	}
	if p.fresh && p.enforced() {
		p.memory = p.memory.Adopt(p.want, p.live())
	}
	p.plan = access.Decide(p.want, p.live(), p.memory, p.leavers, p.now).Spare(p.want, p.live())
	p.memory = p.plan.Memory
	if p.fresh {
		p.memory = access.Settle(p.memory, p.live(), p.snapshot.Places, p.now)
	}
	if p.protected() {
		p.plan = p.plan.Protect()
	}
	p.drifts()
	p.weigh()
	p.plan = p.plan.Stay()
	p.follow()
}

// keepEverywhere keeps what 'all: true' gave on places the pins do not know.
func (p *pass) keepEverywhere() {
	counting, _ := p.counting()
	for right := range p.memory.Named() {
		if p.want.Rights.Has(right) || !everywhere(counting, right) {
			continue
		}
		p.want.Kept.Add(right)
	}
}

func everywhere(contributions []v1alpha1.Contribution, right hosting.Right) bool {
	return slices.ContainsFunc(contributions, func(c v1alpha1.Contribution) bool {
		switch right.Scope {
		case hosting.ScopeAccount:
			return slices.ContainsFunc(c.Accounts, func(a v1alpha1.AccountPermissions) bool {
				return a.All != nil && slices.Contains(a.Permissions, v1alpha1.AccountPermission(right.Name))
			})
		case hosting.ScopeServer:
			return slices.ContainsFunc(c.Servers, func(s v1alpha1.ServerPermissions) bool {
				return s.All != nil && slices.Contains(s.Permissions, v1alpha1.ServerPermission(right.Name))
			})
		}
		return false
	})
}

// leavers compares what the last pass echoed with what is contributed now.
func leavers(record *v1alpha1.AccessRecord) access.Leavers {
	now := make(map[types.UID]string, len(record.Spec.Contributions))
	for _, c := range record.Spec.Contributions {
		now[c.UID] = c.Digest
	}
	var left access.Leavers
	for _, echo := range record.Status.Contributions {
		one := access.Leaver{UID: echo.UID, Namespace: namespaceOf(record, echo)}
		switch digest, there := now[echo.UID]; {
		case !there:
			left.Removed = append(left.Removed, one)
		case digest != echo.Digest:
			left.Changed = append(left.Changed, one)
		}
	}
	return left
}

// namespaceOf is where a contribution came from that may be gone.
func namespaceOf(record *v1alpha1.AccessRecord, echo v1alpha1.ContributionStatus) string {
	if echo.Grant == nil {
		return record.Namespace
	}
	return echo.Grant.Namespace
}

func (p *pass) live() hosting.Rights {
	if p.row == nil {
		return hosting.Rights{}
	}
	return p.row.Rights
}

// declared says whether anybody names the person, or something is still owed to nobody.
func (p *pass) declared() bool { return len(p.record.Spec.Contributions) > 0 }

// enforced says whether the backend may be written to at all.
func (p *pass) enforced() bool {
	return p.backend != nil && !p.backend.Spec.Suspend && p.backend.Spec.Mode == v1alpha1.ModeEnforce && p.session.CanWrite()
}

// authoritative says whether what no grant names is to go.
func (p *pass) authoritative() bool {
	return p.backend != nil && p.backend.Spec.Authority == v1alpha1.AuthorityAuthoritative
}

// tooEarly says whether the manager has just started, or slept, and not read the provider yet,
// while the status speaks of the spec as it is: it stands until something else is known.
func (p *pass) tooEarly() bool {
	return p.unread() && p.record.Status.ObservedGeneration == p.record.Generation
}

// unread says whether the provider is about to be read, and was not for long.
func (p *pass) unread() bool {
	return p.backend != nil && !p.backend.Spec.Suspend && (!p.known || p.untilStale() == 0) && p.health.Err == nil
}

// planned is what the table was read with that this pass plans on; empty where it was not.
func (p *pass) planned() session.Configuration { return p.health.Configuration }

// cause is what a failure came of: once it is another, trying again makes sense.
func (p *pass) cause() cause {
	return cause{generation: p.record.Generation, configuration: p.planned(), removes: len(p.plan.Remove) > 0}
}

// attempt is what a write now would come of.
func (p *pass) attempt() attempt {
	return attempt{cause: p.cause(), row: fmt.Sprint(access.Bundle(p.live()))}
}

// protected says whether the person never loses anything (I6): the owner, whoever the key
// belongs to, and those whom the backend names.
func (p *pass) protected() bool {
	if p.backend == nil {
		return false
	}
	var addresses []string
	if p.snapshot != nil {
		addresses = []string{p.snapshot.Identity.Email, p.snapshot.Identity.Holder}
	} else if before := p.backend.Status.Identity; before != nil {
		addresses = []string{before.Email, before.Holder}
	}
	for _, email := range p.backend.Spec.ProtectedEmails {
		addresses = append(addresses, string(email))
	}
	return slices.ContainsFunc(addresses, func(address string) bool {
		return access.SameAddress(address, string(p.record.Spec.Email))
	})
}
