package v1alpha1

// LiveRights are equal permissions on some places, with the names of the places beside their ids.
type LiveRights struct {
	Rights `json:",inline"`

	// names of the accounts or servers, in the order of ids: as the provider lists them, or listed
	// them last; empty for one whose name was never seen. For people to read: memory goes by ids.
	// Absent where there is no room, and for Overall and Flag.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10000
	// +kubebuilder:validation:items:MaxLength=64
	Names []string `json:"names,omitempty"`
}

// NamedRights are equal permissions on some places, by the provider's names.
type NamedRights struct {
	// scope of the permissions.
	Scope Scope `json:"scope"`

	// places are the names of the accounts or servers, "id:<id>" for one that the provider does not
	// list; absent for Overall and Flag.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=4096
	// +kubebuilder:validation:items:MaxLength=64
	Places []string `json:"places,omitempty"`

	// permissions in the catalogue's words.
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=133
	Permissions []string `json:"permissions"`
}

// PendingChange is what a person's row lacks or has too much, in names. It takes 16 KiB at most:
// the counts are of all, also of what is not listed.
type PendingChange struct {
	// add lists what is to be given.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=512
	Add []NamedRights `json:"add,omitempty"`

	// addCount counts the permissions to be given, each on each place.
	//
	// +optional
	AddCount int32 `json:"addCount,omitempty"`

	// remove lists what is to be taken away.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=512
	Remove []NamedRights `json:"remove,omitempty"`

	// removeCount counts the permissions to be taken away, each on each place.
	//
	// +optional
	RemoveCount int32 `json:"removeCount,omitempty"`

	// invite: an invitation is to be sent.
	//
	// +optional
	Invite bool `json:"invite,omitempty"`

	// blockedBy is the reason why nothing of this is done now, as in the condition Ready or Active.
	// Absent: it is being done.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	BlockedBy string `json:"blockedBy,omitempty"`
}
