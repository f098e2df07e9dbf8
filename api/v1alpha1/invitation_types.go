package v1alpha1

// InvitationSender says who mails a person without a profile.
//
// +kubebuilder:validation:Enum=Backend;SMTP;None
type InvitationSender string

const (
	// SenderBackend lets the provider send its own mail when the row is created.
	SenderBackend InvitationSender = "Backend"
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
	// +kubebuilder:default=Backend
	Sender InvitationSender `json:"sender,omitempty"`

	// smtp server for sender SMTP.
	//
	// +optional
	SMTP *SMTP `json:"smtp,omitempty"`
}
