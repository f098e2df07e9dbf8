// Package hosting is the domain of the provider: its permissions, its table, what it can
// be asked, and how it fails. It does no I/O.
package hosting

import (
	"strings"
	"unique"
)

// Scope is where a permission applies. The values are those of the API's Scope.
type Scope string

// The scopes. Flag holds the "2FA required" box, which is one per person.
const (
	ScopeOverall Scope = "Overall"
	ScopeAccount Scope = "Account"
	ScopeServer  Scope = "Server"
	ScopeFlag    Scope = "Flag"
)

// TwoFactor is the name of the "2FA required" box in the catalogue.
const TwoFactor = "requireTwoFactor"

// Trait is something worth knowing of a permission beyond its name.
type Trait uint8

// The traits. Sources: the provider's documentation of permissions and of tickets.
const (
	// TraitNotification: whoever holds it is told; it opens no menu of its own.
	TraitNotification Trait = 1 << iota
	// TraitPrivateCloud: exists for servers of a Private Cloud only.
	TraitPrivateCloud
	// TraitCostsMoney: using it can put something on the bill.
	TraitCostsMoney
	// TraitEveryAccount: reaches every account of the server.
	TraitEveryAccount
	// TraitNeedsBilling: its billable operations also need overall Billing.
	TraitNeedsBilling
)

// Permission is one line of the provider's Permissions form.
type Permission struct {
	// Scope it is listed under.
	Scope Scope
	// Name in manifests.
	Name string
	// Key on the wire. The vendor documents none: keys are assumed.
	Key string
	// LabelEN and LabelFR are the provider's words.
	LabelEN, LabelFR string
	// Traits, or'ed.
	Traits Trait
	// ImpliesScope: holding it opens everything of that scope, everywhere.
	ImpliesScope Scope
}

// Has says whether the permission has all of the traits.
func (p Permission) Has(t Trait) bool { return p.Traits&t == t }

// Implies says whether whoever holds p may do what o is for, at every place. It makes nobody a contact.
func (p Permission) Implies(o Permission) bool {
	return p.ImpliesScope != "" && p.ImpliesScope == o.Scope && !o.Has(TraitNotification)
}

// Reaches says whether whoever holds p on a server may do what o is for, on the server's accounts.
func (p Permission) Reaches(o Permission) bool {
	return p.Scope == ScopeServer && o.Scope == ScopeAccount && reaches[p.Name] == o.Name
}

// reaches are the server permissions that open a menu of every account located on that server. Source: the vendor's words
// for the two ("simplified access to the various accounts", "overall access to databases for all accounts").
var reaches = map[string]string{"SSHUsers": "SSH", "DatabaseUsers": "Databases"}

// catalogue is the one table of permissions: CRD enums, wire keys, docs and pages follow
// from it. The next permission is one line.
var catalogue = []Permission{
	{ScopeOverall, "AccountManagement", "account_management", "Account management", "Gestion des comptes", 0, ""},
	{ScopeOverall, "Billing", "billing", "Billing", "Facturation", 0, ""},
	{ScopeOverall, "AccountTechnical", "account_technical", "Technical at account level", "Technique au niveau des comptes", 0, ScopeAccount},
	{ScopeOverall, "ServerTechnical", "server_technical", "Technical at server level", "Technique au niveau des serveurs", TraitPrivateCloud, ScopeServer},

	{ScopeAccount, "TechnicalContact", "technical_contact", "Technical contact", "Contact technique", TraitNotification, ""},
	{ScopeAccount, "Usage", "usage", "Usage", "Consommation", 0, ""},
	{ScopeAccount, "Resources", "resource", "Resources", "Ressources", TraitPrivateCloud, ""},
	{ScopeAccount, "Statistics", "statistics", "Statistics", "Statistiques", 0, ""},
	{ScopeAccount, "Sites", "site", "Sites", "Sites", 0, ""},
	{ScopeAccount, "Domains", "domain", "Domains", "Domaines", TraitNeedsBilling, ""},
	{ScopeAccount, "Emails", "mailbox", "Emails", "E-mails", 0, ""},
	{ScopeAccount, "EmailHistory", "mailbox_history", "History of sent emails", "Historique des e-mails envoyés", 0, ""},
	{ScopeAccount, "Databases", "database", "Databases", "Bases de données", 0, ""},
	{ScopeAccount, "FTP", "ftp", "FTP", "FTP", 0, ""},
	{ScopeAccount, "SSH", "ssh", "SSH", "SSH", 0, ""},
	{ScopeAccount, "WebDAV", "webdav", "WebDAV", "WebDAV", 0, ""},
	{ScopeAccount, "Environment", "environment", "Environment", "Environnement", 0, ""},
	{ScopeAccount, "Processes", "process", "Processes", "Processus", 0, ""},
	{ScopeAccount, "IPAddresses", "ip", "IP addresses", "Adresses IP", TraitCostsMoney, ""},
	{ScopeAccount, "SSLCertificates", "ssl", "SSL certificates", "Certificats SSL", 0, ""},
	{ScopeAccount, "Migration", "migration", "Migration", "Migration", 0, ""},
	{ScopeAccount, "ScheduledTasks", "job", "Scheduled tasks", "Tâches planifiées", 0, ""},
	{ScopeAccount, "Backups", "backup", "Backups", "Sauvegardes", 0, ""},
	{ScopeAccount, "Services", "service", "Services", "Services", 0, ""},

	{ScopeServer, "TechnicalContact", "technical_contact", "Technical contact", "Contact technique", TraitNotification, ""},
	{ScopeServer, "SSHUsers", "ssh_user", "SSH users", "Utilisateurs SSH", TraitEveryAccount, ""},
	{ScopeServer, "FirewallRules", "firewall", "Firewall rules", "Règles firewall", 0, ""},
	{ScopeServer, "SMTPConfiguration", "smtp", "SMTP configuration", "Configuration SMTP", 0, ""},
	{ScopeServer, "DatabaseUsers", "database_user", "Database users", "Utilisateurs base de données", TraitEveryAccount, ""},
	{ScopeServer, "SSLConfiguration", "ssl", "SSL configuration", "Configuration SSL", 0, ""},
	{ScopeServer, "HTTPConfiguration", "http", "HTTP configuration", "Configuration HTTP", 0, ""},
	{ScopeServer, "Consumption", "usage", "Consumption", "Consommation", 0, ""},
	{ScopeServer, "Resources", "resource", "Resources", "Ressources", 0, ""},
	{ScopeServer, "Migration", "migration", "Migration", "Migration", 0, ""},

	{ScopeFlag, TwoFactor, "require_2fa", "2FA required", "2FA nécessaire", 0, ""},
}

type catalogueKey struct {
	scope Scope
	word  string
}

var (
	byName = indexCatalogue(func(p Permission) string { return p.Name })
	byKey  = indexCatalogue(func(p Permission) string { return p.Key })
)

func indexCatalogue(word func(Permission) string) map[catalogueKey]Permission {
	index := make(map[catalogueKey]Permission, len(catalogue))
	for _, p := range catalogue {
		index[catalogueKey{p.Scope, word(p)}] = p
	}
	return index
}

// Catalogue returns every permission, in the provider's order. The slice is the caller's.
func Catalogue() []Permission { return append([]Permission(nil), catalogue...) }

// ByName finds a permission by its name in manifests.
func ByName(scope Scope, name string) (Permission, bool) {
	p, ok := byName[catalogueKey{scope, name}]
	return p, ok
}

// wirePrefix marks a permission that the provider has and the catalogue lacks. It is kept
// as it is, so that writing a row never loses it.
const wirePrefix = "wire:"

// NameOfKey is the name of a wire key; "wire:<key>" where the catalogue lacks it. All who ask for
// the same key get the same string, so that a table of many rows keeps it once.
func NameOfKey(scope Scope, key string) string {
	if p, ok := byKey[catalogueKey{scope, key}]; ok {
		return p.Name
	}
	return unique.Make(wirePrefix + key).Value()
}

// KeyOfName is the wire key of a name, the inverse of NameOfKey. It is empty for a name
// that is neither in the catalogue nor a "wire:" one.
func KeyOfName(scope Scope, name string) string {
	if p, ok := byName[catalogueKey{scope, name}]; ok {
		return p.Key
	}
	if key, ok := strings.CutPrefix(name, wirePrefix); ok {
		return key
	}
	return ""
}
