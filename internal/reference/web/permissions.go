package web

import (
	"net/http"
	"strconv"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// peoplePage is an owner's permission table.
type peoplePage struct {
	Done string
	// Subject of what was done, if it is still there.
	Subject *personLine
	// Mails: the hosting mails invitations.
	Mails  bool
	People []personLine
}

// personLine sums a row up.
type personLine struct {
	reference.Row
	Overall, Accounts, Servers int
}

func (c *call) people() error {
	rows, err := c.server.Rows(c.r.Context(), c.who.Email)
	if err != nil {
		return err
	}
	shown := peoplePage{Done: done(c, "added", "saved", "removed"), Mails: c.server.Mails()}
	subject, _ := strconv.ParseInt(c.r.FormValue("row"), 10, 64)
	for _, row := range rows {
		line := personLine{row, len(row.Overall), count(row.Accounts), count(row.Servers)}
		shown.People = append(shown.People, line)
		if row.ID == subject {
			shown.Subject = &line
		}
	}
	return c.render(http.StatusOK, "people", "people.title", shown)
}

func count(places map[string][]string) (n int) {
	for _, names := range places {
		n += len(names)
	}
	return n
}

// permissionForm is the form to add somebody or to change what they hold.
type permissionForm struct {
	// Row as it is stored; without an id, a new one. Its address is as it was entered.
	reference.Row
	State                   string
	TwoFactor               box
	Sections                []section
	HasAccounts, HasServers bool
	Mails                   bool
	// Complaint about the address, and about the rest.
	EmailComplaint, Complaint string
	// Stale: the row has changed since the form was made; Wanted is what was entered
	// otherwise than it is now.
	Stale  bool
	Wanted []change
}

func (c *call) form(row reference.Row, chosen choices, places owned) permissionForm {
	flag, _ := hosting.ByName(hosting.ScopeFlag, hosting.TwoFactor)
	return permissionForm{
		Row: row, State: stateOf(row), TwoFactor: box{flag, twoFactor, chosen[twoFactor]}, Sections: sections(row, places, chosen),
		HasAccounts: len(places.accounts) > 0, HasServers: len(places.servers) > 0, Mails: c.server.Mails(),
	}
}

func (c *call) show(status int, form permissionForm) error {
	if form.ID == 0 {
		return c.render(status, "permission", "add.title", form)
	}
	return c.render(status, "permission", "edit.title", form, form.Email)
}

// owned lists where the owner who is logged in can give permissions.
func (c *call) owned() (places owned, err error) {
	if places.accounts, err = c.server.Places(c.r.Context(), c.who.Email, hosting.ScopeAccount); err != nil {
		return places, err
	}
	places.servers, err = c.server.Places(c.r.Context(), c.who.Email, hosting.ScopeServer)
	return places, err
}

// row finds the row in the path in the owner's own table.
func (c *call) row() (reference.Row, error) {
	rows, err := c.server.Rows(c.r.Context(), c.who.Email)
	for _, row := range rows {
		if row.ID == c.id("id") {
			return row, err
		}
	}
	if err == nil {
		err = store.ErrNotFound
	}
	return reference.Row{}, err
}

func (c *call) addPage() error {
	places, err := c.owned()
	if err != nil {
		return err
	}
	return c.show(http.StatusOK, c.form(reference.Row{}, nil, places))
}

func (c *call) add() error {
	places, err := c.owned()
	if err != nil {
		return err
	}
	row := reference.Row{Email: c.r.PostFormValue("email")}
	chosen, err := chosenIn(c.r.PostForm["grant"], places)
	form := c.form(row, chosen, places)
	if err != nil {
		form.Complaint = c.lang.say("form.gone")
		return c.show(http.StatusUnprocessableEntity, form)
	}
	chosen.apply(&row, places)
	id, err := c.server.AddRow(c.r.Context(), c.who.Email, row, true)
	if refused := reference.Complaints(err); refused != nil {
		form.complain(c.lang, refused)
		return c.show(http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return c.to("/permissions?done=added&row="+strconv.FormatInt(id, 10), "")
}

// complain puts what the hosting refused beside its field.
func (f *permissionForm) complain(l lang, refused map[string]string) {
	for field, complaint := range refused {
		if said, ok := complaints[complaint]; ok {
			complaint = l.of(said)
		}
		if field == "email" {
			f.EmailComplaint = complaint
		} else {
			f.Complaint = complaint
		}
	}
}

func (c *call) editPage() error {
	row, err := c.row()
	if err != nil {
		return err
	}
	places, err := c.owned()
	if err != nil {
		return err
	}
	return c.show(http.StatusOK, c.form(row, chosenOf(row, places), places))
}

func (c *call) edit() error {
	row, err := c.row()
	if err != nil {
		return err
	}
	places, err := c.owned()
	if err != nil {
		return err
	}
	chosen, err := chosenIn(c.r.PostForm["grant"], places)
	stale := err != nil
	if !stale {
		// EditRow shows what is stored at the moment of writing; what was read before counts
		// for nothing.
		err = c.server.EditRow(c.r.Context(), c.who.Email, row.Email, func(now *reference.Row) {
			if stale = stateOf(*now) != c.r.PostFormValue("state"); stale {
				row = *now
				return
			}
			chosen.apply(now, places)
		})
	}
	if stale {
		return c.stale(row, chosen, places)
	}
	if refused := reference.Complaints(err); refused != nil {
		form := c.form(row, chosen, places)
		form.complain(c.lang, refused)
		return c.show(http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return c.to("/permissions?done=saved&row="+strconv.FormatInt(row.ID, 10), "")
}

// stale shows a row as it is now, and beside it what was entered otherwise.
func (c *call) stale(row reference.Row, wanted choices, places owned) error {
	now := chosenOf(row, places)
	form := c.form(row, now, places)
	form.Stale, form.Wanted = true, differences(now, wanted, places)
	return c.show(http.StatusConflict, form)
}

func (c *call) removePage() error {
	row, err := c.row()
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, "remove", "remove.title", row)
}

func (c *call) remove() error {
	row, err := c.row()
	if err != nil {
		return err
	}
	if err := c.server.RemoveRow(c.r.Context(), c.who.Email, row.Email); err != nil {
		return err
	}
	return c.to("/permissions?done=removed", "")
}
