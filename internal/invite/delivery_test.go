package invite

import "testing"

// A mail goes to the mailbox that the row names, not to one that another letter case makes of it.
func TestMailsGoToTheLettersThatWereMeant(t *testing.T) {
	for to, want := range map[string]string{"ışık@acme.example": "ışık@acme.example", "Κώστας@Acme.example": "κώστας@acme.example"} {
		m := valid()
		m.To = to
		e, err := m.check(false)
		if err != nil || e.to.Address != want {
			t.Errorf("to %s: %v (%v)", to, e.to, err)
		}
	}
}
