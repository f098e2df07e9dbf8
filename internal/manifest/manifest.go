// Package manifest reads Hostgrant's manifests from files, folders, kustomizations and streams, and
// checks them as an API server does: with the CRDs' schemas, defaults and rules. It runs nothing and
// fetches nothing: what it reads may come from strangers.
package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/preview"
)

// The bounds of what is read.
const (
	// MaxBytes of all files together.
	MaxBytes = 64 << 20
	// MaxObjects in all.
	MaxObjects = 100_000
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
	line := 1
	for _, document := range documents(string(body)) {
		r.document(ctx, name, line+leading(document), document)
		line += strings.Count(document, "\n")
	}
}

// documents splits a stream at its separators, which stay at the beginning of what follows them.
func documents(stream string) (list []string) {
	stream = strings.TrimPrefix(strings.ReplaceAll(stream, "\r\n", "\n"), "\ufeff")
	begin := 0
	for at := 0; at < len(stream); {
		end := strings.IndexByte(stream[at:], '\n') + 1
		if end == 0 {
			end = len(stream) - at
		}
		if line := stream[at : at+end]; at > begin && (strings.HasPrefix(line, "--- ") || strings.TrimRight(line, " \t\n") == "---") {
			list, begin = append(list, stream[begin:at]), at
		}
		at += end
	}
	return append(list, stream[begin:])
}

// leading counts the lines before a document's first one that says something.
func leading(document string) (count int) {
	for line := range strings.SplitSeq(document, "\n") {
		if said := strings.TrimSpace(line); said != "" && !strings.HasPrefix(said, "#") && said != "---" {
			return count
		}
		count++
	}
	return 0
}

func (r *Reading) document(ctx context.Context, name string, line int, text string) {
	object := map[string]any{}
	body, err := yaml.YAMLToJSONStrict([]byte(text))
	if err == nil {
		err = json.Unmarshal(body, &object) // whole numbers as such
	}
	if err != nil {
		r.fail(name, line, errors.New(Plain(strings.TrimPrefix(err.Error(), "error converting YAML to JSON: "))))
		return
	}
	if len(object) > 0 {
		r.add(ctx, name, line, &unstructured.Unstructured{Object: object})
	}
}

// add takes in an object, or all of a list.
func (r *Reading) add(ctx context.Context, name string, line int, object *unstructured.Unstructured) {
	if r.object++; r.object > MaxObjects {
		r.fail(name, line, fmt.Errorf("there are more than %d objects", MaxObjects))
		return
	}
	if object.GetAPIVersion() == "" || object.GetKind() == "" {
		r.fail(name, line, errors.New("apiVersion and kind: both are required"))
		return
	}
	if object.GetAPIVersion() == "v1" && object.GetKind() == "List" {
		items, _, _ := unstructured.NestedSlice(object.Object, "items")
		for _, item := range items {
			if one, ok := item.(map[string]any); ok {
				r.add(ctx, name, line, &unstructured.Unstructured{Object: one})
			}
		}
		return
	}
	known, err := r.typed(ctx, object)
	switch {
	case err != nil:
		r.fail(name, line, err)
	case known == nil:
		r.set.PassedOver++
	default:
		r.declare(fmt.Sprintf("%s:%d", name, line), known)
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
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, known); err != nil {
		return nil, errors.New(Plain(err.Error()))
	}
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
	if object.GetNamespace() == "" && object.GetKind() != "Namespace" {
		object.SetNamespace(r.Namespace)
	}
	switch object.GetAPIVersion() + " " + object.GetKind() {
	case "v1 Namespace":
		return &corev1.Namespace{}, nil
	case "v1 Secret":
		if kind, _, _ := unstructured.NestedString(object.Object, "type"); kind == string(v1alpha1.SecretTypeAddress) {
			return &corev1.Secret{}, nil
		}
		return nil, nil //nolint:nilnil // passed over
	}
	return checked(ctx, object)
}

// checked is an empty object of a kind of Hostgrant's whose manifest an API server would take; nil for
// kinds that give nobody anything.
func checked(ctx context.Context, object *unstructured.Unstructured) (client.Object, error) {
	group, _, _ := strings.Cut(object.GetAPIVersion(), "/")
	if group != v1alpha1.SchemeGroupVersion.Group {
		return nil, nil //nolint:nilnil // passed over
	}
	all, err := kinds()
	if err != nil {
		return nil, err
	}
	one, known := all[object.GetKind()]
	if !known || object.GetAPIVersion() != v1alpha1.SchemeGroupVersion.String() {
		names := make([]string, 0, len(all))
		for name := range all {
			names = append(names, name)
		}
		meant := ""
		if name := Closest(object.GetKind(), names); name != "" {
			meant = fmt.Sprintf("; did you mean %q in %s?", name, v1alpha1.SchemeGroupVersion)
		}
		return nil, fmt.Errorf("kind %q in %s: there is none%s", object.GetKind(), object.GetAPIVersion(), meant)
	}
	if errs := one.check(ctx, object); len(errs) > 0 {
		list := make([]error, len(errs))
		for i, err := range errs {
			if strings.Contains(strings.ToLower(err.Field), "email") {
				err.BadValue = field.OmitValueType{} // logs are no place for addresses
			}
			list[i] = fmt.Errorf("%s %q: %s", object.GetKind(), object.GetName(), Plain(err.Error()))
		}
		return nil, errors.Join(list...)
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

// fail notes what is wrong, each error of a joined one by itself; line is 0 where it is not of one.
func (r *Reading) fail(name string, line int, err error) {
	where := name
	if line > 0 {
		where = fmt.Sprintf("%s:%d", name, line)
	}
	for text := range strings.SplitSeq(err.Error(), "\n") {
		if len(r.errs) >= maxErrors {
			r.more++
			continue
		}
		r.errs = append(r.errs, fmt.Errorf("%s: %s", where, text))
	}
}
