package access

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Who approved, and which removals were sent, is for the history. What a record has room for without that it keeps: by
// whose leaving a debt arose, since when it is due, and the batch it is held in.
func TestWhoApprovedCostsNothingElse(t *testing.T) {
	memory := Memory{Owed: RightMap[Debt]{}}
	for i := range 500 {
		memory.Owed = memory.Owed.With(RightPart[Debt]{Rights: hosting.NewRights(hosting.Right{Scope: hosting.ScopeAccount, ID: int64(i + 1), Name: "Sites"}), Value: Debt{
			Cause: v1alpha1.CauseRemoved, By: []types.UID{types.UID(fmt.Sprint("uid-", i))}, Namespaces: []string{"shop"},
			Since: metav1.NewTime(now.Add(time.Duration(i) * time.Second)), Batch: "4882fe3d67e6",
		}})
	}
	status := v1alpha1.AccessRecordStatus{}
	if memory.enter(&status); !fits(&status) {
		t.Fatal("does not fit without an approver")
	}
	approved := memory
	approved = approved.InBatch(memory.Owed.Rights(), "4882fe3d67e6", strings.Repeat("ü", 520))
	approved.Store(&status)
	if !fits(&status) {
		t.Fatal("does not fit")
	}
	for right := range memory.Owed.Rights().All() {
		debt := debtOf(MemoryOf(status), right)
		if was := debtOf(memory, right); fmt.Sprint(debt.By, debt.Since.Unix(), debt.Batch, debt.Namespaces) != fmt.Sprint(was.By, was.Since.Unix(), was.Batch, was.Namespaces) {
			t.Fatalf("%v: %+v, was %+v", right, debt, was)
		}
	}
}
