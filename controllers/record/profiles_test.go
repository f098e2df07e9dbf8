package record

import (
	"context"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/index"
)

// indexed registers indexes with a client in memory.
type indexed struct{ *fake.ClientBuilder }

func (i indexed) IndexField(_ context.Context, o client.Object, field string, keys client.IndexerFunc) error {
	i.WithIndex(o, field, keys)
	return nil
}

// counting is a client in memory with every index, and how many objects it was asked for.
func counting(t *testing.T, objects ...client.Object) (client.Client, *int) {
	t.Helper()
	scheme, read := runtime.NewScheme(), 0
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			err := c.List(ctx, list, options...)
			read += meta.LenList(list)
			return err
		},
		Get: func(ctx context.Context, c client.WithWatch, key types.NamespacedName, o client.Object, options ...client.GetOption) error {
			read++
			return c.Get(ctx, key, o, options...)
		},
	})
	if err := index.Setup(t.Context(), indexed{builder}); err != nil {
		t.Fatal(err)
	}
	return builder.Build(), &read
}

// inSecret is a suspended Profile whose address is in a Secret, with the Secret.
func inSecret(namespace, name, address string) []client.Object {
	at := metav1.ObjectMeta{Namespace: namespace, Name: name}
	from := &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: v1alpha1.ObjectName(name), Key: "email"}}
	return []client.Object{
		&corev1.Secret{ObjectMeta: at, Type: v1alpha1.SecretTypeAddress, Data: map[string][]byte{"email": []byte(address), "note": []byte("x")}},
		&v1alpha1.Profile{ObjectMeta: at, Spec: v1alpha1.ProfileSpec{EmailFrom: from, State: v1alpha1.ProfileSuspended}},
	}
}

// I9: whom a decision is not about costs it nothing, however many suspended Profiles there are.
func TestOnlyThePersonsOwnProfilesAreRead(t *testing.T) {
	objects := []client.Object{
		&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Namespace: "open", Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: "Ann@acme.example", State: v1alpha1.ProfileSuspended}},
		&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Namespace: "other", Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: "ann@acme.example"}},
	}
	objects = slices.Concat(objects, inSecret("quiet", "ann", " ANN@acme.example\n"))
	for i := range 1000 {
		objects = slices.Concat(objects, inSecret(fmt.Sprint("ns-", i%10), fmt.Sprint("p", i), fmt.Sprintf("p%d@acme.example", i)))
	}
	c, read := counting(t, objects...)
	r := &Reconciler{Client: c}
	found := func() (names []string) {
		list, err := index.BoundingProfiles(t.Context(), r.Client, "ann@acme.example")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			names = append(names, p.Namespace+"/"+p.Name)
		}
		return names
	}
	if got := found(); !slices.Equal(got, []string{"open/ann", "quiet/ann"}) {
		t.Error("the person's own are", got)
	}
	if *read > 8 {
		t.Errorf("read %d objects for a person with 2 Profiles", *read)
	}

	// Whose it is follows the Secret.
	secret := &corev1.Secret{}
	if err := c.Get(t.Context(), types.NamespacedName{Namespace: "quiet", Name: "ann"}, secret); err != nil {
		t.Fatal(err)
	}
	secret.Data["email"], secret.Data["note"] = []byte("bob@acme.example"), []byte("ann@acme.example")
	if err := c.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if got := found(); !slices.Equal(got, []string{"open/ann"}) {
		t.Error("after the Secret changed, and with the address under a key that nobody names:", got)
	}
}
