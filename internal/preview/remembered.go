package preview

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// TableOf is a backend's table as its records tell it: the rows of people who have a record, as last read.
// Places whose ids no record remembers get one that no provider has, for nobody knows whether they are
// there; unknown lists their names.
func TableOf(backend *v1alpha1.HostingBackend, records []v1alpha1.AccessRecord, objects Objects, began time.Time) (table *provider.Snapshot, unknown []string) {
	places, rows := access.Places{}, []hosting.Row{}
	of := types.NamespacedName{Namespace: backend.Namespace, Name: backend.Name}
	for i := range records {
		record := &records[i]
		if handover.BackendOf(record) != of || handover.Misnamed(record) {
			continue
		}
		for key, id := range access.PinsOf(record.Status) {
			places[key] = id
		}
		for place, name := range access.NamesIn(record.Status.Live) {
			places[access.PlaceKey{Scope: place.Scope, Name: name}] = place.ID
		}
		if record.Status.RowID == 0 {
			continue
		}
		row := hosting.Row{ID: record.Status.RowID, Email: string(record.Spec.Email), Rights: access.LiveOf(record.Status)}
		if record.Status.Person == v1alpha1.PersonActive {
			row.ProfileID = 1 // which one is not told, and nothing depends on it
		}
		rows = append(rows, row)
	}
	unknown = assumePlaces(places, objects)
	identity := hosting.Identity{}
	if before := backend.Status.Identity; before != nil {
		identity = hosting.Identity{CustomerID: before.CustomerID, Email: before.Email, Holder: before.Holder}
	}
	return provider.SnapshotOf(identity, places, rows, began), unknown
}

// assumePlaces enters places of which nobody knows whether they are there, and lists their names.
func assumePlaces(places access.Places, objects Objects) (unknown []string) {
	for _, scope := range everywhere(objects) {
		unknown = append(unknown, "all of "+strings.ToLower(string(scope))+"s")
		if !slices.ContainsFunc(slices.Collect(maps.Keys(places)), func(key access.PlaceKey) bool { return key.Scope == scope }) {
			places[access.PlaceKey{Scope: scope, Name: "(all)"}] = -int64(len(places)) - 1
		}
	}
	for _, key := range placesOf(objects) {
		if _, known := places[key]; !known {
			places[key] = -int64(len(places)) - 1
			unknown = append(unknown, string(key.Scope)+" "+key.Name)
		}
	}
	return unknown
}

// everywhere are the scopes in which a grant names all places, also those that no record knows.
func everywhere(objects Objects) (scopes []hosting.Scope) {
	accounts, servers := false, false
	for _, grant := range of[*v1alpha1.PermissionGrant](objects) {
		accounts = accounts || slices.ContainsFunc(grant.Spec.Accounts, func(a v1alpha1.AccountPermissions) bool { return a.All != nil })
		servers = servers || slices.ContainsFunc(grant.Spec.Servers, func(s v1alpha1.ServerPermissions) bool { return s.All != nil })
	}
	if accounts {
		scopes = append(scopes, hosting.ScopeAccount)
	}
	if servers {
		scopes = append(scopes, hosting.ScopeServer)
	}
	return scopes
}

// placesOf are the accounts and servers that grants name, in order.
func placesOf(objects Objects) (keys []access.PlaceKey) {
	for _, grant := range of[*v1alpha1.PermissionGrant](objects) {
		for _, a := range grant.Spec.Accounts {
			for _, name := range a.Names {
				keys = append(keys, access.PlaceKey{Scope: hosting.ScopeAccount, Name: string(name)})
			}
		}
		for _, s := range grant.Spec.Servers {
			for _, name := range s.Names {
				keys = append(keys, access.PlaceKey{Scope: hosting.ScopeServer, Name: string(name)})
			}
		}
	}
	return keys
}

// Assume is what records would remember where in.Objects had been applied long ago, and all that they give
// and the tables have had been given by them.
func Assume(ctx context.Context, in Inputs) ([]v1alpha1.AccessRecord, error) {
	w, err := newWorld(ctx, in)
	if err != nil {
		return nil, err
	}
	if _, err := w.handOver(ctx); err != nil {
		return nil, err
	}
	var records []v1alpha1.AccessRecord
	for _, key := range w.inOrder() {
		records = append(records, assumed(w.people[key], w.now))
	}
	return records, nil
}

// assumed is the record of somebody to whom what grants give was given two days ago.
func assumed(p *person, now metav1.Time) v1alpha1.AccessRecord {
	in := p.inputs(now)
	record, want, since := *p.record.DeepCopy(), plan.Compute(in).Want, metav1.NewTime(now.Add(-2*gate.Day))
	live, state := hosting.Rights{}, v1alpha1.ContributionPending
	if in.Row != nil {
		live, state = in.Row.Rights, v1alpha1.ContributionLive
	}
	memory := access.Memory{}.Intend(want, access.Plan{Add: want.Rights.Intersect(live)}, now)
	memory.Intended = nil
	memory.Store(&record.Status)
	want.Pins.StorePins(&record.Status)
	known := map[string]bool{}
	for _, c := range record.Spec.Contributions {
		record.Status.Contributions = append(record.Status.Contributions, v1alpha1.ContributionStatus{UID: c.UID, Digest: c.Digest, State: state, Grant: &c.Grant})
		if namespace := c.Grant.Namespace; !known[namespace] {
			known[namespace] = true
			record.Status.Sources = append(record.Status.Sources, v1alpha1.SourceNamespace{Namespace: namespace, Since: since})
		}
	}
	return record
}
