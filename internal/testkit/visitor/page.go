package visitor

import (
	"net/url"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/net/html"

	"github.com/hostgrant/hostgrant/internal/reference/credentials"
)

// Attr is an element's attribute, empty where it has none of that name.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Has says whether an element has an attribute, with a value or without.
func Has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// All finds the elements of some kinds below a node.
func All(n *html.Node, kinds ...string) (found []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && slices.Contains(kinds, d.Data) {
			found = append(found, d)
		}
	}
	return found
}

// TextOf is the text in a node, with single spaces.
func TextOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

// Text is what the page's main part says.
func (v *Visitor) Text() string {
	for _, n := range All(v.Doc, "main") {
		return TextOf(n)
	}
	return v.Source
}

// Title is the page's.
func (v *Visitor) Title() string {
	for _, n := range All(v.Doc, "title") {
		return TextOf(n)
	}
	return ""
}

// ByID is the element with an id.
func (v *Visitor) ByID(id string) *html.Node {
	v.t.Helper()
	for d := range v.Doc.Descendants() {
		if Attr(d, "id") == id {
			return d
		}
	}
	v.t.Fatalf("%s has nothing with the id %q:\n%s", v.At, id, v.Text())
	return nil
}

// Links are the addresses linked to in the main part, by text.
func (v *Visitor) Links() map[string]string {
	links := map[string]string{}
	for _, m := range All(v.Doc, "main") {
		for _, a := range All(m, "a") {
			links[TextOf(a)] = Attr(a, "href")
		}
	}
	return links
}

// Leads says whether the page links to an address.
func (v *Visitor) Leads(to string) bool {
	return slices.ContainsFunc(All(v.Doc, "a"), func(a *html.Node) bool { return Attr(a, "href") == to })
}

// Fields are set otherwise than a form has them.
type Fields map[string]string

// Submit fills the form that goes to path in and sends it the way a browser does.
func (v *Visitor) Submit(path string, set Fields) *Visitor {
	v.t.Helper()
	form := v.Values(path)
	for name, value := range set {
		if !form.Has(name) {
			v.t.Fatalf("the form to %s has no field %q: %v", path, name, form)
		}
		form.Set(name, value)
	}
	return v.Post(path, form)
}

// Check sends the form of permissions that goes to path with other boxes checked.
func (v *Visitor) Check(path string, on, off []string) *Visitor {
	v.t.Helper()
	form := v.Values(path)
	for _, value := range on {
		if box := v.ByID(value); Attr(box, "name") != "grant" || Attr(box, "value") != value {
			v.t.Fatalf("%q is no box", value)
		}
		form.Add("grant", value)
	}
	form["grant"] = slices.DeleteFunc(form["grant"], func(value string) bool { return slices.Contains(off, value) })
	return v.Post(path, form)
}

// Values are what a browser would send of a form as it is.
func (v *Visitor) Values(path string) url.Values {
	v.t.Helper()
	for _, f := range All(v.Doc, "form") {
		if action := Attr(f, "action"); action != path && (action != "" || v.At.Path != path) || Attr(f, "method") != "post" {
			continue
		}
		form := url.Values{}
		for _, input := range All(f, "input") {
			if Attr(input, "type") == "checkbox" && !Has(input, "checked") {
				continue
			}
			form.Add(Attr(input, "name"), Attr(input, "value"))
		}
		return form
	}
	v.t.Fatalf("%s has no form to %s:\n%s", v.At, path, v.Source)
	return nil
}

// Boxes are the values of the page's checkboxes, and whether they are checked.
func (v *Visitor) Boxes() map[string]bool {
	boxes := map[string]bool{}
	for _, input := range All(v.Doc, "input") {
		if Attr(input, "type") == "checkbox" {
			boxes[Attr(input, "value")] = Has(input, "checked")
		}
	}
	return boxes
}

// ShownSecret is the key of a second factor that the page shows in text.
func (v *Visitor) ShownSecret() string {
	v.t.Helper()
	keys := All(v.Doc, "code")
	v.g.Expect(keys).NotTo(BeEmpty(), v.Text())
	return strings.ReplaceAll(TextOf(keys[0]), " ", "")
}

// AppCode is what an app shows at some moment that was given the key on the page.
func (v *Visitor) AppCode(at time.Time) string {
	v.t.Helper()
	code, err := credentials.Code(v.ShownSecret(), at)
	v.g.Expect(err).NotTo(HaveOccurred())
	return code
}
