package controllers_test

import (
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

const (
	ownList = "/v1/my_permission/"
	ownItem = "/v1/my_permission/*/"
)

var _ = Describe("A Relinquishment that something comes between", func() {
	start := func() (*world.World, *v1alpha1.Relinquishment, int64) {
		GinkgoHelper()
		w := world.New(k8s)
		w.Backend()
		id := w.Gives(ann, world.Owner, "Billing")
		w.Gives(bea, world.Owner, "Billing")
		rel := w.Relinquishment("r")
		w.ExpectReady(rel, "True/AwaitingConfirmation")
		return w, rel, id
	}
	ends := func(w *world.World, rel *v1alpha1.Relinquishment, id int64, writes int) {
		GinkgoHelper()
		w.ExpectReady(rel, "True/Complete")
		Expect(became(w, rel)()).To(ConsistOf(fmt.Sprintf("%d: Dropped", id)))
		Expect(w.Holds(ann, world.Owner, "Billing")).To(BeFalse())
		Expect(w.Holds(bea, world.Owner, "Billing")).To(BeTrue())
		Expect(w.Writes()).To(BeEquivalentTo(writes))
	}

	It("an answer that is lost after the act", func() {
		w, rel, id := start()
		w.Fails(faults.Fault{Kind: faults.LoseAnswer, Method: http.MethodDelete, Path: ownItem, Times: 1})
		w.Confirms(rel, id)
		ends(w, rel, id, 1)
	})

	It("an act that the provider refuses for a while, or forgets once", func() {
		w, rel, id := start()
		w.Fails(faults.Fault{Kind: faults.Refuse, Status: 503, Method: http.MethodDelete, Path: ownItem, Times: 2},
			faults.Fault{Kind: faults.Ignore, Method: http.MethodDelete, Path: ownItem, Times: 1})
		w.Confirms(rel, id)
		ends(w, rel, id, 4)
		Expect(rel.Status.Results[0].Tries).To(BeEquivalentTo(1))
	})

	It("a provider that never does it", func() {
		w, rel, id := start()
		w.Fails(faults.Fault{Kind: faults.Ignore, Method: http.MethodDelete, Path: ownItem})
		w.Confirms(rel, id)
		Eventually(became(w, rel), oneInterval).Should(ConsistOf(fmt.Sprintf("%d: RefusedNotConverging", id)))
		w.ExpectReady(rel, "False/NotConverging")
		Expect(w.Writes()).To(BeEquivalentTo(5))
	})

	It("one list that wrongly shows nothing, and others that cannot be read", func() {
		w, rel, id := start()
		w.Fails(faults.Fault{Kind: faults.Truncate, Method: http.MethodGet, Path: ownList, Times: 1},
			faults.Fault{Kind: faults.Empty, Method: http.MethodGet, Path: ownList, Times: 1})
		w.Confirms(rel, id)
		ends(w, rel, id, 1)
	})

	It("somebody who gives it up by hand", func() {
		w, rel, id := start()
		Expect(w.Provider.Relinquish(w.Ctx, world.Owner, ann)).To(Succeed())
		w.Confirms(rel, id)
		w.ExpectReady(rel, "True/Complete")
		Expect(became(w, rel)()).To(ConsistOf(fmt.Sprintf("%d: AlreadyGone", id)))
		Expect(w.Writes()).To(BeZero())
	})

	It("the manager's end between intent and act", func() {
		w, rel, id := start()
		w.Fails(faults.Fault{Kind: faults.Hang, Method: http.MethodDelete, Path: ownItem})
		w.Confirms(rel, id)
		Eventually(became(w, rel)).Should(ConsistOf(fmt.Sprintf("%d: Intended", id)))
		Eventually(w.Writes).Should(BeEquivalentTo(1))
		stopManager()
		w.Fails()
		Expect(w.Holds(ann, world.Owner, "Billing")).To(BeTrue())
		Expect(became(w, rel)()).To(ConsistOf(fmt.Sprintf("%d: Intended", id)))
		stopManager = startManager()
		ends(w, rel, id, 2)
	})

	It("the manager's end between act and answer", func() {
		w := world.New(k8s)
		acted, release := make(chan struct{}), make(chan struct{})
		endpoint, bundle := w.ThroughProxy(world.Proxy{After: func(answer *http.Response) error {
			if answer.Request.Method == http.MethodDelete {
				close(acted)
				<-release
			}
			return nil
		}})
		w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.URL, b.Spec.Endpoint.CABundle = endpoint, bundle })
		id := w.Gives(ann, world.Owner, "Billing")
		w.Gives(bea, world.Owner, "Billing")
		rel := w.Relinquishment("r")
		w.ExpectReady(rel, "True/AwaitingConfirmation")
		w.Confirms(rel, id)
		Eventually(acted, 30*time.Second).Should(BeClosed())
		stopManager()
		close(release)
		Expect(became(w, rel)()).To(ConsistOf(fmt.Sprintf("%d: Intended", id)))
		stopManager = startManager()
		ends(w, rel, id, 1)
	})
})
