package v1alpha1

// Condition types. Ready, Reconciling and Stalled have the meaning kstatus gives them.
const (
	// ConditionReady: what was read back at the provider holds what is wanted.
	ConditionReady = "Ready"
	// ConditionReconciling: on its way; nobody needs to do anything. Present only while True.
	ConditionReconciling = "Reconciling"
	// ConditionStalled: will not get further before somebody acts. Present only while True.
	ConditionStalled = "Stalled"
	// ConditionAllActive of a grant: everyone it names has what it gives, and a profile at the provider.
	ConditionAllActive = "AllActive"
	// ConditionActive of a record: the person has a profile at the provider.
	ConditionActive = "Active"
	// ConditionDeclared of a record: a grant names the person.
	ConditionDeclared = "Declared"
	// ConditionExpiringSoon of a grant: it ends within seven days. Present only while True.
	ConditionExpiringSoon = "ExpiringSoon"
	// ConditionReviewOverdue of a grant: reviewBy has passed. Present only while True.
	ConditionReviewOverdue = "ReviewOverdue"
	// ConditionResidualAccess of a Profile: the person is suspended or has expired, and still has something within its reach. Present only while True.
	ConditionResidualAccess = "ResidualAccess"
	// ConditionRemovalHeld: something is due to be taken away, and is held back. Present only while True.
	ConditionRemovalHeld = "RemovalHeld"
	// ConditionClockSkewed of a backend: this manager's clock and the provider's are more than five minutes apart, and nothing is taken away. Present only while True.
	ConditionClockSkewed = "ClockSkewed"
	// ConditionTwoFactorMissing: somebody has to log in with a second factor, and has none. Present only while True.
	ConditionTwoFactorMissing = "TwoFactorMissing"
	// ConditionUndeclaredAccess of a backend: the table holds people whom no grant names.
	ConditionUndeclaredAccess = "UndeclaredAccess"
	// ConditionComplete of a Relinquishment: all that was confirmed was done or refused; it never acts again.
	ConditionComplete = "Complete"
)

// Reasons of conditions. Each has a line in docs/runbook.md.
const (
	// ReasonAsDeclared: the provider has what is wanted.
	ReasonAsDeclared = "AsDeclared"
	// ReasonProgressing: work is under way.
	ReasonProgressing = "Progressing"
	// ReasonSuspended: suspend is set; nothing is done.
	ReasonSuspended = "Suspended"
	// ReasonTerminating: the object is being deleted and what it gave is being revoked.
	ReasonTerminating = "Terminating"

	// ReasonScheduled: the grant has not begun.
	ReasonScheduled = "Scheduled"
	// ReasonEndAhead: the grant ends soon, by its own date or a review that takes effect.
	ReasonEndAhead = "EndAhead"
	// ReasonExpired: expiresAt has passed; nothing of it is left.
	ReasonExpired = "Expired"
	// ReasonReviewMissed: reviewBy has passed.
	ReasonReviewMissed = "ReviewMissed"
	// ReasonPersonExpired: the expiresAt of the person's Profile has passed.
	ReasonPersonExpired = "PersonExpired"
	// ReasonPersonSuspended: a Profile suspends the person.
	ReasonPersonSuspended = "PersonSuspended"

	// ReasonListed: the provider's table was read.
	ReasonListed = "Listed"
	// ReasonBackendNotFound: the HostingBackend does not exist.
	ReasonBackendNotFound = "BackendNotFound"
	// ReasonBackendNotReady: the HostingBackend has not been read yet, or cannot be, or its last reading is too old to prove
	// anything.
	ReasonBackendNotReady = "BackendNotReady"
	// ReasonCredentialsNotFound: the Secret or a key in it is missing.
	ReasonCredentialsNotFound = "CredentialsNotFound"
	// ReasonCredentialsRefused: the Secret has not opted in (type) or is bound to another address (url, host).
	ReasonCredentialsRefused = "CredentialsRefused"
	// ReasonCredentialsRejected: the provider answered 401.
	ReasonCredentialsRejected = "CredentialsRejected"
	// ReasonForbidden: the provider answered 403.
	ReasonForbidden = "Forbidden"
	// ReasonEndpointRefused: the endpoint is not one this manager may talk to.
	ReasonEndpointRefused = "EndpointRefused"
	// ReasonProviderUnavailable: no answer, 5xx, or an answer that could not be understood.
	ReasonProviderUnavailable = "ProviderUnavailable"
	// ReasonRateLimited: the provider asked to wait.
	ReasonRateLimited = "RateLimited"
	// ReasonPermissionAPIUnavailable: the provider has no permission resource.
	ReasonPermissionAPIUnavailable = "PermissionAPIUnavailable"
	// ReasonRefusedByProvider: the provider answered that the change is invalid.
	ReasonRefusedByProvider = "RefusedByProvider"
	// ReasonConflict: the row changed under our hands; it is read again.
	ReasonConflict = "Conflict"

	// ReasonIdentityChanged: a key belongs to another owner than before, or a person's row carries another address.
	ReasonIdentityChanged = "IdentityChanged"
	// ReasonTableImplausible: more people are missing in the table than can have gone by themselves; it is read again.
	ReasonTableImplausible = "TableImplausible"
	// ReasonTableUnconfirmed: they are missing again and again; somebody has to say that they were really removed.
	ReasonTableUnconfirmed = "TableUnconfirmed"
	// ReasonOwnedElsewhere: the table carries the mark of another installation.
	ReasonOwnedElsewhere = "OwnedElsewhere"
	// ReasonRemovalSettling: removals are gathered, to be judged together.
	ReasonRemovalSettling = "RemovalSettling"
	// ReasonRemovalLimit: so many people would lose something that it looks like a mistake.
	ReasonRemovalLimit = "RemovalLimit"
	// ReasonBatchUnknown: a RemovalApproval names a batch that the backend does not hold.
	ReasonBatchUnknown = "BatchUnknown"
	// ReasonApprovalUnverified: nothing proves who made a RemovalApproval: the admission policy or its binding is missing, weaker than what ships, or newer.
	ReasonApprovalUnverified = "ApprovalUnverified"
	// ReasonApproved: nobody of the batch that a RemovalApproval names is left.
	ReasonApproved = "Approved"
	// ReasonClockSkewed: this manager's clock and the provider's are more than five minutes apart; nothing is taken away.
	ReasonClockSkewed = "ClockSkewed"
	// ReasonProtected: what is due to go belongs to somebody who never loses anything.
	ReasonProtected = "Protected"

	// ReasonObserveOnly: something differs, and the backend's mode is Observe.
	ReasonObserveOnly = "ObserveOnly"
	// ReasonDrifted: somebody took something away at the provider; it is given again after the grace.
	ReasonDrifted = "Drifted"
	// ReasonRelinquished: the person gave up all they had; respected until somebody asks again.
	ReasonRelinquished = "Relinquished"
	// ReasonNotConverging: written several times, and the row read back never held it; not tried again before something changes.
	ReasonNotConverging = "NotConverging"
	// ReasonNotTakenEffect: written, but the row read back does not hold it.
	ReasonNotTakenEffect = "NotTakenEffect"
	// ReasonWriteUnanswered: the row is as it should be, but a write that the provider did not
	// answer may still be done; what is due to go is looked for once more five minutes after it.
	ReasonWriteUnanswered = "WriteUnanswered"
	// ReasonPlaceUnknown: an account or server has no such name at the provider.
	ReasonPlaceUnknown = "PlaceUnknown"
	// ReasonPlaceReplaced: the name of an account or server now means another one.
	ReasonPlaceReplaced = "PlaceReplaced"
	// ReasonUndeclared: no grant names the person.
	ReasonUndeclared = "Undeclared"
	// ReasonDeclared: a grant names the person.
	ReasonDeclared = "Declared"
	// ReasonNobody: there is nobody to speak of.
	ReasonNobody = "Nobody"

	// ReasonReferenceNotFound: a Profile, Team or PermissionSet does not exist.
	ReasonReferenceNotFound = "ReferenceNotFound"
	// ReasonGrantLost: a grant went with its namespace or its kind; what it gave stays.
	ReasonGrantLost = "GrantLost"
	// ReasonReferenceLost: a Profile, Team or PermissionSet is gone; what it gave stays for an hour.
	ReasonReferenceLost = "ReferenceLost"
	// ReasonAddressNotFound: the Secret with the address is missing, has another type, or holds no address.
	ReasonAddressNotFound = "AddressNotFound"
	// ReasonAddressInvalid: the address cannot be normalised.
	ReasonAddressInvalid = "AddressInvalid"
	// ReasonRefusedByRule: the backend's grantRules do not allow it.
	ReasonRefusedByRule = "RefusedByRule"
	// ReasonForeignPermissions: a second factor is demanded of somebody who holds things of others, and no rule allows it.
	ReasonForeignPermissions = "ForeignPermissions"
	// ReasonTooManyPeople: with the grant, its namespace would name more people than a rule of
	// the backend allows.
	ReasonTooManyPeople = "TooManyPeople"
	// ReasonRecordFull: the person's record holds 64 contributions already, or has no room for
	// what this one gives.
	ReasonRecordFull = "RecordFull"
	// ReasonNothingGiven: a PermissionSet or an item that a grant names gives nothing.
	ReasonNothingGiven = "NothingGiven"
	// ReasonTooLarge: one person's contribution is larger than 8 KiB.
	ReasonTooLarge = "TooLarge"

	// ReasonActive: the person has a profile.
	ReasonActive = "Active"
	// ReasonInvited: the person has no profile yet.
	ReasonInvited = "Invited"
	// ReasonInvitationExpired: the link that the person was sent has ended.
	ReasonInvitationExpired = "InvitationExpired"
	// ReasonInvitationUnanswered: all mails were sent, and the last link has ended.
	ReasonInvitationUnanswered = "InvitationUnanswered"
	// ReasonMailQueued: the invitation waits for its turn; so many mails a minute are sent.
	ReasonMailQueued = "MailQueued"
	// ReasonResendIgnored: the annotation resend-invitation names a record that the grant does not have, or cannot be read.
	ReasonResendIgnored = "ResendIgnored"
	// ReasonInvitationRefused: the mail server refused the invitation for good.
	ReasonInvitationRefused = "InvitationRefused"
	// ReasonInvitationUnsupported: the provider cannot do what the sender needs.
	ReasonInvitationUnsupported = "InvitationUnsupported"

	// ReasonAwaitingConfirmation: what our own profile holds elsewhere is listed; nothing is given up unasked.
	ReasonAwaitingConfirmation = "AwaitingConfirmation"
	// ReasonNothingHeld: our own profile holds nothing on other owners' profiles.
	ReasonNothingHeld = "NothingHeld"
	// ReasonComplete: what was confirmed is gone.
	ReasonComplete = "Complete"
	// ReasonNotListed: confirmed without having been listed before; left alone.
	ReasonNotListed = "NotListed"
	// ReasonOwnerChanged: the id belongs to another owner than when it was listed; left alone.
	ReasonOwnerChanged = "OwnerChanged"
	// ReasonRelinquishmentUnsupported: the provider does not tell what our own profile holds elsewhere.
	ReasonRelinquishmentUnsupported = "RelinquishmentUnsupported"
	// ReasonTwoFactorMissing: what was granted opens with a second factor only, which somebody has not set up.
	ReasonTwoFactorMissing = "TwoFactorMissing"
)

// Reasons of events.
const (
	// EventGranted: permissions were added at the provider.
	EventGranted = "Granted"
	// EventRevoked: permissions were taken away at the provider.
	EventRevoked = "Revoked"
	// EventInvited: an invitation was sent.
	EventInvited = "Invited"
	// EventInvitationExpired: the link that somebody was sent has ended.
	EventInvitationExpired = "InvitationExpired"
	// EventInvitationUnanswered: somebody did not answer any mail, and gets no more by themselves.
	EventInvitationUnanswered = "InvitationUnanswered"
	// EventResendIgnored: a mail was asked for, and there is nobody to be invited or nobody to send it.
	EventResendIgnored = "ResendIgnored"
	// EventDriftCorrected: somebody else's change at the provider was put right.
	EventDriftCorrected = "DriftCorrected"
	// EventRelinquished: a person, or our own profile, gave up all they had.
	EventRelinquished = "Relinquished"
	// EventExpiringSoon: a grant ends within seven days.
	EventExpiringSoon = "ExpiringSoon"
	// EventReviewOverdue: the review of a grant was missed.
	EventReviewOverdue = "ReviewOverdue"
	// EventRemovalHeld: removals were held back that look like a mistake.
	EventRemovalHeld = "RemovalHeld"
	// EventAbandoned: a backend, a kind or a namespace went; nothing was revoked.
	EventAbandoned = "Abandoned"
)
