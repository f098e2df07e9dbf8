package v1alpha1

// BackendCounts sums up the provider's table.
type BackendCounts struct {
	// managed people are named by at least one grant.
	Managed int32 `json:"managed"`
	// undeclared people are in the provider's table, no grant names them, and they are not about to lose
	// what a grant gave.
	Undeclared int32 `json:"undeclared"`
	// invited people are in the table and have no profile yet.
	Invited int32 `json:"invited"`
	// accounts the owner has.
	Accounts int32 `json:"accounts"`
	// servers the owner has.
	Servers int32 `json:"servers"`
}

// WaitingPeople are those who are to be written to and whose turn has not come.
type WaitingPeople struct {
	// people who wait: at most so many, in steps of 1, 2, 5, 10, 20, 50 and so on.
	//
	// +kubebuilder:validation:Minimum=1
	People int32 `json:"people"`
	// minutes until the last of them has their turn, as fast as calls go now: about so many at most, in the same steps.
	//
	// +kubebuilder:validation:Minimum=1
	Minutes int32 `json:"minutes"`
}
