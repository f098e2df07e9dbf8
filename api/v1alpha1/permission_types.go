package v1alpha1

// OverallPermission is a permission on everything an owner has, in the provider's words.
// The list is the catalogue's (internal/hosting); a test keeps the two equal.
//
// +kubebuilder:validation:Enum=AccountManagement;Billing;AccountTechnical;ServerTechnical
type OverallPermission string

// AccountPermission is a permission on one account, in the provider's words.
//
// +kubebuilder:validation:Enum=TechnicalContact;Usage;Resources;Statistics;Sites;Domains;Emails;EmailHistory;Databases;FTP;SSH;WebDAV;Environment;Processes;IPAddresses;SSLCertificates;Migration;ScheduledTasks;Backups;Services
type AccountPermission string

// ServerPermission is a permission on one server (Private Cloud), in the provider's words.
//
// +kubebuilder:validation:Enum=TechnicalContact;SSHUsers;FirewallRules;SMTPConfiguration;DatabaseUsers;SSLConfiguration;HTTPConfiguration;Consumption;Resources;Migration
type ServerPermission string

// AccountPermissions gives permissions on some accounts, or on all of them.
//
// +kubebuilder:validation:XValidation:rule="has(self.names) != has(self.all)",message="write either names: [...] or all: true"
type AccountPermissions struct {
	// names of accounts, as the provider shows them.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=300
	Names []PlaceName `json:"names,omitempty"`

	// all: true means all accounts of the owner, also those opened later.
	//
	// +optional
	// +kubebuilder:validation:Enum=true
	All *bool `json:"all,omitempty"`

	// permissions on each of these accounts. May be left out where the grant names a
	// PermissionSet.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Permissions []AccountPermission `json:"permissions,omitempty"`
}

// ServerPermissions gives permissions on some servers, or on all of them.
//
// +kubebuilder:validation:XValidation:rule="has(self.names) != has(self.all)",message="write either names: [...] or all: true"
type ServerPermissions struct {
	// names of servers, as the provider shows them.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=300
	Names []PlaceName `json:"names,omitempty"`

	// all: true means all servers of the owner, also those rented later.
	//
	// +optional
	// +kubebuilder:validation:Enum=true
	All *bool `json:"all,omitempty"`

	// permissions on each of these servers. May be left out where the grant names a
	// PermissionSet.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Permissions []ServerPermission `json:"permissions,omitempty"`
}
