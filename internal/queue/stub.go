package queue

type Priority int

const (
	PriorityRemoval Priority = iota
	PriorityAdd
	PriorityDrift
	PriorityProof
)

type WriteRequest struct {
	Priority  Priority
	Namespace string
}
