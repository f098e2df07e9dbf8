package web

import (
	"fmt"
	"net/http"

	"golang.org/x/text/language"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// lang is a language of the pages.
type lang string

const (
	english lang = "en"
	french  lang = "fr"

	langCookie = "language"
	// langAge is how long a chosen language is kept, in seconds: a year.
	langAge = 365 * 24 * 60 * 60
)

var langs = []lang{english, french}

var matcher = language.NewMatcher([]language.Tag{language.English, language.French})

// languageOf is the language chosen, or else the one the browser prefers.
func languageOf(r *http.Request) lang {
	chosen := ""
	if cookie, err := r.Cookie(langCookie); err == nil {
		chosen = cookie.Value
	}
	_, at := language.MatchStrings(matcher, chosen, r.Header.Get("Accept-Language"))
	return langs[at]
}

// language keeps the language chosen, and shows the page again that it was chosen on.
func (c *call) language() error {
	chosen := english
	if c.r.PostFormValue("lang") == string(french) {
		chosen = french
	}
	http.SetCookie(c.w, &http.Cookie{
		Name: langCookie, Value: string(chosen), Path: "/", MaxAge: langAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return c.to(local(c.r.PostFormValue("back")), "")
}

// words are one text in every language of the pages.
type words hosting.Bilingual

func (l lang) of(w words) string {
	if l == french {
		return w.FR
	}
	return w.EN
}

// say is a text of the pages. A text that is missing is a mistake in a page; its key is
// shown, and a test looks for it.
func (l lang) say(key string, args ...any) string {
	text, ok := texts[key]
	if !ok {
		return "{" + key + "}"
	}
	if len(args) == 0 {
		return l.of(text)
	}
	return fmt.Sprintf(l.of(text), args...)
}
