package hosting

// Bilingual is one text in the languages of the provider's administration.
type Bilingual struct{ EN, FR string }

// Label is the provider's word for the permission.
func (p Permission) Label() Bilingual { return Bilingual{p.LabelEN, p.LabelFR} }

// Meaning is what the provider says the permission is for, without a full stop. It is empty
// where the label has to speak for itself.
func (p Permission) Meaning() Bilingual { return meanings[catalogueKey{p.Scope, p.Name}] }

// meanings are the words of the provider's documentation of permissions; the French ones are
// translated from them.
var meanings = map[catalogueKey]Bilingual{
	{ScopeOverall, "AccountManagement"}: {
		"delegates account opening to your associates",
		"délègue l’ouverture de comptes à vos collaborateurs",
	},
	{ScopeOverall, "Billing"}: {
		"lets accounting or administrative departments receive an alert when your account balance is negative or when a ticket relating to billing is opened by us",
		"permet aux services comptables ou administratifs d’être alertés quand le solde du compte est négatif ou quand nous ouvrons un ticket lié à la facturation",
	},
	{ScopeOverall, "AccountTechnical"}: {
		"lets technical teams manage the purely technical aspects of your hosting (sites, e-mails, databases) without worrying about its management or billing",
		"permet aux équipes techniques de gérer les aspects purement techniques de l’hébergement (sites, e-mails, bases de données) sans se soucier de sa gestion ni de sa facturation",
	},
	{ScopeOverall, "ServerTechnical"}: {
		"available on Private Cloud: your network administrator can manage the rules for the firewalls, e-mail send queues and many other aspects",
		"disponible en Cloud privé : votre administrateur réseau peut gérer les règles des pare-feu, les files d’envoi d’e-mails et bien d’autres aspects",
	},

	{ScopeAccount, "TechnicalContact"}: {
		"be alerted when a technical ticket is opened by our services relating to the account",
		"être alerté quand nos services ouvrent un ticket technique concernant le compte",
	},
	{ScopeAccount, "Usage"}:       {"monitor disk space consumption", "suivre la consommation d’espace disque"},
	{ScopeAccount, "Statistics"}:  {"analyze the visits to your sites", "analyser les visites de vos sites"},
	{ScopeAccount, "Sites"}:       {"configure the websites and the Apache environment", "configurer les sites web et l’environnement Apache"},
	{ScopeAccount, "Environment"}: {"configure the programming languages", "configurer les langages de programmation"},
	{ScopeAccount, "Processes"}: {
		"HTTP processes executed that may be analyzed or killed",
		"les processus HTTP exécutés, qui peuvent être analysés ou tués",
	},
	{ScopeAccount, "IPAddresses"}: {"rent dedicated IPs for HTTP or SMTP", "louer des IP dédiées pour HTTP ou SMTP"},

	{ScopeServer, "TechnicalContact"}: {
		"be notified when a technical ticket is opened by our services relating to a server",
		"être prévenu quand nos services ouvrent un ticket technique concernant un serveur",
	},
	{ScopeServer, "SSHUsers"}: {
		"install SSH keys for simplified access to the various accounts",
		"installer des clés SSH pour un accès simplifié aux différents comptes",
	},
	{ScopeServer, "FirewallRules"}: {
		"create firewall rules and refer to automatic IP banning",
		"créer des règles de pare-feu et consulter le bannissement automatique d’IP",
	},
	{ScopeServer, "SMTPConfiguration"}: {
		"manage the e-mail send queue, SMTP relaying and spam score",
		"gérer la file d’envoi d’e-mails, le relais SMTP et le score de spam",
	},
	{ScopeServer, "DatabaseUsers"}: {
		"permit overall access to databases for all accounts",
		"permettre un accès global aux bases de données de tous les comptes",
	},
	{ScopeServer, "SSLConfiguration"}: {
		"choose the SSL certificate to return to the server and the server TLS configuration",
		"choisir le certificat SSL renvoyé par le serveur et sa configuration TLS",
	},
	{ScopeServer, "HTTPConfiguration"}: {
		"choose a website that will be the default home page and the log retention period",
		"choisir le site web qui sera la page d’accueil par défaut et la durée de conservation des journaux",
	},
	{ScopeServer, "Consumption"}: {
		"monitor disk space consumption for your entire server",
		"suivre la consommation d’espace disque de tout le serveur",
	},
	{ScopeServer, "Resources"}: {
		"change the resource limits by account (e.g. RAM usage)",
		"modifier les limites de ressources par compte (p. ex. l’usage de la RAM)",
	},

	{ScopeFlag, TwoFactor}: {
		"the user in question must log in with 2 factors to access the menus to which they have been given access",
		"la personne doit se connecter avec 2 facteurs pour accéder aux menus auxquels elle a droit",
	},
}
