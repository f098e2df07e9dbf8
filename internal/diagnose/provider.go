package diagnose

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/status"
)

// Probe is what calls to a provider came to. Errors are *hosting.Error; nil where a call went well. A call after one that
// failed may not have been made: it is not looked at.
type Probe struct {
	// Control is a list of a resource that every provider documents: accounts. It tells what is wrong with the URL or
	// the key from what the provider lacks.
	Control  error
	Accounts int
	// Servers is a list of servers.
	Servers     error
	ServerCount int
	// Permissions is a list of the permission table.
	Permissions error
	People      int
	Features    []v1alpha1.Feature
	// Identity is whose the key is.
	Identity error
	Who      hosting.Identity
	// Addresses: they may be told.
	Addresses bool
	// Ahead is how far our clock is ahead of the provider's, where Dated.
	Ahead time.Duration
	Dated bool
}

// Provider judges a provider and a key to it.
func Provider(p Probe) []Check {
	checks := control(p.Control)
	if p.Control != nil {
		return checks
	}
	checks = append(checks, identity(p), documented(p), permissions(p))
	if p.Permissions == nil {
		checks = append(checks, features(p.Features, p.People > 0))
	}
	return append(checks, clock("the provider's clock", p.Ahead, p.Dated))
}

// control tells what is wrong with the URL from what is wrong with the key.
func control(err error) []Check {
	const root = "give the root of the API, for instance https://api.alwaysdata.com/v1/"
	answers := Check{Level: OK, Name: "url", Found: "an API answers there"}
	failed, _ := errors.AsType[*hosting.Error](err)
	switch class := hosting.ClassOf(err); {
	case err == nil:
		return []Check{answers}
	case class == hosting.ClassUnauthorized:
		return []Check{answers, {Fail, "key", "the provider refuses the key: " + detail(err), "put a valid token of the owner into HOSTGRANT_TOKEN or --token-file, or the Secret; a token that is limited to certain addresses answers so from others, too"}}
	case class == hosting.ClassForbidden:
		return []Check{answers, {Fail, "key", "the provider forbids the key to list accounts: " + detail(err), "use a token of the owner, or allow this machine's address for it"}}
	case class == hosting.ClassRateLimited:
		return []Check{{Warn, "url", "the provider asks to wait: " + detail(err), "run it again later"}}
	case class == hosting.ClassUnsupported || class == hosting.ClassInvalid:
		return []Check{{Fail, "url", "there is no list of accounts, which every provider has: " + detail(err), "the URL is wrong: " + root}}
	case failed != nil && failed.Status == 0:
		return []Check{{Fail, "url", "no answer: " + detail(err), "check the host name, the network, and the certificate (--backend-ca, endpoint.caBundle)"}}
	case failed != nil && failed.Status < http.StatusInternalServerError:
		return []Check{{Fail, "url", "what answers is no API of a provider: " + detail(err), "the URL is wrong: " + root}}
	}
	return []Check{{Fail, "url", "the provider is in trouble: " + detail(err), "run it again later, or ask the provider"}}
}

// documented tells which of the calls that the provider documents work, and what they list. The list of accounts does.
func documented(p Probe) Check {
	const name = "documented calls"
	working, listed := []string{"account"}, status.Count(p.Accounts, "account", "accounts")
	if p.Identity == nil {
		working = append(working, "customer")
	}
	if p.Servers != nil {
		return Check{Fail, name, fmt.Sprintf("%s answered (%s); the list of servers cannot be read: %s", join(working), listed, detail(p.Servers)), "without it no table is read; use a key of the owner, or ask the provider"}
	}
	return Check{Level: OK, Name: name, Found: fmt.Sprintf("%s answered: %s, %s", join(append(working, "server")), listed, status.Count(p.ServerCount, "server", "servers"))}
}

// permissions judges the permission resource, where the control answered.
func permissions(p Probe) Check {
	const name = "permission resource"
	failed, _ := errors.AsType[*hosting.Error](p.Permissions)
	lacks := failed != nil && (failed.Status == http.StatusMethodNotAllowed || failed.Status == http.StatusNotImplemented)
	switch class := hosting.ClassOf(p.Permissions); {
	case p.Permissions == nil:
		return Check{Level: OK, Name: name, Found: fmt.Sprintf("it is there, with %s in the table: work with --backend-url, or with a HostingBackend in a cluster", status.Count(p.People, "person", "people"))}
	case class == hosting.ClassUnsupported || lacks:
		return Check{Fail, name, fmt.Sprintf("%s: accounts are listed, and permissions are not there: %s", v1alpha1.ReasonPermissionAPIUnavailable, detail(p.Permissions)),
			"URL and key are right, and the provider has no permission API: ask it for one; until then work with hostgrant table and hostgrant worklist (docs/real-account.md)"}
	case class == hosting.ClassUnauthorized || class == hosting.ClassForbidden:
		return Check{Fail, name, "the key may list accounts, but not permissions: " + detail(p.Permissions), "use a token of the owner's own profile"}
	case class == hosting.ClassRateLimited:
		return Check{Warn, name, "the provider asks to wait: " + detail(p.Permissions), "run it again later"}
	case failed != nil && failed.Status == http.StatusOK:
		return Check{Fail, name, "it answers otherwise than the contract says: " + detail(p.Permissions), "ask the provider which contract it serves (internal/hosting/contract/openapi.yaml is ours)"}
	}
	return Check{Fail, name, "it cannot be read: " + detail(p.Permissions), "run it again later, or ask the provider"}
}

// identity tells whose the key is.
func identity(p Probe) Check {
	if p.Identity != nil {
		return Check{Fail, "key", "it lists accounts, and whose it is cannot be read: " + detail(p.Identity), "use a token of the owner's own profile, or check --backend-customer"}
	}
	found := fmt.Sprintf("it works, for the owner with id %d", p.Who.CustomerID)
	if p.Addresses {
		found += ", " + p.Who.Email
		if p.Who.Holder != p.Who.Email {
			found += "; it belongs to " + p.Who.Holder
		}
	} else if p.Who.Holder != p.Who.Email {
		found += "; it belongs to another profile"
	}
	return Check{Level: OK, Name: "key", Found: found}
}

// optional are the features that a provider may lack, and what does not work then.
var optional = []struct {
	feature v1alpha1.Feature
	lack    string
}{
	{v1alpha1.FeatureInvitationLink, "invitations.sender SMTP"},
	{v1alpha1.FeatureInviteAgain, "inviting somebody again"},
	{v1alpha1.FeatureTwoFactor, "telling who lacks a second factor"},
}

// features tells what the provider supports; rows says whether there are any to tell it by.
func features(has []v1alpha1.Feature, rows bool) Check {
	seen := map[v1alpha1.Feature]bool{}
	for _, feature := range has {
		seen[feature] = true
	}
	var lacks []string
	for _, one := range optional {
		if !seen[one.feature] {
			lacks = append(lacks, one.lack)
		}
	}
	check := Check{Level: OK, Name: "features", Found: join(has)}
	switch {
	case len(lacks) > 0 && !rows:
		check.Found += "; the table is empty, and only its rows tell of others"
	case len(lacks) > 0:
		check.Found += "; not supported: " + join(lacks)
	}
	return check
}

// detail is an error without its class, which the check says.
func detail(err error) string {
	failed, ok := errors.AsType[*hosting.Error](err)
	if !ok {
		return err.Error()
	}
	text := failed.Op
	if failed.Status != 0 {
		text += fmt.Sprintf(" (HTTP %d)", failed.Status)
	}
	if failed.Field != "" {
		text += fmt.Sprintf(", field %q", failed.Field)
	}
	if failed.Detail != "" {
		text += ": " + failed.Detail
	}
	if failed.Err != nil {
		text += ": " + failed.Err.Error()
	}
	return text
}
