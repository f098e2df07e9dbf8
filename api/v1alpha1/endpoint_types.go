package v1alpha1

// Endpoint is where the provider's API is and how to log in to it.
type Endpoint struct {
	// url of the API's root, for instance https://api.alwaysdata.com/v1/. https only.
	//
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHost() != ''",message="must be an https URL, for instance https://api.alwaysdata.com/v1/"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@') && !self.contains('?') && !self.contains('#')",message="must hold no credentials, query or fragment; the token belongs in the Secret"
	URL string `json:"url"`

	// customer is the address of the owner to act for, if the key belongs to another profile. Absent: the
	// key's own profile.
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

// RateLimit is what the provider allows one key; Hostgrant stays below it.
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
