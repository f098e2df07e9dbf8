package held

import (
	"slices"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Ended tells of the people of a batch, as they were shown, who lost access with it and who was spared, once the
// approval of it is complete: by the approval's status, which names the first, and by the records' history.
func Ended(shown Batch, approval v1alpha1.RemovalApprovalStatus, records []v1alpha1.AccessRecord) (removed, spared []Person) {
	gone := map[string]bool{}
	if approval.Removed != nil {
		for _, name := range approval.Removed.Records {
			gone[string(name)] = true
		}
	}
	ofBatch := func(c v1alpha1.Change) bool { return c.Batch == shown.Digest }
	for i := range records {
		if slices.ContainsFunc(records[i].Status.History, ofBatch) {
			gone[records[i].Name] = true
		}
	}
	for _, person := range shown.People {
		if gone[person.Record] {
			removed = append(removed, person)
		} else {
			spared = append(spared, person)
		}
	}
	return removed, spared
}
