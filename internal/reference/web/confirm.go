package web

import "net/http"

// confirm follows the link of a mail while its profile is logged in.
func (c *call) confirm() error {
	if err := c.server.Confirm(c.r.Context(), c.who, c.r.PathValue("token")); err != nil {
		return c.closed(err)
	}
	return c.to("/?confirmed=yes", "")
}

// confirmFirst says that the address of a link has a profile that may be somebody else's, and how
// to go on.
func (c *call) confirmFirst() error {
	return c.render(http.StatusForbidden, "confirm-first", "confirm-first.title", struct {
		Path  string
		Mails bool
	}{c.r.URL.Path, c.server.Mails()})
}

// mailConfirmation mails the profile that is logged in what confirms its address.
func (c *call) mailConfirmation() error {
	if err := c.server.MailConfirmation(c.r.Context(), c.who); err != nil {
		return err
	}
	return c.to("/profile?done=mailed", "")
}

// mailConfirmationOf does so for the address of a link that does not open before.
func (c *call) mailConfirmationOf() error {
	if err := c.server.MailConfirmationOf(c.r.Context(), c.r.PathValue("token")); err != nil {
		return c.closed(err)
	}
	return c.message(http.StatusOK, "confirm-mailed")
}
