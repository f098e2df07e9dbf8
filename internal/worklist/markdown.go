package worklist

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/manifest"
)

// Markdown is the list with checkboxes. Comments keep what Read reads; whatever came from manifests or the
// table is code, in which nothing is followed or mentioned.
func (l List) Markdown(w Words, now time.Time) (string, error) {
	m := &markdown{Words: w}
	head, err := comment("worklist", Previous{APIVersion: l.APIVersion, Owner: l.Owner, TakenAt: l.TakenAt, Count: len(l.Items)})
	if err != nil {
		return "", err
	}
	m.line("# %s", w.say("title"))
	m.line("%s\n", head)
	m.line("%s", w.say("intro", table.Time(l.TakenAt), w.age(now.Sub(l.TakenAt))))
	if l.Confirmed > 0 {
		m.line("%s", w.say("confirmed", w.count(l.Confirmed, "item")))
	}
	m.unconfirmed(l.Unconfirmed)
	m.heading("todo", len(l.Items))
	if len(l.Items) == 0 {
		m.line("%s", w.say("nothing"))
	} else {
		m.line("%s\n", w.say("order"))
	}
	for _, item := range l.Items {
		if err := m.item(item); err != nil {
			return "", err
		}
	}
	m.decisions(l.Decisions)
	m.due(l.Due)
	if len(l.Notes) > 0 {
		m.heading("notes", 0)
	}
	for _, note := range l.Notes {
		m.line("- %s", manifest.Code(note))
	}
	return m.text.String(), nil
}

// comment is what a machine reads, in a form that ends no comment.
func comment(name string, value any) (string, error) {
	body, err := json.Marshal(value) // > is written as \u003e
	if err != nil {
		return "", fmt.Errorf("write the worklist: %w", err)
	}
	return "<!-- " + name + " " + strings.ReplaceAll(string(body), "--", `-\u002d`) + " -->", nil
}

type markdown struct {
	Words
	text strings.Builder
}

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(&m.text, format+"\n", args...) }

func (m *markdown) heading(key string, count int) {
	number := ""
	if count > 0 {
		number = fmt.Sprintf(" (%d)", count)
	}
	m.line("\n## %s%s\n", m.say(key), number)
}

func (m *markdown) item(item Item) error {
	kept := Item{ID: item.ID, Person: item.Person, Page: item.Page, Check: item.Check, Uncheck: item.Uncheck}
	data, err := comment("item", kept)
	if err != nil {
		return err
	}
	m.line("- [%s] **%s**%s %s %s", map[bool]string{true: "x", false: " "}[item.Done], m.say("page."+string(item.Page)), m.say("colon"), manifest.Code(item.Person), data)
	if item.Page == Remove {
		m.line("  - %s", m.say("remove"))
	}
	for _, s := range item.Form {
		m.section(m.Words.section(s))
	}
	if item.Mails {
		m.line("  - ✉ **%s**%s %s", m.say("mail.is"), m.say("colon"), m.say("mail"))
	}
	for _, why := range item.Why {
		m.line("  - %s%s %s", m.say("why"), m.say("colon"), manifest.Code(m.reason(why)))
	}
	return nil
}

// section writes a section of the form in a line; a change is bold.
func (m *markdown) section(s section) {
	parts := make([]string, 0, len(s.Parts))
	for _, p := range s.Parts {
		said, boxes := p.Said, make([]string, 0, len(p.Boxes))
		if p.State != Stays {
			said = "**" + said + "**"
		}
		for _, box := range p.Boxes {
			boxes = append(boxes, word(box))
		}
		parts = append(parts, said+" "+strings.Join(boxes, ", "))
	}
	place := ""
	if s.Place != "" {
		place = ", " + manifest.Code(s.Place)
	}
	m.line("  - %s%s%s %s", s.Title, place, m.say("colon"), strings.Join(parts, m.say("semicolon")+" "))
}

// word is a label of the menu as it is, and anything else as code.
func word(label string) string {
	if strings.ContainsFunc(label, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ' ' && r != '-' }) {
		return manifest.Code(label)
	}
	return label
}

func (m *markdown) unconfirmed(list []Unconfirmed) {
	if len(list) == 0 {
		return
	}
	m.heading("open", len(list))
	for _, one := range list {
		m.line("- %s", manifest.Code(one.Person))
		for _, s := range append(m.sections(one.Unchecked, "unchecked"), m.sections(one.Checked, "checked")...) {
			m.section(s)
		}
	}
}

func (m *markdown) decisions(list []Decision) {
	if len(list) == 0 {
		return
	}
	m.heading("decide", len(list))
	for _, d := range list {
		m.line("- %s%s %s", manifest.Code(d.Person), m.say("colon"), m.say("because."+d.Because))
		for _, s := range append(m.sections(d.Would, "would"), m.sections(d.Again, "again")...) {
			m.section(s)
		}
	}
}

func (m *markdown) due(list []Due) {
	if len(list) == 0 {
		return
	}
	m.heading("due", len(list))
	for _, d := range list {
		m.line("- %s", m.dueLine(d, manifest.Code))
	}
}

// dueLine tells of something due; safe makes what is from manifests safe.
func (w Words) dueLine(d Due, safe func(string) string) string {
	text := fmt.Sprintf("%s%s %s %s", d.On.Format("2006-01-02"), w.say("colon"), safe(d.What), w.say("event."+string(d.Event)))
	if d.Late {
		text += " (" + w.say("late") + ")"
	}
	if len(d.People) > 0 {
		text += " – " + safe(strings.Join(d.People, ", "))
	}
	return text
}
