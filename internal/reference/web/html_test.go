package web_test

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// all finds the elements of some kinds below a node.
func all(n *html.Node, kinds ...string) (found []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && slices.Contains(kinds, d.Data) {
			found = append(found, d)
		}
	}
	return found
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

// text is what the page's main part says.
func (v *visitor) text() string {
	for _, n := range all(v.doc, "main") {
		return textOf(n)
	}
	return v.source
}

func (v *visitor) title() string {
	for _, n := range all(v.doc, "title") {
		return textOf(n)
	}
	return ""
}

func (v *visitor) byID(id string) *html.Node {
	v.t.Helper()
	for d := range v.doc.Descendants() {
		if attr(d, "id") == id {
			return d
		}
	}
	v.t.Fatalf("%s has nothing with the id %q:\n%s", v.at, id, v.text())
	return nil
}

// links are the addresses linked to in the main part, by text.
func (v *visitor) links() map[string]string {
	links := map[string]string{}
	for _, m := range all(v.doc, "main") {
		for _, a := range all(m, "a") {
			links[textOf(a)] = attr(a, "href")
		}
	}
	return links
}

// leads says whether the page links to an address.
func (v *visitor) leads(to string) bool {
	return slices.ContainsFunc(all(v.doc, "a"), func(a *html.Node) bool { return attr(a, "href") == to })
}

// fields are set otherwise than a form has them.
type fields map[string]string

// submit fills the form that goes to path in and sends it the way a browser does.
func (v *visitor) submit(path string, set fields) *visitor {
	v.t.Helper()
	form := v.values(path)
	for name, value := range set {
		if !form.Has(name) {
			v.t.Fatalf("the form to %s has no field %q: %v", path, name, form)
		}
		form.Set(name, value)
	}
	return v.post(path, form)
}

// check sends the form that goes to path with other boxes checked.
func (v *visitor) check(path string, on, off []string) *visitor {
	v.t.Helper()
	form := v.values(path)
	for _, value := range on {
		if box := v.byID(value); attr(box, "name") != "grant" || attr(box, "value") != value {
			v.t.Fatalf("%q is no box", value)
		}
		form.Add("grant", value)
	}
	form["grant"] = slices.DeleteFunc(form["grant"], func(value string) bool { return slices.Contains(off, value) })
	return v.post(path, form)
}

// values are what a browser would send of a form as it is.
func (v *visitor) values(path string) url.Values {
	v.t.Helper()
	for _, f := range all(v.doc, "form") {
		if action := attr(f, "action"); action != path && (action != "" || v.at.Path != path) || attr(f, "method") != "post" {
			continue
		}
		form := url.Values{}
		for _, input := range all(f, "input") {
			if attr(input, "type") == "checkbox" && !has(input, "checked") {
				continue
			}
			form.Add(attr(input, "name"), attr(input, "value"))
		}
		return form
	}
	v.t.Fatalf("%s has no form to %s:\n%s", v.at, path, v.source)
	return nil
}

// boxes are the values of a form's checkboxes, and whether they are checked.
func (v *visitor) boxes() map[string]bool {
	boxes := map[string]bool{}
	for _, input := range all(v.doc, "input") {
		if attr(input, "type") == "checkbox" {
			boxes[attr(input, "value")] = has(input, "checked")
		}
	}
	return boxes
}
