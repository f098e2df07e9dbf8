package web

import (
	"errors"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/credentials"
)

// welcomeForm is the page behind an invitation's link as it was filled in.
type welcomeForm struct {
	reference.Welcome
	// Path of the page.
	Path     string
	Min, Max int
	// What is wrong: the password's length, its repetition, the code, or that there is none.
	BadLength, BadRepeat, BadCode, NoCode bool
}

func (c *call) initialisePage() error {
	form, err := c.welcome()
	if err != nil {
		return c.closed(err)
	}
	if form.Confirms {
		return c.render(http.StatusOK, "confirm", "confirm.title", form)
	}
	return c.render(http.StatusOK, "initialise", "initialise.title", form)
}

func (c *call) welcome() (welcomeForm, error) {
	welcome, err := c.server.Welcome(c.r.Context(), c.who, c.r.PathValue("token"), c.r.PostFormValue("factor"))
	return welcomeForm{Welcome: welcome, Path: c.r.URL.Path, Min: credentials.MinPassword, Max: credentials.MaxPassword}, err
}

func (c *call) initialise() error {
	form, err := c.welcome()
	if err != nil {
		return c.closed(err)
	}
	if form.Confirms {
		return c.confirm()
	}
	password := c.r.PostFormValue("password")
	form.BadRepeat = password != c.r.PostFormValue("repeat")
	in := reference.Initialise{
		Token: c.r.PathValue("token"), Password: password,
		Sealed: form.Factor.Sealed, Code: c.r.PostFormValue("code"), Session: c.session(),
	}
	if form.BadRepeat {
		return c.render(http.StatusUnprocessableEntity, "initialise", "initialise.title", form)
	}
	session, err := c.server.Initialise(c.r.Context(), in)
	form.BadLength, form.BadCode = errors.Is(err, reference.ErrPasswordLength), errors.Is(err, reference.ErrCodeRefused)
	form.NoCode = errors.Is(err, reference.ErrFactorNeeded)
	if form.BadLength || form.BadCode || form.NoCode {
		return c.render(http.StatusUnprocessableEntity, "initialise", "initialise.title", form)
	}
	if err != nil {
		return c.closed(err)
	}
	c.hold(session)
	return c.to("/?welcome=yes", "")
}

// closed says why a link does not open, and nothing of whom it was for.
func (c *call) closed(err error) error {
	switch {
	case errors.Is(err, reference.ErrLinkUsed):
		return c.message(http.StatusGone, "link-used")
	case errors.Is(err, reference.ErrLinkExpired):
		return c.message(http.StatusGone, "link-expired")
	case errors.Is(err, reference.ErrLinkUnknown):
		return c.message(http.StatusNotFound, "link-unknown")
	case errors.Is(err, reference.ErrConfirmFirst):
		return c.confirmFirst()
	}
	return err
}
