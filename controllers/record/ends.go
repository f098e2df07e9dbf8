package record

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=profiles,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch

// deliberation is how long an end has to have been on record to be one that somebody meant:
// a date in the past that was written by mistake must not get around the removal limit.
const deliberation = time.Hour

// profiles lists the Profiles of a person that bound what others grant: suspended ones, and
// those with an end. Each acts within its reach only.
func (r *Reconciler) profiles(ctx context.Context, email string) ([]v1alpha1.Profile, error) {
	return index.BoundingProfiles(ctx, r.Client, email)
}

// offboarders are the namespaces whose Profiles act on what grants of all namespaces give.
func (r *Reconciler) offboarders(ctx context.Context, backend *v1alpha1.HostingBackend, profiles []v1alpha1.Profile) (map[string]bool, error) {
	offboards := map[string]bool{}
	for i := range profiles {
		namespace := profiles[i].Namespace
		if _, known := offboards[namespace]; known {
			continue
		}
		labels, err := resolve.NamespaceLabels(ctx, r.Client, namespace)
		if err != nil {
			return nil, err
		}
		offboards[namespace] = access.Offboards(backend, access.Origin{Namespace: namespace, Labels: labels})
	}
	return offboards, nil
}

// reaches says whether a Profile of one namespace acts on what grants of another give.
func (p *pass) reaches(profile, grant string) bool {
	return profile == grant || p.offboards[profile]
}

// suspends says whether suspended Profiles reach all that a debt is about: whatever else it
// came of, it then goes with the person.
func (p *pass) suspends(debt access.Debt) bool {
	reached := func(namespace string) bool {
		return slices.ContainsFunc(p.bounding, func(profile v1alpha1.Profile) bool {
			return profile.Spec.State == v1alpha1.ProfileSuspended && p.reaches(profile.Namespace, namespace)
		})
	}
	for _, namespace := range debt.Namespaces {
		if !reached(namespace) {
			return false
		}
	}
	return len(debt.Namespaces) > 0
}

// bound is what Profiles and dates do to one contribution.
type bound struct {
	suspended    bool
	relinquished bool
	// end is the earliest that holds; since when it has been on record.
	end   *v1alpha1.End
	since metav1.Time
}

func (p *pass) boundOf(c v1alpha1.Contribution) bound {
	b := bound{end: c.End, relinquished: p.gaveUp(c)}
	for i := range p.bounding {
		profile := &p.bounding[i]
		if !p.reaches(profile.Namespace, c.Grant.Namespace) {
			continue
		}
		b.suspended = b.suspended || profile.Spec.State == v1alpha1.ProfileSuspended
		if at := profile.Spec.ExpiresAt; at != nil && (b.end == nil || at.Before(&b.end.At)) {
			b.end = &v1alpha1.End{At: *at, Cause: v1alpha1.CausePersonExpired}
		}
	}
	b.since = p.onRecord(c, b.end)
	return b
}

// onRecord is since when an end has been on record; now, where it is new.
func (p *pass) onRecord(c v1alpha1.Contribution, end *v1alpha1.End) metav1.Time {
	for _, echo := range p.record.Status.Contributions {
		same := echo.UID == c.UID && end != nil && echo.End != nil && echo.End.At.Equal(&end.At)
		if same && echo.EndSince != nil {
			return *echo.EndSince
		}
	}
	return p.now
}

func (b bound) ended(now metav1.Time) bool { return b.end != nil && !now.Before(&b.end.At) }

// cause of what a contribution that does not count no longer gives; empty where it counts.
func (b bound) cause(now metav1.Time) v1alpha1.OwedCause {
	switch {
	case b.suspended:
		return v1alpha1.CauseSuspended
	case b.relinquished:
		return v1alpha1.CauseChanged
	case !b.ended(now):
		return ""
	case b.end.At.Sub(b.since.Time) < deliberation:
		return v1alpha1.CauseEndedAtOnce
	}
	return b.end.Cause
}

// reason why a contribution does not count.
func (b bound) reason() string {
	switch {
	case b.suspended:
		return v1alpha1.ReasonPersonSuspended
	case b.relinquished:
		return v1alpha1.ReasonRelinquished
	}
	return string(b.end.Cause)
}

// counting splits the contributions into those that count and those that have ended. Those that
// there is no room for are neither.
func (p *pass) counting() (counting, ended []v1alpha1.Contribution) {
	for _, c := range p.record.Spec.Contributions {
		switch {
		case p.boundOf(c).cause(p.now) != "":
			ended = append(ended, c)
		case !p.full[c.UID]:
			counting = append(counting, c)
		}
	}
	return counting, ended
}

// unite computes what is wanted, and what those give no longer who have ended.
func (p *pass) unite(places access.Places) {
	p.full = nil
	counting, ended := p.counting()
	pins := access.PinsOf(p.record.Status)
	gone := access.Unite(ended, places, pins, p.memory.Named())
	p.takeIn(counting, access.Room{Memory: p.memory, Places: places, Pins: pins, Names: gone.Pins, Live: p.live()})
	p.leavers = leavers(p.record)
	for _, c := range ended {
		p.leavers.Ended = append(p.leavers.Ended, access.Ended{
			UID: c.UID, Namespace: c.Grant.Namespace, Cause: p.boundOf(c).cause(p.now), Rights: gone.By[c.UID].Rights.Union(gone.Kept),
		})
	}
	for key, id := range gone.Pins {
		p.want.Pins[key] = id // a name keeps its meaning until its grant goes
	}
}

// glance is the longest that a record with an end to come goes without a look at the clock,
// which may have been set, or have gone on while the machine slept.
const glance = 10 * time.Minute

// nextEnd is how long until the next contribution ends, at most a glance; 0 for none.
func (p *pass) nextEnd() time.Duration {
	var next time.Duration
	for _, c := range p.record.Spec.Contributions {
		b := p.boundOf(c)
		if b.end == nil || b.ended(p.now) {
			continue
		}
		if left := b.end.At.Sub(p.now.Time); next == 0 || left < next {
			next = left
		}
	}
	return min(next, glance)
}

// ofNamespace finds the records of people whom Profiles of a namespace bound: its labels say
// whether backends let these act on what others give.
func (r *Reconciler) ofNamespace(ctx context.Context, o client.Object) []ctrl.Request {
	profiles := &v1alpha1.ProfileList{}
	if err := r.List(ctx, profiles, client.InNamespace(o.GetName())); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list profiles of a namespace")
	}
	var requests []ctrl.Request
	for i := range profiles.Items {
		requests = slices.Concat(requests, r.ofProfile(ctx, &profiles.Items[i]))
	}
	return requests
}

func (r *Reconciler) ofProfile(ctx context.Context, o client.Object) []ctrl.Request {
	profile, ok := o.(*v1alpha1.Profile)
	if !ok {
		return nil
	}
	address, issue, err := resolve.Email(ctx, r.Client, profile)
	if err != nil || issue != nil {
		return nil
	}
	return r.requests(ctx, client.MatchingFields{index.RecordEmail: access.AddressDigest(address)})
}

// ofSecret finds the records of the address in a secret that a Profile names: as it is, and
// as it was, for an event brings both.
func (r *Reconciler) ofSecret(ctx context.Context, o client.Object) []ctrl.Request {
	secret, ok := o.(*corev1.Secret)
	if !ok || secret.Type != v1alpha1.SecretTypeAddress {
		return nil
	}
	var requests []ctrl.Request
	for _, value := range secret.Data {
		requests = slices.Concat(requests, r.requests(ctx, client.MatchingFields{index.RecordEmail: access.AddressDigest(string(value))}))
	}
	return requests
}
