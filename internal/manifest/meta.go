package manifest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// named says what keeps an object from being known by its name, and enters the namespace where it names none.
func named(object *unstructured.Unstructured, namespace string) field.ErrorList {
	path := field.NewPath("metadata")
	meta, ok := object.Object["metadata"].(map[string]any)
	if !ok && object.Object["metadata"] != nil {
		return field.ErrorList{field.TypeInvalid(path, field.OmitValueType{}, "this has to be a mapping, with a name in it")}
	}
	errs := metaTypes(meta, path)
	if name, _ := meta["name"].(string); name == "" && len(errs) == 0 {
		detail := "give the object a name"
		if meta["generateName"] != nil {
			detail = "with generateName alone nobody knows which object it is"
		}
		errs = append(errs, field.Required(path.Child("name"), detail))
	}
	if len(errs) == 0 && object.GetNamespace() == "" && namespace != "" {
		object.SetNamespace(namespace)
	}
	return errs
}

// metaTypes finds fields of metadata that are not there, or of another type: the schemas of CRDs leave them out.
func metaTypes(meta map[string]any, path *field.Path) (errs field.ErrorList) {
	for _, name := range []string{"name", "namespace", "generateName"} {
		if value, there := meta[name]; there && value != nil {
			if _, ok := value.(string); !ok {
				errs = append(errs, field.TypeInvalid(path.Child(name), value, "this has to be a text; put it in quotes"))
			}
		}
	}
	for _, name := range []string{"labels", "annotations"} {
		errs = append(errs, textsOf(meta[name], path.Child(name))...)
	}
	if len(errs) > 0 {
		slices.SortFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
		return errs
	}
	return metaFields(meta, path)
}

// textsOf finds what keeps a value from being a mapping of texts.
func textsOf(value any, path *field.Path) (errs field.ErrorList) {
	texts, ok := value.(map[string]any)
	if !ok && value != nil {
		return field.ErrorList{field.TypeInvalid(path, field.OmitValueType{}, "this has to be a mapping of texts")}
	}
	for key, one := range texts {
		if _, ok := one.(string); !ok {
			errs = append(errs, field.TypeInvalid(path.Key(key), one, "this has to be a text; put it in quotes"))
		}
	}
	return errs
}

// metaFields finds fields that metadata does not have.
func metaFields(meta map[string]any, path *field.Path) (errs field.ErrorList) {
	err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(meta, &metav1.ObjectMeta{}, true)
	strict, ok := runtime.AsStrictDecodingError(err)
	switch {
	case ok:
		for _, one := range strict.Errors() {
			name := strings.Trim(strings.TrimPrefix(one.Error(), "unknown field "), `"`)
			errs = append(errs, field.Invalid(path.Child(name), field.OmitValueType{}, unknownField+didYouMean(name, metaNames)))
		}
	case err != nil:
		errs = append(errs, field.Invalid(path, field.OmitValueType{}, err.Error()))
	}
	return errs
}

// metaNames are the fields of metadata that people write.
var metaNames = []string{"name", "namespace", "labels", "annotations", "finalizers", "ownerReferences", "generateName"}

// didYouMean names the word that was most likely meant; empty where none is close.
func didYouMean(word string, words []string) string {
	if meant := Closest(word, words); meant != "" {
		return fmt.Sprintf("; did you mean %q?", meant)
	}
	return ""
}

// base64Of finds data of a Secret that is not what it has to be; its values stay unsaid.
func base64Of(object *unstructured.Unstructured) (errs field.ErrorList) {
	for _, name := range []string{"data", "stringData"} {
		path := field.NewPath(name)
		values, ok := object.Object[name].(map[string]any)
		if !ok && object.Object[name] != nil {
			errs = append(errs, field.TypeInvalid(path, field.OmitValueType{}, "this has to be a mapping of texts"))
		}
		for key, value := range values {
			text, ok := value.(string)
			if _, err := base64.StdEncoding.DecodeString(text); !ok || name == "data" && err != nil {
				errs = append(errs, field.Invalid(path.Key(key), field.OmitValueType{}, "this has to be a text, in base64 under data and as it is under stringData"))
			}
		}
	}
	slices.SortFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	return errs
}
