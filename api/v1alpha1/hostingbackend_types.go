package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// BackendMode says whether the controllers may write to the provider.
//
// +kubebuilder:validation:Enum=Observe;Enforce
type BackendMode string

const (
	// ModeObserve reads and reports; the client it uses has no write methods.
	ModeObserve BackendMode = "Observe"
	// ModeEnforce makes the provider's table match.
	ModeEnforce BackendMode = "Enforce"
)

// Authority says what happens to permissions that no grant names.
//
// +kubebuilder:validation:Enum=Additive
type Authority string

// AuthorityAdditive leaves alone whatever no grant ever named.
const AuthorityAdditive Authority = "Additive"

// InventoryMode says how people whom no grant names are shown.
//
// +kubebuilder:validation:Enum=Counts;Records
type InventoryMode string

const (
	// InventoryCounts shows how many they are, in the backend's status.
	InventoryCounts InventoryMode = "Counts"
	// InventoryRecords keeps an AccessRecord for each of them as well.
	InventoryRecords InventoryMode = "Records"
)

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

// Endpoint is where the provider's API is and how to log in to it.
type Endpoint struct {
	// url of the API's root, for instance https://api.alwaysdata.com/v1/. https only.
	//
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https'",message="must be an https URL, for instance https://api.alwaysdata.com/v1/"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@') && !self.contains('?') && !self.contains('#')",message="must hold no credentials, query or fragment; the token belongs in the Secret"
	URL string `json:"url"`

	// customer is the address of the owner to act for, where the key belongs to another
	// profile. Absent: the key's own profile.
	//
	// +optional
	Customer Email `json:"customer,omitempty"`

	// credentialsSecretRef names a Secret of type hostgrant.io/credentials in the same
	// namespace, with the keys "token" and "url"; "url" must equal the one above.
	CredentialsSecretRef LocalReference `json:"credentialsSecretRef"`

	// caBundle holds PEM certificates to trust instead of the system's.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=65536
	CABundle []byte `json:"caBundle,omitempty"`
}

// RateLimit is what the provider allows one key; the controllers stay below it.
type RateLimit struct {
	// readsPerMinute the provider allows. alwaysdata documents 250.
	//
	// +optional
	// +kubebuilder:default=250
	// +kubebuilder:validation:Minimum=10
	// +kubebuilder:validation:Maximum=60000
	ReadsPerMinute int32 `json:"readsPerMinute,omitempty"`

	// writesPerMinute the provider allows. alwaysdata documents 50.
	//
	// +optional
	// +kubebuilder:default=50
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=60000
	WritesPerMinute int32 `json:"writesPerMinute,omitempty"`
}

// SMTP is the mail server invitations leave through.
//
// +kubebuilder:validation:XValidation:rule="self.tls != 'None' || !has(self.credentialsSecretRef)",message="credentials are never sent in the clear: set tls to StartTLS or Implicit"
type SMTP struct {
	// host name or address of the mail server.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$`
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

// HostingBackendSpec is one owner profile at a hosting provider.
type HostingBackendSpec struct {
	// endpoint of the provider's API.
	Endpoint Endpoint `json:"endpoint"`

	// interval between two readings of the provider's permission table, 30s to 24h.
	//
	// +optional
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(s|m|h))+$`
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('30s') && duration(self) <= duration('24h')",message="must be between 30s and 24h"
	Interval metav1.Duration `json:"interval,omitempty"`

	// mode Observe only reports; nothing is written until it is Enforce.
	//
	// +optional
	// +kubebuilder:default=Observe
	Mode BackendMode `json:"mode,omitempty"`

	// authority Additive leaves alone whatever no grant ever named.
	//
	// +optional
	// +kubebuilder:default=Additive
	Authority Authority `json:"authority,omitempty"`

	// rateLimit is what the provider allows this key.
	//
	// +optional
	// +kubebuilder:default={}
	RateLimit RateLimit `json:"rateLimit,omitempty"`

	// invitations to people without a profile.
	//
	// +optional
	// +kubebuilder:default={}
	Invitations Invitations `json:"invitations,omitempty"`

	// inventory of people whom no grant names.
	//
	// +optional
	// +kubebuilder:default=Counts
	Inventory InventoryMode `json:"inventory,omitempty"`

	// suspend stops reading and writing on this backend; what the provider has stays.
	//
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// Identity is the profile behind the key.
type Identity struct {
	// customerID is the provider's id of the owner.
	CustomerID int64 `json:"customerID"`

	// email of the owner.
	//
	// +kubebuilder:validation:MaxLength=254
	Email string `json:"email"`
}

// BackendCounts sums up the provider's table.
type BackendCounts struct {
	// managed people: at least one grant names them.
	Managed int32 `json:"managed"`
	// undeclared people: in the provider's table, named by no grant.
	Undeclared int32 `json:"undeclared"`
	// invited people: in the table, without a profile yet.
	Invited int32 `json:"invited"`
	// accounts the owner has.
	Accounts int32 `json:"accounts"`
	// servers the owner has.
	Servers int32 `json:"servers"`
}

// Feature is something a provider may or may not do.
//
// +kubebuilder:validation:Enum=Permissions;QuietCreation;InvitationLink
type Feature string

const (
	// FeaturePermissions: the provider has the permission resource.
	FeaturePermissions Feature = "Permissions"
	// FeatureQuietCreation: a row can be created without the provider mailing.
	FeatureQuietCreation Feature = "QuietCreation"
	// FeatureInvitationLink: the provider tells the link to initialise a profile.
	FeatureInvitationLink Feature = "InvitationLink"
)

// HostingBackendStatus is what is true of a backend now.
type HostingBackendStatus struct {
	// observedGeneration is the generation this status speaks of; -1 before the first.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Ready, Reconciling, Stalled, UndeclaredAccess.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// identity behind the key.
	//
	// +optional
	Identity *Identity `json:"identity,omitempty"`

	// counts of people and places in the last good reading.
	//
	// +optional
	Counts *BackendCounts `json:"counts,omitempty"`

	// tableChangedAt is when a reading first showed the table as it is now. It does not
	// move while nothing changes; the age of the last reading is a metric.
	//
	// +optional
	TableChangedAt *metav1.Time `json:"tableChangedAt,omitempty"`

	// features the provider was seen to have.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	Features []Feature `json:"features,omitempty"`
}

// HostingBackend is one owner profile at a hosting provider: where its API is, which key
// opens it, and how careful to be.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=hb,categories=hostgrant
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`
// +kubebuilder:printcolumn:name="Managed",type=integer,JSONPath=`.status.counts.managed`
// +kubebuilder:printcolumn:name="Undeclared",type=integer,JSONPath=`.status.counts.undeclared`
// +kubebuilder:printcolumn:name="Invited",type=integer,JSONPath=`.status.counts.invited`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="metadata.name: at most 63 characters, because records carry it in a label"
type HostingBackend struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	Spec HostingBackendSpec `json:"spec"`

	// status is what is true now.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status HostingBackendStatus `json:"status,omitempty"`
}

// HostingBackendList is a list of HostingBackends.
//
// +kubebuilder:object:root=true
type HostingBackendList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []HostingBackend `json:"items"`
}

// GetConditions returns the conditions of the status.
func (b *HostingBackend) GetConditions() []metav1.Condition { return b.Status.Conditions }
