package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InvitationSender says who mails a person without a profile.
//
// +kubebuilder:validation:Enum=Provider;SMTP;None
type InvitationSender string

const (
	// SenderProvider lets the provider send its own mail when the row is created.
	SenderProvider InvitationSender = "Provider"
	// SenderSMTP has Hostgrant send the mail; the provider has to reveal the link for it.
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

// SMTP is the mail server that sends the invitations.
//
// +kubebuilder:validation:XValidation:rule="self.tls != 'None' || !has(self.credentialsSecretRef)",message="credentialsSecretRef needs tls: StartTLS or Implicit, because credentials are never sent in the clear"
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
// +kubebuilder:validation:XValidation:rule="self.sender == 'SMTP' ? has(self.smtp) : !has(self.smtp)",message="set smtp if sender is SMTP, and leave it out otherwise"
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

	// maxSends is how many invitations a person is sent automatically, the first one included: 1 to 10.
	// Raising it sends nothing to people whose invitation is Unanswered.
	//
	// +optional
	// +kubebuilder:default=2
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 10",message="must be from 1 to 10 mails; to send none, set sender: None"
	MaxSends int32 `json:"maxSends,omitempty"`

	// resendAfter is the shortest time between two automatic mails to a person; the next one is sent only
	// after the link of the last has expired. 1m to 8760h. If the provider does not tell when a link
	// expires, Hostgrant takes it as expired after this time.
	//
	// +optional
	// +kubebuilder:default="168h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([0-9]{1,5}(\.[0-9]{1,3})?[smh])+$') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')`,message="must be a duration from 1m to 8760h, for instance 168h for a week"
	ResendAfter *metav1.Duration `json:"resendAfter,omitempty"`

	// perMinute is how many people may be mailed within a minute, whoever sends the mails: 1 to 60000. The
	// others wait for their turn.
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

	// sender that the mail was decided on for.
	Sender InvitationSender `json:"sender"`

	// ordinal of the last mail intended; the first is 1, 0 where none was.
	//
	// +optional
	Ordinal int32 `json:"ordinal,omitempty"`

	// intendedAt is when the last mail was decided on.
	//
	// +optional
	IntendedAt *metav1.Time `json:"intendedAt,omitempty"`

	// sentAt is when the last mail was known to be sent, or to be lost.
	//
	// +optional
	SentAt *metav1.Time `json:"sentAt,omitempty"`

	// expiresAt is when the link expires, if the provider tells.
	//
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// asked is how many mails were sent because somebody asked for them by annotation: at most 5. They do
	// not count towards maxSends.
	//
	// +optional
	Asked int32 `json:"asked,omitempty"`

	// askedAt is when the last of these mails was decided on.
	//
	// +optional
	AskedAt *metav1.Time `json:"askedAt,omitempty"`

	// providerMails is the provider's count of mails right before it was asked for another one: if the
	// count has risen since, that mail was sent.
	//
	// +optional
	ProviderMails *int32 `json:"providerMails,omitempty"`

	// messageID of the last mail, for sender SMTP.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=320
	MessageID string `json:"messageID,omitempty"`

	// message is the mail server's answer, if it refused the mail or put it off.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`
}
