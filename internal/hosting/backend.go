package hosting

import (
	"context"
	"time"
)

// Identity is the profile behind a key.
type Identity struct {
	// CustomerID is the provider's id of the owner.
	CustomerID int64
	// Email of the owner.
	Email string
	// Holder is the address of the profile that the key itself belongs to: the owner's,
	// but where the key acts for somebody else.
	Holder string
}

// Place is an account or a server.
type Place struct {
	ID   int64
	Name string
}

// Row is one person's line in an owner's permission table.
type Row struct {
	// ID of the row at the provider.
	ID int64
	// Email as the provider stores it; compare normalised.
	Email string
	// ProfileID is 0 for a person without a profile.
	ProfileID int64
	// Rights the row holds, the "2FA required" box and unknown keys included.
	Rights Rights
	// Annotation is free text; kept as it is.
	Annotation string
	// Invitation is nil where nobody was invited, or the provider tells nothing of it.
	Invitation *Invitation
	// TellsInvitation: the provider has the invitation extension.
	TellsInvitation bool
	// TwoFactor says whether the person's profile has a second factor; nil where the provider
	// does not tell, or there is no profile.
	TwoFactor *bool
}

// Bounds of a table. One beyond them is not taken as read, and what follows from it does not happen.
const (
	// MaxListBytes is how long an answer with a list may be.
	MaxListBytes = 64 << 20
	// MaxRows is how many rows it may have.
	MaxRows = 100_000
	// MaxRowPermissions is how many permissions a row may hold, each place's counted: more than
	// every permission on 2,000 accounts.
	MaxRowPermissions = 50_000
	// MaxPermissions is how many all rows together may hold: 400 each for 10,000 people.
	MaxPermissions = 4_000_000
)

// Active says whether the person has a profile.
func (r Row) Active() bool { return r.ProfileID != 0 }

// Invitation is what the provider tells of the mail to a person without a profile.
// It is an extension of the contract.
type Invitation struct {
	// State: "pending", "accepted" or "expired".
	State string
	// Link to initialise the profile. A secret: it goes into a mail and nowhere else.
	Link string
	// Expires is when the link ends; zero where the provider does not tell.
	Expires time.Time
	// Mails is how often the provider was asked to mail it; nil where it does not tell, and
	// then cannot be asked to invite again.
	Mails *int32
}

// Holding is what the key's own profile holds on another owner's profile.
type Holding struct {
	// ID of the holding at the provider.
	ID int64
	// OwnerID is the provider's id of the other owner, Owner their address.
	OwnerID int64
	Owner   string
	// Rights held there, the "2FA required" box and unknown keys included.
	Rights Rights
}

// The states of an invitation.
const (
	InvitationPending = "pending"
	InvitationExpired = "expired"
)

// NewRow is a row to be created.
type NewRow struct {
	Email  string
	Rights Rights
	// Annotation is free text.
	Annotation string
	// Notify asks the provider to mail a person without a profile.
	Notify bool
}

// Reader is what can be asked of a provider without changing anything. Errors are *Error.
type Reader interface {
	// Identity of the key. Costs one read, two where the key acts for another owner.
	Identity(ctx context.Context) (Identity, error)
	// Accounts the owner has. Costs one read.
	Accounts(ctx context.Context) ([]Place, error)
	// Servers the owner has. Costs one read.
	Servers(ctx context.Context) ([]Place, error)
	// Table lists every row. Costs one read. ClassUnsupported: the provider has no
	// permission resource.
	Table(ctx context.Context) ([]Row, error)
	// Row reads one row. Costs one read. ClassNotFound: there is none.
	Row(ctx context.Context, id int64) (Row, error)
	// FindRow looks a person up by address. Costs one read. ClassNotFound: there is none;
	// ClassConflict: there are several.
	FindRow(ctx context.Context, email string) (Row, error)
	// Holdings lists what the key's own profile holds on other owners' profiles, also where
	// the key acts for another owner. Costs one read. ClassUnsupported: the provider does not
	// tell.
	Holdings(ctx context.Context) ([]Holding, error)
}

// Writer is a Reader that may also change the table, and give up what the key's own profile
// holds elsewhere. Each method costs one write. A write
// whose answer was lost gives ClassUnavailable and may have taken effect: read again.
type Writer interface {
	Reader
	// CreateRow creates a row and returns its id. ClassInvalid also where a row for the
	// address exists.
	CreateRow(ctx context.Context, row NewRow) (int64, error)
	// UpdateRow makes a row that is as have says hold want instead, and its annotation what is
	// given.
	UpdateRow(ctx context.Context, have Row, want Rights, annotation string) error
	// Invite gives the invitation of a row a full life again, and mails where notify says so,
	// provided that Invitation.Mails still is what the caller read: ClassConflict where it is
	// not, or the person has a profile by now. So it may be repeated where an answer was lost.
	// ClassUnsupported: the provider cannot do that; ClassNotFound: nor has it such a row,
	// which a provider may not tell apart.
	Invite(ctx context.Context, id int64, mails int32, notify bool) error
	// DeleteRow removes a row; it is no error if there is none.
	DeleteRow(ctx context.Context, id int64) error
	// DropHolding gives up all of a holding; it is no error if there is none.
	DropHolding(ctx context.Context, id int64) error
}
