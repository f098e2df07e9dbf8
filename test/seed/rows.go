// Package seed holds the provider's page of permissions, sentence by sentence, with the test
// that proves each by its effect on the people: the specs of this package are made from it,
// and so is docs/coverage.md.
package seed

import "github.com/hostgrant/hostgrant/internal/hosting"

// Headings of the page.
const (
	Overall   = "Overall permissions"
	ByAccount = "By account"
	ByServer  = "By server"
	Other     = "Other informations"
)

// Row is one sentence of the page.
type Row struct {
	// Section is the heading it stands under.
	Section string
	// Label of a permission; empty for the sentences under Other.
	Label string
	// Words say what the permission is for, as the page does but for its links; empty where
	// the label speaks for itself. Under Other they are the sentence.
	Words string
	// Scope and Name in the catalogue; empty for a sentence about no box of the form.
	Scope hosting.Scope
	Name  string
	// Proof is what the spec of this row sees.
	Proof Proof
	// Further tests of this very row.
	Further []Test
}

// Spec is the name of the row's spec.
func (r Row) Spec() string {
	switch "" {
	case r.Label:
		return r.Words
	case r.Words:
		return r.Label
	}
	return r.Label + ": " + r.Words
}

// Test is a test somewhere else.
type Test struct {
	// Suite is its folder.
	Suite string
	// Name of the function or, for Ginkgo, the text of the spec.
	Name string
}

// Proof is a kind of spec, by what it is about.
type Proof string

// The proofs. In each of them the access is a PermissionGrant's, begins with it and ends with it.
const (
	OpensMenu        Proof = "one menu"
	TellsBilling     Proof = "billing mails"
	OpensLevel       Proof = "a whole level"
	TellsContacts    Proof = "ticket mails"
	ReachesAccounts  Proof = "accounts of a server"
	AsksSecondFactor Proof = "second factor"
	RemovesAll       Proof = "leaving"
	Invites          Proof = "invitation"
)

// Rows are the sentences in the order of the page.
var Rows = []Row{
	{Overall, "Account management", "delegates account opening to your associates", hosting.ScopeOverall, "AccountManagement", OpensMenu, nil},
	{Overall, "Billing", "lets accounting or administrative departments receive an alert when your account balance is negative or " +
		"when a ticket relating to billing is opened by us", hosting.ScopeOverall, "Billing", TellsBilling, alerts},
	{Overall, "Technical at account level", "lets technical teams manage the purely technical aspects of your hosting (sites, e-mails, " +
		"databases) without worrying about its management or billing", hosting.ScopeOverall, "AccountTechnical", OpensLevel, nil},
	{Overall, "Technical at server level", "available on Private Cloud, your network administrator can manage the rules for the firewalls, " +
		"e-mail send queues and many other aspects", hosting.ScopeOverall, "ServerTechnical", OpensLevel, nil},

	{ByAccount, "Technical contact", "be alerted when a technical ticket is opened by our services relating to the account",
		hosting.ScopeAccount, "TechnicalContact", TellsContacts, alerts},
	{ByAccount, "Usage", "monitor disk space consumption", hosting.ScopeAccount, "Usage", OpensMenu, nil},
	{ByAccount, "Statistics", "analyze the visits to your sites", hosting.ScopeAccount, "Statistics", OpensMenu, nil},
	{ByAccount, "Sites", "configure the websites and the Apache environment", hosting.ScopeAccount, "Sites", OpensMenu, story},
	{ByAccount, "Domains", "", hosting.ScopeAccount, "Domains", OpensMenu, nil},
	{ByAccount, "Emails", "", hosting.ScopeAccount, "Emails", OpensMenu, nil},
	{ByAccount, "Databases", "", hosting.ScopeAccount, "Databases", OpensMenu, nil},
	{ByAccount, "FTP", "", hosting.ScopeAccount, "FTP", OpensMenu, nil},
	{ByAccount, "SSH", "", hosting.ScopeAccount, "SSH", OpensMenu, nil},
	{ByAccount, "WebDAV", "", hosting.ScopeAccount, "WebDAV", OpensMenu, nil},
	{ByAccount, "Environment", "configure the programming languages", hosting.ScopeAccount, "Environment", OpensMenu, nil},
	{ByAccount, "Processes", "HTTP processes executed that may be analyzed or killed", hosting.ScopeAccount, "Processes", OpensMenu, nil},
	{ByAccount, "IP addresses", "rent dedicated IPs for HTTP or SMTP", hosting.ScopeAccount, "IPAddresses", OpensMenu, nil},
	{ByAccount, "SSL certificates", "", hosting.ScopeAccount, "SSLCertificates", OpensMenu, nil},
	{ByAccount, "Migration", "", hosting.ScopeAccount, "Migration", OpensMenu, nil},
	{ByAccount, "Scheduled tasks", "", hosting.ScopeAccount, "ScheduledTasks", OpensMenu, nil},
	{ByAccount, "Backups", "", hosting.ScopeAccount, "Backups", OpensMenu, nil},
	{ByAccount, "Services", "", hosting.ScopeAccount, "Services", OpensMenu, nil},

	{ByServer, "Technical contact", "be notified when a technical ticket is opened by our services relating to a server",
		hosting.ScopeServer, "TechnicalContact", TellsContacts, alerts},
	{ByServer, "SSH users", "install SSH keys for simplified access to the various accounts", hosting.ScopeServer, "SSHUsers", ReachesAccounts, reach},
	{ByServer, "Firewall rules", "create firewall rules and refer to automatic IP banning", hosting.ScopeServer, "FirewallRules", OpensMenu, nil},
	{ByServer, "SMTP configuration", "manage the e-mail send queue, SMTP relaying and spam score", hosting.ScopeServer, "SMTPConfiguration", OpensMenu, nil},
	{ByServer, "Database users", "permit overall access to databases for all accounts", hosting.ScopeServer, "DatabaseUsers", ReachesAccounts, reach},
	{ByServer, "SSL configuration", "choose the SSL certificate to return to the server (*.alwaysdata.net by default) and the server TLS configuration",
		hosting.ScopeServer, "SSLConfiguration", OpensMenu, nil},
	{ByServer, "HTTP configuration", "choose a website that will be the default home page and the log retention period",
		hosting.ScopeServer, "HTTPConfiguration", OpensMenu, nil},
	{ByServer, "Consumption", "monitor disk space consumption for your entire server", hosting.ScopeServer, "Consumption", OpensMenu, nil},
	{ByServer, "Resources", "change the resource limits by account (e.g. RAM usage)", hosting.ScopeServer, "Resources", OpensMenu, nil},

	{Other, "", `When the "2FA required" box is checked, the user in question must log in with 2 factors to access the menus to which they ` +
		"have been given access.", hosting.ScopeFlag, hosting.TwoFactor, AsksSecondFactor, twoFactor},
	{Other, "", "It is possible to remove the permissions that we have on other profiles through the Permissions > My Permissions menu. " +
		"The removal is not fine, they will all be removed.", "", "", RemovesAll, leaving},
	{Other, "", "When creating permissions to an email address that does not have an alwaysdata profile, that person will receive an email " +
		"to initialize its profile.", "", "", Invites, joining},
}
