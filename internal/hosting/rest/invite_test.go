package rest

import (
	"net/http"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

func TestInviteSendsWhatItRead(t *testing.T) {
	for status, want := range map[int]hosting.Class{
		http.StatusNoContent: "", http.StatusConflict: hosting.ClassConflict, http.StatusNotFound: hosting.ClassNotFound,
		http.StatusMethodNotAllowed: hosting.ClassUnsupported, http.StatusNotImplemented: hosting.ClassUnsupported,
		http.StatusServiceUnavailable: hosting.ClassUnavailable, http.StatusBadRequest: hosting.ClassInvalid,
	} {
		p := newProvider(t, answering(status, `{"detail":"no"}`))
		if err := p.writer(t).Invite(t.Context(), 7, 2, false); hosting.ClassOf(err) != want {
			t.Errorf("%d: got %v, want %q", status, err, want)
		}
		got := p.requests()
		if len(got) != 1 || got[0].method != http.MethodPost || got[0].path != "/v1/permission/7/invite/" || got[0].body != `{"mails":2,"notify":false}` {
			t.Errorf("%d: asked %v", status, got)
		}
		checkWrite(t, got[0])
	}
}

// Elsewhere than where it is optional, 405 says that the values are wrong, and 501 nothing.
func TestOnlyWhatIsOptionalCanBeLacking(t *testing.T) {
	for status, want := range map[int]hosting.Class{http.StatusMethodNotAllowed: hosting.ClassInvalid, http.StatusNotImplemented: hosting.ClassUnavailable} {
		p := newProvider(t, answering(status, `{}`))
		if err := p.writer(t).DeleteRow(t.Context(), 7); hosting.ClassOf(err) != want {
			t.Errorf("%d: got %v, want %q", status, err, want)
		}
	}
}

func TestExtensionsAreRead(t *testing.T) {
	read := func(extra string) hosting.Row {
		t.Helper()
		row, err := newProvider(t, answering(http.StatusOK, rowJSON(extra))).writer(t).Row(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
	row := read(`"two_factor":false,"invitation":{"state":"expired","expires":"2031-05-08T09:10:00.5Z","mails":3}`)
	if row.TwoFactor == nil || *row.TwoFactor || row.Invitation.State != hosting.InvitationExpired || *row.Invitation.Mails != 3 ||
		!row.Invitation.Expires.Equal(time.Date(2031, 5, 8, 9, 10, 0, 5e8, time.UTC)) {
		t.Errorf("got %+v, %+v", row, row.Invitation)
	}
	for _, silent := range []string{`"two_factor":null,"invitation":{"state":"pending"}`, `"invitation":{"state":"pending","mails":null,"expires":null}`} {
		row := read(silent)
		if row.TwoFactor != nil || row.Invitation.Mails != nil || !row.Invitation.Expires.IsZero() {
			t.Errorf("%s: got %+v, %+v", silent, row, row.Invitation)
		}
	}
}
