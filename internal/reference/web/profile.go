package web

import (
	"errors"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/reference"
)

// profilePage is somebody's own profile.
type profilePage struct {
	Done string
	Who  reference.Visitor
	// Locked rows open no menu without a second factor.
	Locked []reference.HeldRow
	// Mails: the hosting sends any.
	Mails bool
}

func (c *call) profile() error {
	locked, err := c.locked()
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, "profile", "profile.title", profilePage{done(c, "set-up", "removed", "mailed"), c.who, locked, c.server.Mails()})
}

// locked lists what somebody holds whose "2FA required" box is checked.
func (c *call) locked() (locked []reference.HeldRow, err error) {
	rows, err := c.server.Held(c.r.Context(), c.who.Email)
	for _, row := range rows {
		if row.RequireTwoFactor {
			locked = append(locked, row)
		}
	}
	return locked, err
}

// done is what was just done, as the page before says in the query, of what it may say.
func done(c *call, possible ...string) string {
	for _, what := range possible {
		if c.r.FormValue("done") == what {
			return what
		}
	}
	return ""
}

// factorForm is the page that sets up a second factor.
type factorForm struct {
	Factor reference.NewFactor
	// Replaces: there is one, and it goes for the password only.
	Replaces             bool
	BadCode, BadPassword bool
}

func (c *call) factorPage() error { return c.showFactor(http.StatusOK, factorForm{}) }

func (c *call) showFactor(status int, form factorForm) (err error) {
	form.Replaces = c.who.HasSecondFactor
	if form.Factor, err = c.server.NewSecondFactor(c.who, c.r.PostFormValue("factor")); err != nil {
		return err
	}
	return c.render(status, "factor", "factor.title", form)
}

func (c *call) setUpFactor() error {
	session, err := c.server.SetUpSecondFactor(c.r.Context(), c.who, c.r.PostFormValue("factor"), c.r.PostFormValue("code"), c.r.PostFormValue("password"), c.r.RemoteAddr)
	switch {
	case errors.Is(err, reference.ErrCodeRefused):
		return c.showFactor(http.StatusUnprocessableEntity, factorForm{BadCode: true})
	case errors.Is(err, reference.ErrLogInRefused):
		return c.showFactor(http.StatusUnprocessableEntity, factorForm{BadPassword: true})
	case err != nil:
		return err
	}
	c.hold(session)
	return c.to("/profile?done=set-up", "")
}

// dropFactorForm asks for the password before a second factor goes.
type dropFactorForm struct {
	Locked  []reference.HeldRow
	Refused bool
}

func (c *call) dropFactorPage() error { return c.showDropFactor(http.StatusOK, false) }

func (c *call) showDropFactor(status int, refused bool) error {
	if !c.who.HasSecondFactor {
		return c.to("/profile", "")
	}
	locked, err := c.locked()
	if err != nil {
		return err
	}
	return c.render(status, "factor-remove", "factor-remove.title", dropFactorForm{locked, refused})
}

func (c *call) dropFactor() error {
	session, err := c.server.RemoveSecondFactor(c.r.Context(), c.who, c.r.PostFormValue("password"), c.r.RemoteAddr)
	if errors.Is(err, reference.ErrLogInRefused) {
		return c.showDropFactor(http.StatusUnprocessableEntity, true)
	}
	if err != nil {
		return err
	}
	c.hold(session)
	return c.to("/profile?done=removed", "")
}
