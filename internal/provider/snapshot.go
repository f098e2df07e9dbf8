package provider

import (
	"maps"
	"slices"
	"time"

	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Snapshot is one reading of a provider. It is immutable.
type Snapshot struct {
	// Began is when the reading of the permission table began. A row in it says nothing
	// about writes after that.
	Began time.Time
	// ChangedAt is when a reading, or a read-back of ours, first showed the table as it is;
	// zero where this process has not seen it otherwise.
	ChangedAt time.Time
	// Identity behind the key.
	Identity hosting.Identity
	// Places by name, accounts and servers.
	Places access.Places
	// Names are those of Places, by id.
	Names access.Names
	// Accounts and Servers counted.
	Accounts, Servers int
	// TellsInvitation: a row was seen to carry the invitation extension; InvitesAgain: one that
	// counts mails; TellsTwoFactor: one that tells of a second factor.
	TellsInvitation, InvitesAgain, TellsTwoFactor bool
	// ProfilesUnknown: whoever told the table does not know who has a profile. Everybody in it is taken to have one.
	ProfilesUnknown bool

	rows rowSet
	// ambiguous holds addresses that more than one row claims, and counts rows whose address
	// cannot be normalised.
	ambiguous  map[string]bool
	unreadable int
}

// SnapshotOf is a table as somebody else tells it: identity, places and rows, read at began.
func SnapshotOf(identity hosting.Identity, places access.Places, rows []hosting.Row, began time.Time) *Snapshot {
	s := newSnapshot(rows)
	s.Began, s.Identity, s.Places, s.Names = began, identity, places, places.Names()
	return s
}

// newSnapshot indexes rows by normalised address.
func newSnapshot(rows []hosting.Row) *Snapshot {
	byPerson := make(map[string]hosting.Row, len(rows))
	s := &Snapshot{ambiguous: map[string]bool{}}
	for _, row := range rows {
		address, err := access.NormalizeAddress(row.Email)
		if err != nil {
			s.unreadable++
			continue
		}
		if _, twice := byPerson[address]; twice {
			s.ambiguous[address] = true
		}
		byPerson[address] = row
		s.notice(row)
	}
	s.rows = newRowSet(byPerson)
	return s
}

// notice what a row shows the provider to tell.
func (s *Snapshot) notice(row hosting.Row) {
	s.TellsInvitation = s.TellsInvitation || row.TellsInvitation
	s.InvitesAgain = s.InvitesAgain || row.Invitation != nil && row.Invitation.Mails != nil
	s.TellsTwoFactor = s.TellsTwoFactor || row.TwoFactor != nil
}

// Features are what the provider was seen to have; an empty table tells nothing of its rows.
func (s *Snapshot) Features() []v1alpha1.Feature {
	list := []v1alpha1.Feature{v1alpha1.FeaturePermissions}
	for _, seen := range []struct {
		feature v1alpha1.Feature
		now     bool
	}{
		{v1alpha1.FeatureInvitationLink, s.TellsInvitation},
		{v1alpha1.FeatureInviteAgain, s.InvitesAgain},
		{v1alpha1.FeatureTwoFactor, s.TellsTwoFactor},
	} {
		if seen.now {
			list = append(list, seen.feature)
		}
	}
	return list
}

// Row is a person's row; false where the table has none.
func (s *Snapshot) Row(address string) (hosting.Row, bool) {
	return s.rows.get(personOf(address))
}

// personOf is by what rows are kept: the normalised address.
func personOf(address string) string {
	if normalised, err := access.NormalizeAddress(address); err == nil {
		return normalised
	}
	return address
}

// IDs of all rows, whatever their addresses.
func (s *Snapshot) IDs() map[int64]bool {
	ids := make(map[int64]bool, s.rows.size)
	for _, row := range s.rows.all() {
		ids[row.ID] = true
	}
	return ids
}

// Marks lists the installations whose marks the rows carry, in order.
func (s *Snapshot) Marks() []string {
	marks := map[string]bool{}
	for _, row := range s.rows.all() {
		for _, mark := range hosting.MarksOf(row.Annotation) {
			marks[mark] = true
		}
	}
	return slices.Sorted(maps.Keys(marks))
}

// Ambiguous says whether more than one row claims the address.
func (s *Snapshot) Ambiguous(address string) bool { return s.ambiguous[personOf(address)] }

// Addresses lists everyone in the table, in order, as they are written to.
func (s *Snapshot) Addresses() []string {
	addresses := make([]string, 0, s.rows.size)
	for person, row := range s.rows.all() {
		if address, err := access.DeliveryAddress(row.Email); err == nil {
			person = address
		}
		addresses = append(addresses, person)
	}
	slices.Sort(addresses)
	return addresses
}

// Unreadable counts rows whose address cannot be normalised.
func (s *Snapshot) Unreadable() int { return s.unreadable }

// Invited counts people without a profile.
func (s *Snapshot) Invited() int {
	invited := 0
	for _, row := range s.rows.all() {
		if !row.Active() {
			invited++
		}
	}
	return invited
}

// WithoutTwoFactor counts people who have to log in with a second factor and have none.
func (s *Snapshot) WithoutTwoFactor() int {
	count := 0
	for _, row := range s.rows.all() {
		if access.TwoFactorOf(&row) == v1alpha1.TwoFactorMissing {
			count++
		}
	}
	return count
}

// with is the snapshot with one row put in, or taken out where row is nil.
func (s *Snapshot) with(person string, row *hosting.Row, at time.Time) *Snapshot {
	have, had := s.rows.get(person)
	if row == nil && !had || row != nil && had && SameRow(have, *row) {
		return s
	}
	next := *s
	next.ChangedAt = at
	next.rows = s.rows.with(person, row)
	if row != nil {
		next.notice(*row)
	}
	return &next
}

// sameTable says whether two readings show the same rows.
func (s *Snapshot) sameTable(o *Snapshot) bool {
	if s.rows.size != o.rows.size {
		return false
	}
	for person, row := range s.rows.all() {
		if other, there := o.rows.get(person); !there || !SameRow(row, other) {
			return false
		}
	}
	return true
}

// SameRow says whether two rows tell the same of a person.
func SameRow(a, b hosting.Row) bool {
	return a.ID == b.ID && a.ProfileID == b.ProfileID && a.TellsInvitation == b.TellsInvitation &&
		sameInvitation(a.Invitation, b.Invitation) && ptr.Equal(a.TwoFactor, b.TwoFactor) && a.Rights.Equal(b.Rights)
}

func sameInvitation(a, b *hosting.Invitation) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.State == b.State && a.Expires.Equal(b.Expires) && ptr.Equal(a.Mails, b.Mails)
}
