package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/diagnose"
	"github.com/hostgrant/hostgrant/internal/overview"
)

// goldenText compares what is printed with a file.
func goldenText(t *testing.T, name string, render func(io.Writer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := render(&got); err != nil {
		t.Fatal(err)
	}
	goldenFile(t, name, got.Bytes())
}

// anOverview is one in which everything occurs, with texts as strangers may write them.
func anOverview(now time.Time) overview.Overview {
	at := func(d time.Duration) metav1.Time { return metav1.NewTime(now.Add(d).UTC()) }
	changed := at(-90 * time.Minute)
	o := overview.Overview{
		Backends: []overview.Backend{
			{
				Namespace: "hosting", Name: "owner", Mode: v1alpha1.ModeEnforce, Authority: v1alpha1.AuthorityAuthoritative, Ready: metav1.ConditionTrue, Reason: "Listed", TableChangedAt: &changed,
				People: &v1alpha1.BackendCounts{Managed: 12, Undeclared: 3, Invited: 1, Accounts: 4, Servers: 1}, Grants: overview.Grants{Total: 9, Ready: 7, Failing: 1}, WritesPerMinute: 50, Waiting: map[string]int{"RemovalLimit": 12},
			},
			{Namespace: "hosting", Name: "zoo", Mode: v1alpha1.ModeObserve, Authority: v1alpha1.AuthorityAdditive, Suspended: true, Ready: metav1.ConditionUnknown, WritesPerMinute: 50},
		},
		Held: []overview.Batch{
			{Namespace: "hosting", Backend: "owner", Digest: "4882fe3d67e6", Cause: "agency", People: 12, Since: at(-2 * time.Hour)},
			{Namespace: "hosting", Backend: "owner", Digest: "aa82fe3d67e6", Cause: "agency", People: 1, Since: at(-time.Minute), Released: true},
		},
		Failing:     []overview.Failure{{Object: "PermissionGrant hosting/agency", Reason: "PlaceUnknown", Message: "no account `x` | <img src=x> @everyone \x1b[31m"}},
		Expiring:    []overview.Date{{Object: "Profile hosting/cyd", At: at(3 * time.Hour)}},
		Reviews:     []overview.Review{{Object: "PermissionGrant hosting/a", At: at(-48 * time.Hour), Overdue: true, Missed: v1alpha1.MissedReviewWithdraw}, {Object: "PermissionGrant hosting/b", At: at(30 * time.Hour), Missed: v1alpha1.MissedReviewWarn}},
		Invitations: []overview.Invitation{{Namespace: "hosting", Backend: "owner", Person: "Profile/ann", Record: "owner-1", State: v1alpha1.InvitationRefused, Message: "550 no"}},
		Residual:    []overview.Failure{{Object: "Profile hosting/bob", Reason: "PersonSuspended", Message: "still has 2 permissions on owner"}},
		Notes:       []string{"you may not read Teams: which of them fail is not known"},
	}
	for i := range statusRows + 3 {
		o.Failing = append(o.Failing, overview.Failure{Object: fmt.Sprintf("Team hosting/t-%02d", i), Reason: "ReferenceNotFound", Message: "there is no such Profile"})
	}
	return o
}

func TestStatusFormats(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	goldenAnswer(t, "status", answerFormats, statusOf{anOverview(now), now})
	goldenText(t, "status.quiet.table", func(out io.Writer) error {
		return printTable(out, statusOf{overview.Overview{Backends: anOverview(now).Backends[:1]}, now})
	})
}

func TestDoctorFormats(t *testing.T) {
	checks := []diagnose.Check{
		{Level: diagnose.OK, Name: "url", Found: "an API answers there"},
		{Level: diagnose.Warn, Name: "clock", Found: "ours is 1m0s ahead of the provider's clock", Mend: "synchronise the clock that is wrong"},
		{Level: diagnose.Fail, Name: "key", Found: "the provider refuses the key: `x` <b>\x1b[31m", Mend: "put a valid one into the Secret"},
	}
	for name, render := range doctorFormats {
		goldenText(t, "doctor."+name, func(out io.Writer) error { return render(out, checks) })
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]time.Duration{"7d": 168 * time.Hour, "0d": 0, "12h": 12 * time.Hour, "90m": 90 * time.Minute, "36h": 36 * time.Hour} {
		var d days
		if err := d.Set(text); err != nil || time.Duration(d) != want {
			t.Error(text, time.Duration(d), err)
		}
	}
	for _, text := range []string{"", "d", "7", "-1d", "1.5d", "7dd", "-3h", "99999d", "7 d"} {
		var d days
		if err := d.Set(text); err == nil {
			t.Errorf("%q: %v, %v", text, time.Duration(d), err)
		}
	}
	if week := days(168 * time.Hour); week.String() != "7d" {
		t.Error(week.String())
	}
}

// Without a cluster, or with a format that there is not, one line says what to do.
func TestWhatStatusAndDoctorRefuse(t *testing.T) {
	ask := provided(t)[1:]
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"status"}, "error: no cluster is configured"},
		{[]string{"status", "-o", "xml"}, `error: --output "xml": give one of json, markdown, table, yaml`},
		{[]string{"status", "--within", "soon"}, `invalid argument "soon" for "--within" flag: give a time from 0d to 36500d`},
		{[]string{"doctor"}, "error: no cluster is configured"},
		{[]string{"doctor", "-o", "xml"}, `error: --output "xml": give one of`},
		{append([]string{"doctor", "owner"}, ask...), "leave out BACKEND, or the URL"},
		{[]string{"doctor", "--backend-url", "http://a.example/v1/"}, "it has to begin with https://"},
		{[]string{"approve", "owner"}, "error: no cluster is configured"},
		{[]string{"approve", "owner", "--yes", "--reason", "x"}, "error: --yes: give --digest and --reason as well"},
		{[]string{"approve", "owner", "--reason", strings.Repeat("x", 1025)}, "--reason: it has 1025 characters, and may have 1024"},
		{[]string{"approve", "owner", "--timeout", "-1s"}, "--timeout -1s: give a time above 0"},
	} {
		code, out, failure := run(t, "", c.args...)
		if code != exitError || out != "" || !strings.Contains(failure, c.want) || strings.Count(failure, "\n") != 1 {
			t.Errorf("%v: ends with %d, says %s%s, want %s", c.args, code, failure, out, c.want)
		}
	}
}
