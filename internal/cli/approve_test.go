package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

var moment = time.Unix(1_800_000_000, 0)

// heldRecord is a record of somebody who is to lose some permissions on account 7, held in a batch.
func heldRecord(name, batch string, cause v1alpha1.OwedCause, permissions ...string) *v1alpha1.AccessRecord {
	r := &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: "owner-" + name}}
	r.Spec.BackendRef.Name, r.Spec.Email = "owner", v1alpha1.Email(name+"@acme.example")
	rights := v1alpha1.Rights{Scope: "Account", IDs: []int64{7}, Permissions: permissions}
	r.Status.Owed = []v1alpha1.OwedRights{{Batch: batch, Cause: cause, Rights: []v1alpha1.Rights{rights}}}
	r.Status.Live = []v1alpha1.LiveRights{{Rights: rights, Names: []string{"shop"}}}
	return r
}

// heldBackend tells of batches; each is of so many people.
func heldBackend(people map[string]int32) *v1alpha1.HostingBackend {
	b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: "owner"}, Spec: v1alpha1.HostingBackendSpec{Mode: v1alpha1.ModeEnforce}}
	for digest, count := range people {
		b.Status.HeldRemovals = append(b.Status.HeldRemovals, v1alpha1.HeldRemoval{
			Digest: digest, Namespace: "agency-" + digest, People: count, Since: metav1.NewTime(moment.Add(-time.Hour)), Released: digest == "ee",
		})
	}
	return b
}

// office is where somebody approves: a cluster, their answers, and what they see.
type office struct {
	approving
	out, said bytes.Buffer
}

// newOffice has them type some lines; nil: nobody sits there. became is what the manager makes of an approval.
func newOffice(t *testing.T, o approveOptions, typed []string, became func(*v1alpha1.RemovalApproval), hooks interceptor.Funcs, objects ...client.Object) *office {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, corev1.AddToScheme, addForOperators} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	create := hooks.Create
	hooks.Create = func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.CreateOption) error {
		if create != nil {
			if err := create(ctx, c, o, options...); err != nil {
				return err
			}
		}
		switch o := o.(type) {
		case *authenticationv1.SelfSubjectReview:
			o.Status.UserInfo.Username = "ann@board.example"
			return nil
		case *v1alpha1.RemovalApproval:
			if became != nil {
				became(o)
			}
		}
		return c.Create(ctx, o, options...)
	}
	f := &office{}
	if o.timeout == 0 {
		o.timeout = time.Minute
	}
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &f.out, ErrOut: &f.said}
	kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(hooks).Build()
	f.approving = approving{approveOptions: o, kube: kube, backend: client.ObjectKey{Namespace: "hosting", Name: "owner"}, streams: streams, now: moment}
	if typed != nil {
		f.answers = &questions{bufio.NewReader(strings.NewReader(strings.Join(typed, "\n") + "\n")), &f.said}
	}
	return f
}

func (f *office) created(t *testing.T) []v1alpha1.RemovalApproval {
	t.Helper()
	list := &v1alpha1.RemovalApprovalList{}
	if err := f.kube.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// done is an approval that is complete: ann lost access.
func done(a *v1alpha1.RemovalApproval) {
	a.Status.Removed = &v1alpha1.ApprovalResult{People: 1, Records: []v1alpha1.ObjectName{"owner-ann"}}
	a.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonApproved, Message: "nobody of the batch is left"}}
}

// stuck is an approval that goes no further.
func stuck(reason string) func(*v1alpha1.RemovalApproval) {
	return func(a *v1alpha1.RemovalApproval) {
		a.Status.Conditions = []metav1.Condition{
			{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, Message: "it says why"},
			{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: reason},
		}
	}
}

func TestApprove(t *testing.T) {
	ann, bob := heldRecord("ann", "aa", v1alpha1.CauseRemoved, "Sites"), heldRecord("bob", "aa", v1alpha1.CauseRemoved, "Sites")
	cyd := heldRecord("cyd", "bb", v1alpha1.CauseUndeclared, "Sites")
	one, two := map[string]int32{"aa": 2}, map[string]int32{"aa": 2, "bb": 1}
	for what, c := range map[string]struct {
		options approveOptions
		typed   []string
		became  func(*v1alpha1.RemovalApproval)
		held    map[string]int32
		fails   string
		says    string
		creates int
	}{
		"the only one":          {approveOptions{wait: true}, []string{"They left.", "yes"}, done, one, "", "Lost access:\n  owner-ann\nSpared, because declared again in time:\n  owner-bob\nDone: nobody", 1},
		"not waited for":        {approveOptions{reason: "x"}, []string{"yes"}, nil, one, "", "approved by ann@board.example", 1},
		"without a question":    {approveOptions{reason: "x", yes: true, digest: "aa"}, nil, nil, two, "", "was created", 1},
		"one of two":            {approveOptions{reason: "x"}, []string{"bb", "yes"}, nil, two, "", "Which one?", 1},
		"none of two":           {approveOptions{reason: "x"}, []string{"cc", "yes"}, nil, two, `"cc" is none of these digests: nothing was approved`, "", 0},
		"of one namespace":      {approveOptions{reason: "x", source: "agency-bb"}, []string{"yes"}, nil, two, "", "Batch bb", 1},
		"of another namespace":  {approveOptions{reason: "x", source: "agency-aa", digest: "bb"}, []string{"yes"}, nil, two, "namespace agency-bb caused this batch, not agency-aa", "", 0},
		"nobody to ask which":   {approveOptions{reason: "x"}, nil, nil, two, "2 batches wait to be approved: name one with --digest", "Batch bb", 0},
		"nobody to ask":         {approveOptions{reason: "x"}, nil, nil, one, "standard input is no terminal, and nobody can be asked; repeat it with --digest aa", "owner-bob", 0},
		"answered no":           {approveOptions{reason: "x"}, []string{"y"}, nil, one, "the answer was not yes", "", 0},
		"no answer":             {approveOptions{reason: "x"}, []string{}, nil, one, "the answer was not yes", "", 0},
		"no reason":             {approveOptions{}, []string{" ", "yes"}, nil, one, "a reason of 1 to 1024 characters is needed", "", 0},
		"an unknown digest":     {approveOptions{reason: "x", digest: "cc"}, []string{"yes"}, nil, one, `--digest "cc": held there now: aa.`, "", 0},
		"approved already":      {approveOptions{reason: "x", digest: "ee"}, []string{"yes"}, nil, map[string]int32{"ee": 1}, "the batch is approved already", "", 0},
		"nothing is held":       {approveOptions{reason: "x"}, []string{"yes"}, nil, nil, "", "HostingBackend hosting/owner holds nothing that waits to be approved.", 0},
		"only what is approved": {approveOptions{reason: "x"}, []string{"yes"}, nil, map[string]int32{"ee": 1}, "", "1 batch is approved already and not done yet.", 0},
		"only observed":         {approveOptions{reason: "x", wait: true}, []string{"yes"}, stuck(v1alpha1.ReasonObserveOnly), one, "", "Approved; it says why.", 1},
		"nothing proves it":     {approveOptions{reason: "x", wait: true}, []string{"yes"}, stuck(v1alpha1.ReasonApprovalUnverified), one, "releases nothing: ApprovalUnverified: it says why", "", 1},
		"not all are known yet": {approveOptions{reason: "x", yes: true, digest: "aa"}, nil, nil, map[string]int32{"aa": 3}, "1 person of the batch cannot be listed yet", "and 1 person, not listed: their AccessRecords are being written", 0},
		"no end in time":        {approveOptions{reason: "x", wait: true, timeout: time.Nanosecond}, []string{"yes"}, nil, one, "is not complete yet, and stays in force", "", 1},
	} {
		f := newOffice(t, c.options, c.typed, c.became, interceptor.Funcs{}, heldBackend(c.held), ann.DeepCopy(), bob.DeepCopy(), cyd.DeepCopy())
		err := f.run(t.Context())
		if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) || !strings.Contains(f.out.String()+f.said.String(), c.says) {
			t.Errorf("%s: %v, expected %q; says\n%s%s\nexpected\n%s", what, err, c.fails, f.out.String(), f.said.String(), c.says)
		}
		created := f.created(t)
		if len(created) != c.creates {
			t.Errorf("%s: created %d", what, len(created))
			continue
		}
		for _, approval := range created {
			if spec := approval.Spec; spec.ApprovedBy != "ann@board.example" || spec.StatedBy != "" || spec.Reason == "" || spec.BackendRef.Name != "owner" || !strings.Contains(f.out.String(), "Batch "+spec.Digest) {
				t.Errorf("%s: %+v", what, spec)
			}
		}
	}
}

// Between what is shown and the answer the batch may change: who lost less is spared, who loses more is not approved.
func TestApproveWhatWasShown(t *testing.T) {
	ann, bob := heldRecord("ann", "aa", v1alpha1.CauseRemoved, "Sites"), heldRecord("bob", "aa", v1alpha1.CauseRemoved, "Sites")
	for what, c := range map[string]struct {
		change  func(client.Client) error
		fails   string
		says    string
		creates int
	}{
		"one is spared": {func(k client.Client) error { return k.Delete(t.Context(), bob.DeepCopy()) }, "", "1 person of the batch lost less or nothing by now", 1},
		"one more": {func(k client.Client) error {
			return k.Create(t.Context(), heldRecord("cyd", "aa", v1alpha1.CauseRemoved, "Sites"))
		}, "is not what was shown any more, 1 person would lose more", "", 0},
		"another is held": {func(k client.Client) error {
			if err := k.Delete(t.Context(), heldBackend(nil)); err != nil {
				return err
			}
			return k.Create(t.Context(), heldBackend(map[string]int32{"bb": 2}))
		}, "batch aa is not held any more. held there now: bb.", "", 0},
		"the backend is gone": {func(k client.Client) error { return k.Delete(t.Context(), heldBackend(nil)) }, "not found", "", 0},
	} {
		var kube client.Client
		hooks := interceptor.Funcs{Create: func(_ context.Context, _ client.WithWatch, o client.Object, _ ...client.CreateOption) error {
			if _, asked := o.(*authenticationv1.SelfSubjectReview); asked { // the answer was given, and nothing created yet
				return c.change(kube)
			}
			return nil
		}}
		f := newOffice(t, approveOptions{reason: "x"}, []string{"yes"}, nil, hooks, heldBackend(map[string]int32{"aa": 2}), ann.DeepCopy(), bob.DeepCopy())
		kube = f.kube
		err := f.run(t.Context())
		if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) || !strings.Contains(f.said.String(), c.says) {
			t.Errorf("%s: %v, expected %q; says %s", what, err, c.fails, f.said.String())
		}
		if c.fails != "not found" && len(f.created(t)) != c.creates {
			t.Errorf("%s: created %d", what, len(f.created(t)))
		}
	}
}

// Who may not read records sees whom the backend's status names, and how many it does not.
func TestApproveWithoutRecords(t *testing.T) {
	hooks := interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		if _, records := list.(*v1alpha1.AccessRecordList); records {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "accessrecords"}, "", nil)
		}
		return c.List(ctx, list, options...)
	}}
	backend := heldBackend(map[string]int32{"aa": 1200})
	backend.Status.HeldRemovals[0].Records = []v1alpha1.HeldRecord{{Name: "owner-ann", Loses: []string{"account shop: Sites"}}}
	f := newOffice(t, approveOptions{reason: "x"}, []string{"yes"}, nil, hooks, backend)
	if err := f.run(t.Context()); err != nil || len(f.created(t)) != 1 {
		t.Error(err, len(f.created(t)))
	}
	for _, want := range []string{"1 person would lose account shop: Sites\n      owner-ann\n", "and 1199 people, not listed: you may not read AccessRecords"} {
		if !strings.Contains(f.out.String(), want) {
			t.Errorf("does not say %q:\n%s", want, f.out.String())
		}
	}
	if !strings.Contains(f.said.String(), "Take this away from 1200 people?") {
		t.Error(f.said.String())
	}
}

// Everybody is listed, those with equal losses together, and what comes from manifests controls no terminal.
func TestHeldListing(t *testing.T) {
	objects := []client.Object{heldBackend(map[string]int32{"aa": 34}), heldRecord("zoe", "aa", v1alpha1.CauseUndeclared, "Sites"), heldRecord("yan", "aa", v1alpha1.CauseChanged, "Databases", "Sites")}
	for i := range 31 {
		objects = append(objects, heldRecord(fmt.Sprintf("p-%02d", i), "aa", v1alpha1.CauseRemoved, "Sites"))
	}
	odd := heldRecord("odd", "aa", v1alpha1.CauseSuspended, "Sites")
	odd.Status.Live[0].Names = []string{"a\x1b[31m\nb"}
	f := newOffice(t, approveOptions{}, nil, nil, interceptor.Funcs{}, append(objects, odd)...)
	s, err := f.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, addresses := range map[string]bool{"approve.addresses": true, "approve.records": false} {
		goldenText(t, name, func(out io.Writer) error {
			_, err := io.WriteString(out, heldListing(s, s.batches[0], addresses, moment))
			return err
		})
	}
}

// A file is no terminal that could be too short: no pager comes in between.
func TestPagerIsForTerminals(t *testing.T) {
	t.Setenv("PAGER", "false")
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	text := strings.Repeat("a line\n", 1000)
	if err := pageThrough(t.Context(), genericiooptions.IOStreams{Out: file}, text); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(file.Name()); err != nil || string(got) != text {
		t.Error(len(got), err)
	}
}

// A question ends when the program is to end, also while nobody answers.
func TestAQuestionEnds(t *testing.T) {
	silent, keyboard := io.Pipe()
	t.Cleanup(func() { _ = keyboard.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := &questions{bufio.NewReader(silent), io.Discard}
	if _, err := q.ask(ctx, "?"); err == nil || !strings.Contains(err.Error(), "nothing was done") {
		t.Error(err)
	}
	closed := &questions{bufio.NewReader(strings.NewReader("")), io.Discard}
	if _, err := closed.ask(t.Context(), "?"); err == nil || !strings.Contains(err.Error(), "the terminal was closed") {
		t.Error(err)
	}
}
