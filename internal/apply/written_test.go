package apply_test

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
)

// A cache that still shows the status before the last write says that nothing is to be written,
// where the object has another status by now (S08).
func TestWriteIsNotMisledByAnOlderVersion(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	team := &v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"}}
	c := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(team).WithObjects(team).Build()
	get := func() *v1alpha1.Team {
		t.Helper()
		got := &v1alpha1.Team{}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(team), got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	var written apply.Written
	write := func(obj *v1alpha1.Team, members int32, guarded bool) (bool, error) {
		return apply.Status(t.Context(), c, &written, obj, &obj.Status, &v1alpha1.TeamStatus{ObservedGeneration: 1, Members: members}, guarded)
	}

	if wrote, err := write(get(), 1, true); !wrote || err != nil {
		t.Fatal(wrote, err)
	}
	older := get()
	if wrote, err := write(get(), 2, true); !wrote || err != nil {
		t.Fatal(wrote, err)
	}
	if _, err := write(older.DeepCopy(), 1, true); !apierrors.IsConflict(err) {
		t.Error("guarded, on an older version:", err)
	}
	if wrote, err := write(older.DeepCopy(), 1, false); !wrote || err != nil || get().Status.Members != 1 {
		t.Error("not guarded, on an older version:", wrote, err, get().Status.Members)
	}
	if wrote, err := write(get(), 1, true); wrote || err != nil {
		t.Error("written although it is the same:", wrote, err)
	}
	written.Forget(client.ObjectKeyFromObject(team))
	if wrote, err := write(older.DeepCopy(), 1, true); wrote || err != nil {
		t.Error("remembered of an object that is gone:", wrote, err)
	}
}
