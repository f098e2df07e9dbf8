package world

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
)

// Opens asks the provider's own enforcement whether somebody may open a menu with their
// password alone: "Billing", "shop/Sites" or "web1/SSHUsers".
func (w *World) Opens(email, menu string) bool {
	GinkgoHelper()
	return w.opens(email, menu, false)
}

// OpensWithTwo asks the same of somebody who has logged in with two factors.
func (w *World) OpensWithTwo(email, menu string) bool {
	GinkgoHelper()
	return w.opens(email, menu, true)
}

func (w *World) opens(email, menu string, secondFactor bool) bool {
	GinkgoHelper()
	place, name, placed := strings.Cut(menu, "/")
	switch {
	case !placed:
		return w.Allowed(email, hosting.ScopeOverall, "", menu, secondFactor)
	case strings.HasPrefix(place, "web"):
		return w.Allowed(email, hosting.ScopeServer, place, name, secondFactor)
	}
	return w.Allowed(email, hosting.ScopeAccount, place, name, secondFactor)
}

// Guard asks every 10 ms whether somebody may open a menu. The function returned stops it
// and tells how often it asked and how often the answer was no.
func (w *World) Guard(email, menu string) (stop func() (asked, refused int64)) {
	var asked, refused atomic.Int64
	quit, ended := make(chan struct{}), make(chan struct{})
	ticker := time.NewTicker(10 * time.Millisecond)
	go func() {
		defer GinkgoRecover()
		defer close(ended)
		defer ticker.Stop()
		for {
			asked.Add(1)
			if !w.Opens(email, menu) {
				refused.Add(1)
			}
			select {
			case <-ticker.C:
			case <-quit:
				return
			}
		}
	}()
	return func() (int64, int64) {
		close(quit)
		<-ended
		return asked.Load(), refused.Load()
	}
}

// Mailed counts the mails that arrived for somebody.
func (w *World) Mailed(email string) int {
	count := 0
	for _, mail := range w.Mails.Mails() {
		for _, to := range mail.To {
			if to == email {
				count++
			}
		}
	}
	return count
}

// Fails has the provider fail from now on; without arguments, no longer.
func (w *World) Fails(list ...faults.Fault) {
	GinkgoHelper()
	Expect(w.Provider.SetFaults(list...)).To(Succeed())
}

// Has gives somebody permissions in the provider's console, where nobody declared them.
func (w *World) Has(row reference.Row) {
	GinkgoHelper()
	_, err := w.Provider.AddRow(w.Ctx, Owner, row, false)
	Expect(err).NotTo(HaveOccurred())
}

// Edits changes somebody's row in the provider's console.
func (w *World) Edits(email string, change func(*reference.Row)) {
	GinkgoHelper()
	Expect(w.Provider.EditRow(w.Ctx, Owner, email, change)).To(Succeed())
}

// Delete asks for an object's deletion.
func (w *World) Delete(o client.Object) {
	GinkgoHelper()
	Expect(w.K8s.Delete(w.Ctx, o)).To(Succeed())
}

// ExpectDeleted waits until a deleted object is gone; within is how long, by default as long as for all else.
func (w *World) ExpectDeleted(o client.Object, within ...any) {
	GinkgoHelper()
	Eventually(func() bool {
		return apierrors.IsNotFound(w.K8s.Get(w.Ctx, client.ObjectKeyFromObject(o), o))
	}, within...).Should(BeTrue(), func() string { return w.Describe() })
}

// Person is what a person's record says they are to the provider, empty without a record.
func (w *World) Person(email string) v1alpha1.PersonState {
	record := w.Record(email)
	if record == nil {
		return ""
	}
	return record.Status.Person
}

// Writes counts the calls to the provider that changed something, or tried to.
func (w *World) Writes() int64 { return w.Provider.Counters().Writes }

// Lists counts how often the provider's table was read.
func (w *World) Lists() int64 { return w.Provider.Counters().Operations["ListPermissions"] }

// Relists waits until the provider's table was read so many times more.
func (w *World) Relists(times int64) {
	GinkgoHelper()
	before := w.Lists()
	Eventually(w.Lists, 2*time.Minute, 20*time.Millisecond).Should(BeNumerically(">=", before+times))
}

// Follow tells each version of the world's objects of the list's kind from now on to a function, as the API server
// tells it, until the spec ends. It goes on where the API server ends a watch, as it does with who reads slowly.
func (w *World) Follow(k8s client.WithWatch, list client.ObjectList, tell func(client.Object)) {
	GinkgoHelper()
	Expect(k8s.List(w.Ctx, list, client.InNamespace(w.Namespace))).To(Succeed())
	watcher, err := watchtools.NewRetryWatcherWithContext(w.Ctx, list.GetResourceVersion(), &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return k8s.Watch(ctx, list, client.InNamespace(w.Namespace), &client.ListOptions{Raw: &options})
		},
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(watcher.Stop)
	go func() {
		defer GinkgoRecover()
		for event := range watcher.ResultChan() {
			Expect(event.Type).NotTo(Equal(watch.Error), "%v", event.Object)
			if o, ok := event.Object.(client.Object); ok && event.Type != watch.Deleted {
				tell(o)
			}
		}
	}()
}

// Versions are the resource versions of all of the world's objects of ours: writing any of
// them changes this.
func (w *World) Versions() map[string]string {
	GinkgoHelper()
	versions := map[string]string{}
	for _, list := range kinds() {
		Expect(w.K8s.List(w.Ctx, list, client.InNamespace(w.Namespace))).To(Succeed())
		Expect(meta.EachListItem(list, func(item runtime.Object) error {
			o := item.(client.Object)
			versions[fmt.Sprintf("%T %s", o, o.GetName())] = o.GetResourceVersion()
			return nil
		})).To(Succeed())
	}
	return versions
}

// kinds are lists of every kind, backends first.
func kinds() []client.ObjectList {
	return []client.ObjectList{
		&v1alpha1.HostingBackendList{}, &v1alpha1.PermissionGrantList{}, &v1alpha1.AccessRecordList{},
		&v1alpha1.ProfileList{}, &v1alpha1.TeamList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.RelinquishmentList{}, &v1alpha1.RemovalApprovalList{},
	}
}
