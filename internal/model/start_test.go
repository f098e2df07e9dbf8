package model

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// In worlds in which links end: another mail may leave an hour after the link has ended.
const (
	maxSends    = 2
	resendAfter = 3 // periods
)

const owner = "owner@acme.example"

// backend is the one that all records are of.
func (m *machine) backend(mode v1alpha1.BackendMode) *v1alpha1.HostingBackend {
	b := &v1alpha1.HostingBackend{}
	b.Namespace, b.Name = "hosting", "acme"
	b.Spec.Mode, b.Spec.Interval.Duration = mode, settle
	b.Spec.RemovalLimit.Percent, b.Spec.RemovalLimit.Minimum = 25, ptr.To(int32(10))
	if !m.hasty && !m.is(neverSettles) {
		b.Spec.RemovalLimit.Settle = &metav1.Duration{Duration: settle}
	}
	b.Spec.Invitations = v1alpha1.Invitations{
		Sender: m.sender, MaxSends: maxSends, ResendAfter: &metav1.Duration{Duration: resendAfter * settle},
		SMTP: &v1alpha1.SMTP{From: "hosting@acme.example"},
	}
	switch {
	case m.is(neverStops):
		b.Spec.Invitations.MaxSends = 9
	case m.is(neverRepeats):
		b.Spec.Invitations.MaxSends = 1
	}
	return b
}

func (m *machine) initial() world {
	w := world{left: m.budget, up: true, observed: m.observed, now: 1, gate: m.gateOf(newGate(moment(0).Time)), exists: [2]bool{m.standing, m.standing}}
	for i := range w.people {
		p := person{profile: m.known || m.standing}
		if i == 0 && m.given != 0 {
			p.row, p.past.foreign = row{there: true, number: 1, rights: m.given}, true
		}
		if m.standing {
			m.settleIn(&p, i)
		}
		w.people[i] = m.people.id(p)
	}
	return w
}

// settleIn gives a person what both grants give, as the record tells long after that was done.
func (m *machine) settleIn(p *person, i int) {
	record := m.newRecord(i)
	memory := access.Memory{Applied: access.RightMap[access.Entry]{}}
	named := map[string]bool{}
	for g, namespace := range m.namespaces {
		if m.gives[g][i] == 0 {
			continue
		}
		p.past.saw[g], p.past.basis[g], named[namespace] = true, true, true
		p.row.there, p.row.number, p.row.rights = true, 1, p.row.rights|m.gives[g][i]
		c := m.contribution(g, i, 0)
		record.Spec.Contributions = append(record.Spec.Contributions, c)
		record.Status.Contributions = append(record.Status.Contributions, v1alpha1.ContributionStatus{
			UID: c.UID, Grant: &c.Grant, Digest: c.Digest, State: v1alpha1.ContributionLive,
		})
		for right := range m.gives[g][i].rights().All() {
			entry, _ := memory.Applied.Of(right)
			if len(entry.Namespaces) == 0 || entry.Namespaces[0] != namespace {
				entry.Namespaces = append(entry.Namespaces, namespace)
			}
			memory.Applied = memory.Applied.With(access.RightPart[access.Entry]{Rights: hosting.NewRights(right), Value: entry})
		}
	}
	for _, namespace := range m.namespaces {
		if named[namespace] {
			record.Status.Sources = append(record.Status.Sources, v1alpha1.SourceNamespace{Namespace: namespace, Since: moment(-10_000)})
			named[namespace] = false
		}
	}
	memory.Store(&record.Status)
	record.Status.Invitation = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationNotNeeded, Sender: m.sender}
	record.Status.Person, record.Status.RowID = v1alpha1.PersonActive, int64(p.row.number)
	record.Status.Permissions = int32(len(p.row.rights.each()))
	record.Status.TwoFactor = v1alpha1.TwoFactorNotRequired
	access.StoreLive(&record.Status, p.row.rights.rights(), nil)
	p.record = m.recordOf(record)
}

func (m *machine) newRecord(i int) *v1alpha1.AccessRecord {
	record := &v1alpha1.AccessRecord{}
	record.Namespace, record.Name = "hosting", name(i)
	record.Spec.BackendRef.Name, record.Spec.Email = "acme", v1alpha1.Email(name(i)+"@acme.example")
	return record
}

// recordOf is the number of a record. What no decision reads is left out of its status: conditions
// and messages are for people, and of its history only that something was written within a day
// counts, as which all that happens here is.
func (m *machine) recordOf(record *v1alpha1.AccessRecord) id {
	r := record.DeepCopy()
	st := &r.Status
	st.ObservedGeneration, st.Conditions, st.Grants, st.Pending = 0, nil, "", nil
	if len(st.History) > 0 {
		st.History = []v1alpha1.Change{{At: moment(0)}}
	}
	for i := range st.Contributions {
		if echo := &st.Contributions[i]; echo.Reason != v1alpha1.ReasonRecordFull {
			echo.Reason, echo.Message = "", ""
		}
	}
	if st.Invitation != nil {
		st.Invitation.Message = ""
	}
	n := m.records.id(keyOf(r.Name, r.Spec.Contributions, r.Status), r)
	m.numbers[m.records.of(n)] = n
	return n
}
