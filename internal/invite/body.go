package invite

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strings"
	"text/template"
	"time"

	gomail "github.com/wneessen/go-mail"

	netmail "net/mail"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

//go:embed templates
var files embed.FS

// The templates hold no text of tenants but a bounded name. They are parsed once: a fault in
// one is a fault of the build.
var (
	textBodies = template.Must(template.ParseFS(files, "templates/*.txt"))
	htmlBodies = htmltemplate.Must(htmltemplate.ParseFS(files, "templates/*.html"))
)

var subjects = map[v1alpha1.Language]string{
	"en": "Invitation: access to a hosting",
	"fr": "Invitation : accès à un hébergement",
}

// words are what the templates may print.
type words struct {
	Name, Owner, Link, Subject string
	Gives                      []string
	TwoFactor                  bool
	// Until the link works, and when the access Ends; empty where that is not known.
	Until, Ends string
}

// dates of a language.
var dates = map[v1alpha1.Language]string{"en": "2 January 2006, 15:04 MST", "fr": "02/01/2006 15:04 MST"}

func date(t time.Time, language v1alpha1.Language) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(dates[language])
}

var tongues = map[v1alpha1.Language]hosting.Words{"en": hosting.English, "fr": hosting.French}

// lines tell a person what they get, in the words of the provider.
func (m Message) lines(language v1alpha1.Language) []string {
	name := func(r hosting.Right) string { return bounded(printable(m.Places[Place{r.Scope, r.ID}]), maxName) }
	return tongues[language].Describe(m.Rights, name, maxLines)
}

// render writes the whole mail, headers included. The same message at the same time gives
// the same bytes.
func render(e envelope, from *netmail.Address, now time.Time) ([]byte, error) {
	language := e.Language
	if language == "" {
		language = "en"
	}
	w := words{
		Name: greeting(e.DisplayName), Owner: printable(e.Owner), Link: e.Link, Subject: subjects[language],
		Gives: e.lines(language), TwoFactor: e.Rights.Has(hosting.TwoFactorRight),
		Until: date(e.Expires, language), Ends: date(e.Ends, language),
	}
	text, err := execute(textBodies.ExecuteTemplate, string(language)+".txt", w)
	if err != nil {
		return nil, err
	}
	html, err := execute(htmlBodies.ExecuteTemplate, string(language)+".html", w)
	if err != nil {
		return nil, err
	}

	sum := sha256.Sum256([]byte(e.MessageID))
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("hg-"+hex.EncodeToString(sum[:16])))
	m.FromMailAddress(from)
	m.ToMailAddress(e.to)
	m.Subject(w.Subject)
	m.SetDateWithValue(now.UTC())
	m.SetMessageIDWithValue(strings.Trim(e.MessageID, "<>"))
	// RFC 3834: no out-of-office answers, please.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader(gomail.HeaderContentLang, string(language))
	m.SetBodyString(gomail.TypeTextPlain, text)
	m.AddAlternativeString(gomail.TypeTextHTML, html)

	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("composing the invitation: %w", err)
	}
	return raw.Bytes(), nil
}

func execute(run func(io.Writer, string, any) error, name string, w words) (string, error) {
	var out strings.Builder
	if err := run(&out, name, w); err != nil {
		return "", fmt.Errorf("composing the invitation: template %s: %w", name, err)
	}
	return out.String(), nil
}
