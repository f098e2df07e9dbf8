package web

import (
	"errors"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/reference"
)

// logInForm is the log-in page as it was filled in. A password is never shown again.
type logInForm struct {
	Email, Next string
	// Ended: a session is over. Refused: this log-in was.
	Ended, Refused bool
}

func (c *call) logInPage() error {
	if c.who.Profile != 0 && !c.who.AwaitsCode() {
		return c.to(c.next(), "")
	}
	return c.render(http.StatusOK, "login", "login.title", logInForm{Next: c.next(), Ended: c.r.FormValue("ended") != ""})
}

func (c *call) logIn() error {
	form := logInForm{Email: c.r.PostFormValue("email"), Next: c.next()}
	session, err := c.server.LogIn(c.r.Context(), reference.LogIn{
		Email: form.Email, Password: c.r.PostFormValue("password"), Client: c.r.RemoteAddr, Session: c.session(),
	})
	if errors.Is(err, reference.ErrLogInRefused) {
		form.Refused = true
		return c.render(http.StatusUnprocessableEntity, "login", "login.title", form)
	}
	if err != nil {
		return err
	}
	c.hold(session)
	// Whether a code is needed, the page after this one knows.
	return c.to(form.Next, "")
}

// codeForm is the page that asks for a code of the second factor.
type codeForm struct {
	Next    string
	Refused bool
}

func (c *call) codePage() error {
	return c.render(http.StatusOK, "code", "code.title", codeForm{Next: c.next()})
}

func (c *call) enterCode() error {
	form := codeForm{Next: c.next()}
	session, err := c.server.EnterCode(c.r.Context(), c.session(), c.r.PostFormValue("code"))
	if errors.Is(err, reference.ErrCodeRefused) {
		form.Refused = true
		return c.render(http.StatusUnprocessableEntity, "code", "code.title", form)
	}
	if err != nil {
		return err
	}
	c.hold(session)
	return c.to(form.Next, "")
}

func (c *call) logOut() error {
	if err := c.server.LogOut(c.r.Context(), c.session()); err != nil {
		return err
	}
	c.hold("")
	return c.to("/login", "")
}
