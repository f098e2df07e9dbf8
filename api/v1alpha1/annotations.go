package v1alpha1

// The annotations that people set; docs/annotations.md tells of each.
const (
	// AnnotationAskAgain on a PermissionGrant, with any value it did not have before, gives
	// it again to people who gave up what they had.
	AnnotationAskAgain = "hostgrant.io/ask-again"

	// AnnotationResendInvitation on a PermissionGrant has people invited once more who have no profile
	// yet: with the value TOKEN all of its people, with TOKEN=RECORD,RECORD those whose AccessRecords are
	// named. Another TOKEN asks again; what a grant or a person comes with is ignored.
	AnnotationResendInvitation = "hostgrant.io/resend-invitation"

	// AnnotationAcceptTable on a HostingBackend names the digest of a table in which people
	// are missing who were really removed.
	AnnotationAcceptTable = "hostgrant.io/accept-table"

	// AnnotationReviewedAt on a PermissionGrant says when somebody last reviewed it, for instance
	// "2026-11-02 by ann". The command review shows it; nothing follows from it.
	AnnotationReviewedAt = "hostgrant.io/reviewed-at"
)
