package diagnose

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

func answered(class hosting.Class, code int, detail string) error {
	return &hosting.Error{Class: class, Op: "list", Status: code, Detail: detail}
}

// lines are checks, one a line, as "level name".
func lines(checks []Check) string {
	list := make([]string, len(checks))
	for i, check := range checks {
		list[i] = string(check.Level) + " " + check.Name
		if check.Level != OK && check.Mend == "" {
			list[i] += " WITHOUT A WAY TO MEND IT"
		}
	}
	return strings.Join(list, "\n")
}

// good is a provider of which nothing is wrong.
func good() Probe {
	return Probe{
		Accounts: 2, ServerCount: 1, People: 3, Dated: true, Who: hosting.Identity{CustomerID: 7, Email: "owner@a.example", Holder: "owner@a.example"},
		Features: []v1alpha1.Feature{v1alpha1.FeaturePermissions, v1alpha1.FeatureInvitationLink, v1alpha1.FeatureInviteAgain, v1alpha1.FeatureTwoFactor},
	}
}

const wellAll = "ok url\nok key\nok documented calls\nok permission resource\nok features\nok clock"

// A provider without the resource, a key that is refused and a URL that is wrong are told apart.
func TestProvider(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*Probe)
		want   string
		says   string
	}{
		"all is well":             {func(*Probe) {}, wellAll, "for the owner with id 7"},
		"the key is refused":      {func(p *Probe) { p.Control = answered(hosting.ClassUnauthorized, 401, "") }, "ok url\nfail key", "refuses the key: list (HTTP 401)"},
		"the key is forbidden":    {func(p *Probe) { p.Control = answered(hosting.ClassForbidden, 403, "") }, "ok url\nfail key", "forbids"},
		"no API there":            {func(p *Probe) { p.Control = answered(hosting.ClassUnsupported, 404, "") }, "fail url", "no list of accounts"},
		"a page of HTML":          {func(p *Probe) { p.Control = answered(hosting.ClassUnavailable, 200, "HTML") }, "fail url", "no API of a provider"},
		"a redirect":              {func(p *Probe) { p.Control = answered(hosting.ClassUnavailable, 301, "redirects") }, "fail url", "no API of a provider"},
		"no answer":               {func(p *Probe) { p.Control = answered(hosting.ClassUnavailable, 0, "no such host") }, "fail url", "no answer: list: no such host"},
		"the provider is down":    {func(p *Probe) { p.Control = answered(hosting.ClassUnavailable, 503, "") }, "fail url", "in trouble"},
		"an error of another way": {func(p *Probe) { p.Control = errors.New("odd") }, "fail url", "odd"},
		"too many calls":          {func(p *Probe) { p.Control = answered(hosting.ClassRateLimited, 429, "") }, "warn url", "asks to wait"},
		"no permission resource": {func(p *Probe) { p.Permissions = answered(hosting.ClassUnsupported, 404, "") },
			"ok url\nok key\nok documented calls\nfail permission resource\nok clock", "PermissionAPIUnavailable: accounts are listed, and permissions are not there"},
		"no such method": {func(p *Probe) { p.Permissions = answered(hosting.ClassInvalid, 405, "") },
			"ok url\nok key\nok documented calls\nfail permission resource\nok clock", "PermissionAPIUnavailable"},
		"permissions are for others": {func(p *Probe) { p.Permissions = answered(hosting.ClassForbidden, 403, "") },
			"ok url\nok key\nok documented calls\nfail permission resource\nok clock", "may list accounts, but not permissions"},
		"another shape": {func(p *Probe) {
			p.Permissions = &hosting.Error{Class: hosting.ClassUnavailable, Op: "list", Status: 200, Field: "email", Detail: "is missing"}
		},
			"ok url\nok key\nok documented calls\nfail permission resource\nok clock", `otherwise than the contract says: list (HTTP 200), field "email": is missing`},
		"permissions are down": {func(p *Probe) { p.Permissions = answered(hosting.ClassUnavailable, 502, "") },
			"ok url\nok key\nok documented calls\nfail permission resource\nok clock", "cannot be read"},
		"permissions are limited": {func(p *Probe) { p.Permissions = answered(hosting.ClassRateLimited, 429, "") },
			"ok url\nok key\nok documented calls\nwarn permission resource\nok clock", "asks to wait"},
		"no servers": {func(p *Probe) { p.Servers = answered(hosting.ClassUnsupported, 404, "") },
			"ok url\nok key\nfail documented calls\nok permission resource\nok features\nok clock", "account, customer answered (2 accounts); the list of servers cannot be read"},
		"whose is not told": {func(p *Probe) { p.Identity = answered(hosting.ClassForbidden, 403, "") },
			"ok url\nfail key\nok documented calls\nok permission resource\nok features\nok clock", "whose it is cannot be read"},
		"of another profile": {func(p *Probe) { p.Who.Holder = "agent@a.example" }, wellAll, "belongs to another profile"},
		"addresses":          {func(p *Probe) { p.Addresses, p.Who.Holder = true, "agent@a.example" }, wellAll, "owner@a.example; it belongs to agent@a.example"},
		"lacks what is optional": {func(p *Probe) { p.Features = p.Features[:1] }, wellAll,
			"Permissions; not supported: invitations.sender SMTP, inviting somebody again, telling who lacks a second factor"},
		"an empty table":      {func(p *Probe) { p.Features, p.People = p.Features[:1], 0 }, wellAll, "only its rows tell of others"},
		"half a minute ahead": {func(p *Probe) { p.Ahead = 30 * time.Second }, wellAll, "agree within 30s"},
		"a minute ahead":      {func(p *Probe) { p.Ahead = time.Minute }, strings.Replace(wellAll, "ok clock", "warn clock", 1), "ours is 1m0s ahead of the provider's clock"},
		"far behind":          {func(p *Probe) { p.Ahead = -time.Hour }, strings.Replace(wellAll, "ok clock", "fail clock", 1), "ours is 1h0m0s behind the provider's clock"},
		"tells no time":       {func(p *Probe) { p.Dated = false }, strings.Replace(wellAll, "ok clock", "warn clock", 1), "is not told"},
	} {
		probe := good()
		c.change(&probe)
		checks := Provider(probe)
		text := ""
		for _, check := range checks {
			text += check.Found + "\n"
		}
		if got := lines(checks); got != c.want || !strings.Contains(text, c.says) {
			t.Errorf("%s:\n%s\n%s\nexpected\n%s\n%s", what, got, text, c.want, c.says)
		}
		if (Failed(checks) > 0) != strings.Contains(c.want, "fail") {
			t.Error(what, Failed(checks))
		}
		if !probe.Addresses && strings.Contains(text, "@") {
			t.Error(what, "tells an address:", text)
		}
	}
}
