package web

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
)

//go:embed templates
var templateFiles embed.FS

// templates are the pages by language and name, each with the layout around it.
var templates = map[lang]map[string]*template.Template{english: parseTemplates(english), french: parseTemplates(french)}

// page is what the layout shows.
type page struct {
	Lang  lang
	Title string
	// Failed: something entered is wrong; told in the title, which is read out first.
	Failed bool
	// Who is logged in, with both factors where they have two; nil for nobody.
	Who *reference.Visitor
	// Path of the page, to come back to.
	Path string
	// Section of the main menu that the page is in.
	Section string
	Body    any
}

// Current is how the section is marked in the main menu: as this very page, or as around it.
func (p page) Current() string {
	if p.Path == p.Section {
		return "page"
	}
	return "true"
}

// sectionOfPath finds the entry of the main menu that a page belongs to.
func sectionOfPath(path string) string {
	for _, section := range []string{"/permissions/mine", "/permissions", "/profile", "/menus"} {
		if path == section || strings.HasPrefix(path, section+"/") {
			return strings.TrimSuffix(section, "menus")
		}
	}
	return path
}

func parseTemplates(l lang) map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(template.FuncMap{
		"t": l.say, "label": l.label, "meaning": l.meaning, "png": pngURL, "day": l.day, "reason": l.reason, "grouped": grouped,
	}).ParseFS(templateFiles, "templates/layout.html"))
	files, err := templateFiles.ReadDir("templates/pages")
	if err != nil {
		panic(err) // They are embedded above.
	}
	set := map[string]*template.Template{}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".html")
		set[name] = template.Must(template.Must(layout.Clone()).ParseFS(templateFiles, path.Join("templates/pages", file.Name())))
	}
	return set
}

// label is the provider's word for a permission or menu; for what the catalogue lacks it is
// the name.
func (l lang) label(scope hosting.Scope, name string) string {
	if p, ok := hosting.ByName(scope, name); ok {
		return l.of(words(p.Label()))
	}
	if text, ok := texts["menu."+name]; ok {
		return l.of(text)
	}
	return strings.TrimPrefix(name, "wire:") // see reference.Row
}

func (l lang) meaning(scope hosting.Scope, name string) string {
	p, _ := hosting.ByName(scope, name)
	return l.of(words(p.Meaning()))
}

func (l lang) day(at time.Time) string { return at.UTC().Format(l.say("date")) }

// grouped writes a key in groups, to be typed without losing one's place.
func grouped(key string) string {
	var groups []string
	for group := range slices.Chunk([]byte(key), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

// pngURL puts a picture into the page itself: it is somebody's secret, and has no address.
func pngURL(picture []byte) template.URL {
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)) //nolint:gosec // our own bytes, encoded
}

// render answers with a page; title is the key of its title.
func (c *call) render(status int, name, title string, body any, args ...any) error {
	shown := page{
		Lang: c.lang, Title: c.lang.say(title, args...), Failed: status == http.StatusUnprocessableEntity || status == http.StatusConflict,
		Path: c.r.URL.Path, Section: sectionOfPath(c.r.URL.Path), Body: body,
	}
	if c.who.Profile != 0 && !c.who.AwaitsCode() {
		shown.Who = &c.who
	}
	var text bytes.Buffer
	if err := templates[c.lang][name].Execute(&text, shown); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.Header().Set("Content-Language", string(c.lang))
	c.w.Header().Add("Vary", "Accept-Language, Cookie")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(text.Bytes()) // The browser has gone if this fails.
	return nil
}
