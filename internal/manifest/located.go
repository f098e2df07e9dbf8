package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// fieldsError are what an API server would refuse of one object.
type fieldsError field.ErrorList

func (e fieldsError) Error() string { return field.ErrorList(e).ToAggregate().Error() }

func asError(errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return fieldsError(errs)
}

// located are errors of an object's fields as problems in the lines of the document in which they stand: one for each
// mistake. at is the object's path in the document.
func (d *document) located(at string, object *unstructured.Unstructured, err error) error {
	var errs fieldsError
	if !errors.As(err, &errs) {
		return err
	}
	var found problems
	for _, one := range distinct(field.ErrorList(errs)) {
		if text, _ := one.BadValue.(string); strings.Contains(strings.ToLower(one.Field), "email") || strings.HasSuffix(one.Field, ".url") && strings.Contains(text, "@") {
			one.BadValue = field.OmitValueType{} // logs are no place for addresses and passwords
		}
		one.Detail = clearly(one)
		found = append(found, problem{d.at(at + one.Field), Plain(fmt.Sprintf("%s %q: %v", object.GetKind(), object.GetName(), one))})
	}
	slices.SortFunc(found, func(a, b problem) int { return cmp.Or(cmp.Compare(a.line, b.line), strings.Compare(a.text, b.text)) })
	return found
}

// distinct leaves out what follows from another mistake: what a misspelt field seems to lack, and what else is said of
// the same field.
func distinct(errs field.ErrorList) (list field.ErrorList) {
	told := map[string]int{}
	misspelt := map[string]bool{}
	for _, one := range errs {
		if strings.HasPrefix(one.Detail, unknownField) {
			misspelt[parent(one.Field)] = true
		}
	}
	for _, one := range errs {
		lacks := one.Type == field.ErrorTypeRequired && misspelt[parent(one.Field)] || one.Type == field.ErrorTypeInvalid && misspelt[one.Field]
		at, again := told[one.Field]
		switch {
		case lacks:
		case !again:
			told[one.Field] = len(list)
			list = append(list, one)
		case strings.Contains(list[at].Detail, inBody) && !strings.Contains(one.Detail, inBody):
			list[at] = one // a rule says it in our own words
		}
	}
	return list
}

func parent(path string) string { return path[:max(0, strings.LastIndex(path, "."))] }

// inBody is how the schemas' own messages begin, after the field.
const inBody = " in body "

// ofType is how they tell of a wrong type.
var ofType = regexp.MustCompile(`^must be of type ([a-z-]+): "(.*)"$`)

// typeNames in plain words.
var typeNames = map[string]string{
	"object": "a mapping", "array": "a list", "string": "a text", "integer": "a whole number", "int64": "a number", "number": "a number", "boolean": "true or false",
	"null": "empty", "date-time": "a time, for instance 2030-01-31T00:00:00Z",
}

// clearly is an error's detail without what the line says already.
func clearly(err *field.Error) string {
	detail := err.Detail
	if _, rest, cut := strings.Cut(detail, inBody); cut {
		detail = rest
	}
	kinds := ofType.FindStringSubmatch(detail)
	if kinds == nil || typeNames[kinds[1]] == "" {
		return detail
	}
	detail = "must be " + typeNames[kinds[1]]
	if is := typeNames[kinds[2]]; is != "" {
		err.BadValue = field.OmitValueType{} // it holds the type, not the value
		detail += "; this is " + is
	}
	return detail
}
