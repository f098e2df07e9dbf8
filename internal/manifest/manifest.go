// Package manifest reads Hostgrant's manifests from files, folders, kustomizations and streams, and
// checks them as an API server does: with the CRDs' schemas, defaults and rules. It runs nothing and
// fetches nothing: what it reads may come from strangers.
package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/preview"
)

// The bounds of what is read.
const (
	// MaxBytes of all files together.
	MaxBytes = 64 << 20
	// MaxObjects in all.
	MaxObjects = 100_000
	// maxDocument is how many bytes one document may have: what it is parsed into takes some fifty times as many.
	maxDocument = 8 << 20
	// maxErrors told of; the rest is counted.
	maxErrors = 50
)

// Set is what manifests declare.
type Set struct {
	Objects preview.Objects
	// From says where each object stands: "people.yaml:12".
	From map[preview.Key]string
	// PassedOver counts objects of kinds that are none of Hostgrant's.
	PassedOver int
}

// Reading collects manifests. Its zero value is ready.
type Reading struct {
	// Namespace of objects that name none.
	Namespace string
	// Root is the folder that kustomizations may not lead out of; empty: none.
	Root string

	set    Set
	errs   []error
	more   int
	bytes  int
	object int
}

// Set is what was read. The error tells of everything that is wrong, one line each, with file and line.
func (r *Reading) Set() (Set, error) {
	errs := r.errs
	if r.more > 0 {
		errs = append(errs, fmt.Errorf("and %d more", r.more))
	}
	return r.set, errors.Join(errs...)
}

// Stream reads YAML or JSON documents; name says where they are from.
func (r *Reading) Stream(ctx context.Context, name string, from io.Reader) {
	body, err := io.ReadAll(io.LimitReader(from, int64(MaxBytes-r.bytes)+1))
	if r.bytes += len(body); err == nil && r.bytes > MaxBytes {
		err = fmt.Errorf("the manifests are larger than %d MiB", MaxBytes>>20)
	}
	if err != nil {
		r.fail(name, 0, err)
		return
	}
	if err := legible(string(body)); err != nil {
		r.fail(name, 0, err)
		return
	}
	for _, d := range split(name, string(body)) {
		r.document(ctx, &d)
	}
}

func (r *Reading) document(ctx context.Context, d *document) {
	left := MaxBytes - r.bytes + len(d.text)
	value, size, err := d.parse(left)
	if r.bytes += max(0, size-len(d.text)); err != nil {
		r.fail(d.name, d.first, err)
		return
	}
	if len(value) > 0 {
		r.add(ctx, d, "", value)
	}
}

// add takes in an object, or all of a list. at is its path in the document, which ends with a dot, or is empty.
func (r *Reading) add(ctx context.Context, d *document, at string, value map[string]any) {
	line := d.at(at)
	if r.object++; r.object > MaxObjects {
		r.fail(d.name, line, fmt.Errorf("there are more than %d objects", MaxObjects))
		return
	}
	for _, name := range []string{"apiVersion", "kind"} {
		if text, ok := value[name].(string); !ok || text == "" {
			r.fail(d.name, d.at(at+name), fmt.Errorf("%s%s: Required value: a manifest has an apiVersion and a kind, and both are texts", at, name))
			return
		}
	}
	object := &unstructured.Unstructured{Object: value}
	if object.GetAPIVersion() == "v1" && object.GetKind() == "List" {
		r.addList(ctx, d, at, value)
		return
	}
	known, err := r.typed(ctx, object)
	switch {
	case err != nil:
		r.fail(d.name, line, d.located(at, object, err))
	case known == nil:
		r.set.PassedOver++
	default:
		r.declare(fmt.Sprintf("%s:%d", d.name, line), known)
	}
}

// addList takes in what a List holds.
func (r *Reading) addList(ctx context.Context, d *document, at string, value map[string]any) {
	items, ok := value["items"].([]any)
	if !ok && value["items"] != nil {
		r.fail(d.name, d.at(at+"items"), fmt.Errorf("%sitems: Invalid value: this has to be a list of objects", at))
	}
	for i, item := range items {
		where := fmt.Sprintf("%sitems[%d]", at, i)
		one, ok := item.(map[string]any)
		if !ok {
			r.fail(d.name, d.at(where), fmt.Errorf("%s: Invalid value: this has to be an object", where))
			continue
		}
		r.add(ctx, d, where+".", one)
	}
}

func (r *Reading) declare(where string, object client.Object) {
	key, _ := preview.KeyOf(object)
	if first, twice := r.set.From[key]; twice {
		r.fail(where, 0, fmt.Errorf("%s is declared twice; the first time in %s", key, first))
		return
	}
	if r.set.Objects == nil {
		r.set.Objects, r.set.From = preview.Objects{}, map[preview.Key]string{}
	}
	r.set.Objects[key], r.set.From[key] = object, where
}

// typed is an object of a kind that a preview knows, with the defaults entered; nil for any other one.
func (r *Reading) typed(ctx context.Context, object *unstructured.Unstructured) (client.Object, error) {
	known, err := r.empty(ctx, object)
	if known == nil || err != nil {
		return nil, err
	}
	delete(object.Object, "status") // what an API server leaves out of what is applied
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, known); err != nil {
		return nil, errors.New(Plain(err.Error()))
	}
	known.SetUID("")
	known.SetCreationTimestamp(metav1.Time{})
	known.SetDeletionTimestamp(nil)
	if secret, ok := known.(*corev1.Secret); ok {
		for name, value := range secret.StringData {
			if secret.Data == nil {
				secret.Data = map[string][]byte{}
			}
			secret.Data[name] = []byte(value)
		}
	}
	return known, nil
}

// empty is an empty object of the type of a manifest; nil where that is none that a preview knows.
func (r *Reading) empty(ctx context.Context, object *unstructured.Unstructured) (client.Object, error) {
	if group, _, _ := strings.Cut(object.GetAPIVersion(), "/"); group == v1alpha1.SchemeGroupVersion.Group {
		if errs := named(object, r.Namespace); len(errs) > 0 {
			return nil, fieldsError(errs)
		}
		return checked(ctx, object)
	}
	switch object.GetAPIVersion() + " " + object.GetKind() {
	case "v1 Namespace":
		return &corev1.Namespace{}, asError(named(object, ""))
	case "v1 Secret":
		if kind, _, _ := unstructured.NestedString(object.Object, "type"); kind == string(v1alpha1.SecretTypeAddress) {
			return &corev1.Secret{}, asError(append(named(object, r.Namespace), base64Of(object)...))
		}
	}
	return nil, nil //nolint:nilnil // passed over
}

// checked is an empty object of a kind of Hostgrant's whose manifest an API server would take; nil for
// kinds that give nobody anything.
func checked(ctx context.Context, object *unstructured.Unstructured) (client.Object, error) {
	all, err := kinds()
	if err != nil {
		return nil, err
	}
	one, known := all[object.GetKind()]
	if !known || object.GetAPIVersion() != v1alpha1.SchemeGroupVersion.String() {
		meant := ""
		if name := Closest(object.GetKind(), slices.Collect(maps.Keys(all))); name != "" {
			meant = fmt.Sprintf("; did you mean %q in %s?", name, v1alpha1.SchemeGroupVersion)
		}
		return nil, fmt.Errorf("kind %q in %s: there is none%s", object.GetKind(), object.GetAPIVersion(), meant)
	}
	if errs := one.check(ctx, object); len(errs) > 0 {
		return nil, fieldsError(errs)
	}
	return newObject(object.GetKind())
}

// newObject is nil for kinds that give nobody anything.
func newObject(kind string) (client.Object, error) {
	object, err := scheme.New(v1alpha1.SchemeGroupVersion.WithKind(kind))
	if err != nil {
		return nil, fmt.Errorf("kind %q: %w", kind, err)
	}
	known, ok := object.(client.Object)
	if _, previewed := preview.KeyOf(known); !ok || !previewed {
		return nil, nil //nolint:nilnil // passed over
	}
	return known, nil
}

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	_ = v1alpha1.AddToScheme(s)
	return s
}()

// fail notes what is wrong, each problem by itself, in one line without controls; line is where an error stands that
// does not say it, 0 where it is in none.
func (r *Reading) fail(name string, line int, err error) {
	var found problems
	if !errors.As(err, &found) {
		found = problems{{line, err.Error()}}
	}
	for _, one := range found {
		if len(r.errs) >= maxErrors {
			r.more++
			continue
		}
		where := Plain(name)
		if one.line > 0 {
			where = fmt.Sprintf("%s:%d", where, one.line)
		}
		r.errs = append(r.errs, fmt.Errorf("%s: %s", where, brief(Plain(one.text))))
	}
}

// maxText of one error, in characters.
const maxText = 800

// brief is a text that is not longer than a few lines on a terminal.
func brief(text string) string {
	if letters := []rune(text); len(letters) > maxText {
		return string(letters[:maxText]) + "…"
	}
	return text
}
