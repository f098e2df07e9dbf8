package record

import (
	"context"
	"fmt"
	"slices"
	"strings"

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

	row     *hosting.Row // nil where the table has none
	known   bool         // whether row is known at all
	fresh   bool         // whether row was read by itself in this pass
	leavers access.Leavers
	want    access.Want
	plan    access.Plan // with known only
	memory  access.Memory
	// invited is what is remembered of the invitation, invite what it becomes.
	invited, invite *v1alpha1.InvitationStatus
	mail            bool

	drift   bool  // what is missing had been there before
	written bool  // the provider was written to in this pass
	failure error // why acting failed
}

// observe looks at everything a record depends on, without writing anything.
func (r *Reconciler) observe(ctx context.Context, record *v1alpha1.AccessRecord) (*pass, error) {
	p := &pass{record: record, session: r.Sessions.For(backendKey(record)), now: r.now()}
	p.invited = r.results.of(record)
	backend := &v1alpha1.HostingBackend{}
	switch err := r.Get(ctx, backendKey(record), backend); {
	case err == nil:
		p.backend = backend
		p.snapshot, p.health = p.session.Latest()
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("get HostingBackend: %w", err)
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
	p.memory = access.MemoryOf(status)
	p.invite = p.invited
	p.leavers = leavers(status.Contributions, p.record.Spec.Contributions)
	if !p.known {
		// Names cannot be resolved. The pins tell what earlier ones meant, so that what
		// left is recorded as owed all the same.
		p.want = access.Unite(p.record.Spec.Contributions, access.PinsOf(status), access.PinsOf(status), p.memory.Named())
		p.keepEverywhere()
		p.memory = access.Remember(p.want, p.memory, p.leavers, p.now)
		return
	}
	p.want = access.Unite(p.record.Spec.Contributions, p.snapshot.Places, access.PinsOf(status), p.memory.Named())
	p.plan = access.Decide(p.want, p.live(), p.memory, p.leavers, p.now)
	p.memory = p.plan.Memory
	if p.fresh {
		p.memory = access.Settle(p.memory, p.live())
	}
	p.invite, p.mail = invite.AfterRead(p.invited, p.sender(), p.facts(), p.now, p.messageID)
}

// keepEverywhere keeps what 'all: true' gave on places the pins do not know.
func (p *pass) keepEverywhere() {
	for right := range p.memory.Named() {
		if p.want.Rights.Has(right) || !everywhere(p.record.Spec.Contributions, right) {
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
func leavers(echoes []v1alpha1.ContributionStatus, contributions []v1alpha1.Contribution) access.Leavers {
	now := make(map[types.UID]string, len(contributions))
	for _, c := range contributions {
		now[c.UID] = c.Digest
	}
	var left access.Leavers
	for _, echo := range echoes {
		digest, there := now[echo.UID]
		switch {
		case !there:
			left.Removed = append(left.Removed, echo.UID)
		case digest != echo.Digest:
			left.Changed = append(left.Changed, echo.UID)
		}
	}
	return left
}

func (p *pass) live() hosting.Rights {
	if p.row == nil {
		return hosting.Rights{}
	}
	return p.row.Rights
}

func (p *pass) sender() v1alpha1.InvitationSender {
	if p.backend == nil || p.backend.Spec.Invitations.Sender == "" {
		return v1alpha1.SenderBackend
	}
	return p.backend.Spec.Invitations.Sender
}

func (p *pass) facts() invite.Facts {
	if p.row == nil {
		return invite.Facts{}
	}
	return invite.Facts{
		Exists: true, Active: p.row.Active(), TellsInvitation: p.row.TellsInvitation,
		HasLink: p.row.Invitation != nil && p.row.Invitation.Link != "",
	}
}

func (p *pass) messageID(ordinal int32) string {
	if p.row == nil || p.backend == nil || p.backend.Spec.Invitations.SMTP == nil {
		return ""
	}
	from := string(p.backend.Spec.Invitations.SMTP.From)
	return invite.MessageID(p.snapshot.Identity.Email, p.row.ID, ordinal, from[strings.LastIndexByte(from, '@')+1:])
}

// declared says whether anybody names the person, or something is still owed to nobody.
func (p *pass) declared() bool { return len(p.record.Spec.Contributions) > 0 }

// enforced says whether the backend may be written to at all.
func (p *pass) enforced() bool {
	return p.backend != nil && !p.backend.Spec.Suspend && p.backend.Spec.Mode == v1alpha1.ModeEnforce && p.session.CanWrite()
}

// tooEarly says whether the manager has just started and not read the provider yet, while
// the status speaks of the spec as it is: it stands until something else is known.
func (p *pass) tooEarly() bool {
	return p.backend != nil && !p.backend.Spec.Suspend && !p.known && p.health.Err == nil &&
		p.record.Status.ObservedGeneration == p.record.Generation
}

// cause is what a failure came of: once it is another, trying again makes sense.
func (p *pass) cause() cause {
	return cause{generation: p.record.Generation, configuration: p.session.Configuration()}
}

// readable says whether the person's row may be looked at. A reading that failed forbids
// everything until one succeeds again.
func (p *pass) readable() bool {
	return p.known && p.backend != nil && !p.backend.Spec.Suspend && p.health.Err == nil && !p.ambiguous()
}

func (p *pass) ambiguous() bool { return p.snapshot.Ambiguous(string(p.record.Spec.Email)) }

// wantsWrite says whether there is something to do, and nothing forbids it.
func (p *pass) wantsWrite() bool { return p.readable() && p.enforced() && (p.plan.Pending() || p.mail) }

// wantsProof says whether a debt looks paid, and the row has not been read by itself to
// prove it.
func (p *pass) wantsProof() bool {
	return p.readable() && !p.fresh && len(p.memory.Owed) > len(p.plan.Remove)
}

// wantsTurn says whether the provider has to be talked to about this person.
func (p *pass) wantsTurn() bool { return p.wantsWrite() || p.wantsProof() }
