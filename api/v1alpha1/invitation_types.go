package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InvitationSender says who mails a person without a profile.
//
// +kubebuilder:validation:Enum=Provider;SMTP;None
type InvitationSender string

const (
	// SenderProvider lets the provider send its own mail when the row is created.
	SenderProvider InvitationSender = "Provider"
	// SenderSMTP has the controller send the mail; the provider must support it.
	SenderSMTP InvitationSender = "SMTP"
	// SenderNone sends nothing.
	SenderNone InvitationSender = "None"
)

// SMTPTLSMode says how a mail connection is encrypted.
//
// +kubebuilder:validation:Enum=StartTLS;Implicit;None
type SMTPTLSMode string

const (
	// SMTPStartTLS requires STARTTLS (usual port 587).
	SMTPStartTLS SMTPTLSMode = "StartTLS"
	// SMTPImplicitTLS speaks TLS from the first byte (usual port 465).
	SMTPImplicitTLS SMTPTLSMode = "Implicit"
	// SMTPNoTLS sends in the clear; refused together with credentials.
	SMTPNoTLS SMTPTLSMode = "None"
)

// SMTP is the mail server invitations leave through.
//
// +kubebuilder:validation:XValidation:rule="self.tls != 'None' || !has(self.credentialsSecretRef)",message="credentials are never sent in the clear: set tls to StartTLS or Implicit"
type SMTP struct {
	// host name or address of the mail server, without the port.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`isIP(self) || self.matches(r'^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$')`,message="must be a host name or an address, for instance smtp.example.org; the port goes into 'port'"
	Host string `json:"host"`

	// port of the mail server.
	//
	// +optional
	// +kubebuilder:default=587
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`

	// tls mode of the connection.
	//
	// +optional
	// +kubebuilder:default=StartTLS
	TLS SMTPTLSMode `json:"tls,omitempty"`

	// from is the sender's address.
	From Email `json:"from"`

	// credentialsSecretRef names a Secret of type hostgrant.io/credentials in the same
	// namespace, with the keys "username", "password" and "host"; "host" must equal the
	// one above. Absent: no log-in.
	//
	// +optional
	CredentialsSecretRef *LocalReference `json:"credentialsSecretRef,omitempty"`

	// caBundle holds PEM certificates to trust instead of the system's.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=65536
	CABundle []byte `json:"caBundle,omitempty"`
}

// Invitations says how people without a profile are told.
//
// +kubebuilder:validation:XValidation:rule="self.sender == 'SMTP' ? has(self.smtp) : !has(self.smtp)",message="'smtp' goes with sender SMTP, and only with it"
type Invitations struct {
	// sender of the mail.
	//
	// +optional
	// +kubebuilder:default=Provider
	Sender InvitationSender `json:"sender,omitempty"`

	// smtp server for sender SMTP.
	//
	// +optional
	SMTP *SMTP `json:"smtp,omitempty"`

	// maxSends is how many mails a person gets by themselves until they answer, the first one
	// included, 1 to 10. Raising it sends nothing to those who are Unanswered.
	//
	// +optional
	// +kubebuilder:default=2
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 10",message="must be from 1 to 10 mails; sender None sends none"
	MaxSends int32 `json:"maxSends,omitempty"`

	// resendAfter is how long after a mail the next one is sent at the earliest, once the link
	// has ended; 1m to 8760h. Where the provider does not tell when a link ends, it decides that.
	//
	// +optional
	// +kubebuilder:default="168h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([0-9]{1,5}(\.[0-9]{1,3})?[smh])+$') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')`,message="must be a duration from 1m to 8760h, for instance 168h for a week"
	ResendAfter *metav1.Duration `json:"resendAfter,omitempty"`

	// perMinute is how many people may be mailed within a minute, whoever sends, 1 to 60000;
	// the others wait for their turn.
	//
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 60000",message="must be from 1 to 60000 people a minute"
	PerMinute int32 `json:"perMinute,omitempty"`
}

// InvitationState is how far the invitation of a person without a profile is.
//
// +kubebuilder:validation:Enum=Prepared;Renewing;Intended;Deferred;Sent;Expired;Unanswered;Refused;Unknown;Unsupported;NotSent;NotNeeded;Accepted
type InvitationState string

const (
	// InvitationPrepared: the row is about to be created quietly; no mail is intended yet.
	InvitationPrepared InvitationState = "Prepared"
	// InvitationRenewing: a mail is intended and nothing of it was sent; the provider is asked
	// for a link that works first.
	InvitationRenewing InvitationState = "Renewing"
	// InvitationIntended: about to be sent; entered before the act.
	InvitationIntended InvitationState = "Intended"
	// InvitationDeferred: the mail server put the message off before it took it; the same
	// intent is tried again.
	InvitationDeferred InvitationState = "Deferred"
	// InvitationSent: the provider created the row and mails, or the mail server took the
	// message.
	InvitationSent InvitationState = "Sent"
	// InvitationExpired: the link has ended, and the next mail may be due.
	InvitationExpired InvitationState = "Expired"
	// InvitationUnanswered: all mails that are sent by themselves were, and the last link has
	// ended.
	InvitationUnanswered InvitationState = "Unanswered"
	// InvitationRefused: the mail server refused the message for good.
	InvitationRefused InvitationState = "Refused"
	// InvitationUnknown: whether a mail left cannot be known; it counts as sent.
	InvitationUnknown InvitationState = "Unknown"
	// InvitationUnsupported: the provider tells no link for sender SMTP, or cannot invite again.
	InvitationUnsupported InvitationState = "Unsupported"
	// InvitationNotSent: sender None.
	InvitationNotSent InvitationState = "NotSent"
	// InvitationNotNeeded: the person had a profile already.
	InvitationNotNeeded InvitationState = "NotNeeded"
	// InvitationAccepted: the person has a profile.
	InvitationAccepted InvitationState = "Accepted"
)

// InvitationStatus is memory: what was sent, so that it is never sent twice.
type InvitationStatus struct {
	// state of the invitation.
	State InvitationState `json:"state"`

	// sender the intent was made for.
	Sender InvitationSender `json:"sender"`

	// ordinal of the last mail intended; the first is 1, 0 where none was.
	//
	// +optional
	Ordinal int32 `json:"ordinal,omitempty"`

	// intendedAt is when the last mail was decided on.
	//
	// +optional
	IntendedAt *metav1.Time `json:"intendedAt,omitempty"`

	// sentAt is when the last mail was known to have been sent, or lost.
	//
	// +optional
	SentAt *metav1.Time `json:"sentAt,omitempty"`

	// expiresAt is when the link ends or has ended, where the provider tells.
	//
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// asked is how many of the mails somebody asked for by annotation, at most 5; they do not
	// count against maxSends.
	//
	// +optional
	Asked int32 `json:"asked,omitempty"`

	// askedAt is when the last of those was decided on.
	//
	// +optional
	AskedAt *metav1.Time `json:"askedAt,omitempty"`

	// providerMails is how many mails the provider had counted when it was to be asked for
	// another, so that it can be read whether it sent it.
	//
	// +optional
	ProviderMails *int32 `json:"providerMails,omitempty"`

	// messageID of the last mail, for sender SMTP.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=320
	MessageID string `json:"messageID,omitempty"`

	// message says what the mail server answered, where it refused or put off.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`
}
