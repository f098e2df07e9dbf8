package web

import "github.com/hostgrant/hostgrant/internal/reference/access"

// texts are the words of the pages in both languages. The words of permissions are not among
// them: those are the catalogue's.
var texts = map[string]words{
	"date": {"2006-01-02 15:04 UTC", "02/01/2006 15:04 UTC"},

	"site":           {"Hosting", "Hébergement"},
	"colon":          {":", " :"},
	"skip":           {"Skip to the content", "Aller au contenu"},
	"error":          {"Error:", "Erreur :"},
	"nav":            {"Main menu", "Menu principal"},
	"nav.menus":      {"Menus", "Menus"},
	"nav.people":     {"Permissions", "Permissions"},
	"nav.mine":       {"My Permissions", "Mes permissions"},
	"nav.profile":    {"Profile", "Profil"},
	"nav.logout":     {"Log out", "Se déconnecter"},
	"nav.login":      {"Log in", "Se connecter"},
	"language":       {"Language", "Langue"},
	"cancel":         {"Cancel", "Annuler"},
	"yes":            {"yes", "oui"},
	"no":             {"no", "non"},
	"email":          {"E-mail address", "Adresse e-mail"},
	"password":       {"Password", "Mot de passe"},
	"code":           {"Code from your app", "Code de votre application"},
	"scope.Overall":  {"Overall permissions", "Permissions globales"},
	"scope.Account":  {"Account", "Compte"},
	"scope.Server":   {"Server", "Serveur"},
	"scope.Flag":     {"Log-in", "Connexion"},
	"menu.whole":     {"Whole hosting", "Tout l’hébergement"},
	"nothing-held":   {"No permission at all.", "Aucune permission."},
	"factor.way-out": {"Set up a second factor", "Configurer un second facteur"},

	"menu.ServerStatus":  {"Server Status", "État du serveur"},
	"menu.Configuration": {"Configuration", "Configuration"},

	"login.title":   {"Log in", "Se connecter"},
	"login.button":  {"Log in", "Se connecter"},
	"login.refused": {"The address or the password is wrong.", "L’adresse ou le mot de passe est incorrect."},
	"login.ended":   {"Your session has ended. Please log in again.", "Votre session est terminée. Veuillez vous reconnecter."},
	"login.new": {
		"You were invited and have no profile yet? Open the link in the e-mail that invites you.",
		"Vous êtes invité et n’avez pas encore de profil ? Ouvrez le lien de l’e-mail d’invitation.",
	},

	"code.title":   {"Second factor", "Second facteur"},
	"code.intro":   {"Enter the code that your authenticator app shows now.", "Saisissez le code affiché par votre application d’authentification."},
	"code.button":  {"Continue", "Continuer"},
	"code.refused": {"The code is wrong, too old, or was used already. Each code works once: wait for the next one.", "Le code est incorrect, trop ancien ou déjà utilisé. Chaque code ne sert qu’une fois : attendez le suivant."},

	"initialise.title":           {"Initialise your profile", "Initialiser votre profil"},
	"initialise.who":             {"You log in with the address", "Vous vous connectez avec l’adresse"},
	"initialise.until":           {"This link works once, until %s.", "Ce lien fonctionne une seule fois, jusqu’au %s."},
	"initialise.what":            {"What you are given", "Ce qui vous est accordé"},
	"initialise.by":              {"%s gives you permissions on their hosting:", "%s vous accorde des permissions sur son hébergement :"},
	"initialise.refuse":          {"You do not want them? Leave this page. Later, you can remove them under Permissions > My Permissions.", "Vous n’en voulez pas ? Quittez cette page. Plus tard, vous pourrez les supprimer dans Permissions > Mes permissions."},
	"initialise.password":        {"Choose a password", "Choisir un mot de passe"},
	"initialise.rule":            {"%d to %d characters. Nothing else is asked of it: a sentence is fine.", "De %d à %d caractères. Aucune autre règle : une phrase convient."},
	"initialise.repeat":          {"Repeat the password", "Répéter le mot de passe"},
	"initialise.bad-length":      {"The password has to have %d to %d characters.", "Le mot de passe doit comporter de %d à %d caractères."},
	"initialise.bad-repeat":      {"The two passwords differ. Please enter both again.", "Les deux mots de passe diffèrent. Veuillez les saisir à nouveau."},
	"initialise.factor-required": {"Second factor (2FA required)", "Second facteur (2FA nécessaire)"},
	"initialise.factor-optional": {"Second factor (optional)", "Second facteur (facultatif)"},
	"initialise.why-required":    {"Whoever invites you requires a second factor: without one the menus would stay shut.", "La personne qui vous invite exige un second facteur : sans lui, les menus resteraient fermés."},
	"initialise.why-optional":    {"It guards your profile even if somebody learns your password. Leave the code empty to do without; you can set it up later.", "Il protège votre profil même si quelqu’un apprend votre mot de passe. Laissez le code vide pour vous en passer ; vous pourrez le configurer plus tard."},
	"initialise.no-code":         {"A second factor is required: scan the QR code and enter the code that the app shows.", "Un second facteur est nécessaire : scannez le QR code et saisissez le code affiché par l’application."},
	"initialise.replaces": {
		"There is a profile for this address already. What you enter here replaces its password and second factor, and ends its sessions.",
		"Il existe déjà un profil pour cette adresse. Ce que vous saisissez ici remplace son mot de passe et son second facteur, et ferme ses sessions.",
	},
	"initialise.log-in": {"You made it yourself? Log in, and one click is enough.", "Vous l’avez créé vous-même ? Connectez-vous, et un clic suffit."},
	"initialise.button": {"Initialise the profile", "Initialiser le profil"},

	"factor.title":  {"Set up a second factor", "Configurer un second facteur"},
	"factor.scan":   {"1. Scan this QR code with an authenticator app.", "1. Scannez ce QR code avec une application d’authentification."},
	"factor.qr":     {"QR code of the key that is written below", "QR code de la clé écrite ci-dessous"},
	"factor.key":    {"Or enter this key by hand:", "Ou saisissez cette clé à la main :"},
	"factor.enter":  {"2. Enter the code that the app shows.", "2. Saisissez le code affiché par l’application."},
	"factor.button": {"Set up", "Configurer"},
	"factor.others": {"Wherever else you are logged in, you will be logged out.", "Partout ailleurs où vous êtes connecté, vous serez déconnecté."},

	"factor-remove.title":  {"Remove the second factor", "Supprimer le second facteur"},
	"factor-remove.locked": {"Without it, the menus given by these owners are locked, because they require 2FA:", "Sans lui, les menus accordés par ces propriétaires sont verrouillés, car ils exigent la 2FA :"},
	"factor-remove.none":   {"None of your permissions requires it.", "Aucune de vos permissions ne l’exige."},
	"factor-remove.button": {"Remove it", "Le supprimer"},
	"password.wrong":       {"The password is wrong.", "Le mot de passe est incorrect."},

	"profile.title":   {"Profile", "Profil"},
	"profile.factor":  {"Second factor", "Second facteur"},
	"profile.has":     {"A second factor is set up. You are asked for a code each time you log in.", "Un second facteur est configuré. Un code vous est demandé à chaque connexion."},
	"profile.has-not": {"No second factor is set up.", "Aucun second facteur n’est configuré."},
	"profile.locked":  {"The menus given by these owners are locked until you set one up, because they require 2FA:", "Les menus accordés par ces propriétaires sont verrouillés tant que vous n’en configurez pas, car ils exigent la 2FA :"},
	"profile.set-up":  {"The second factor is set up.", "Le second facteur est configuré."},
	"profile.removed": {"The second factor is removed.", "Le second facteur est supprimé."},
	"profile.change":  {"Set up with another app", "Configurer avec une autre application"},
	"profile.remove":  {"Remove the second factor", "Supprimer le second facteur"},

	"dashboard.title":   {"Menus", "Menus"},
	"dashboard.welcome": {"Your profile is initialised, and you are logged in.", "Votre profil est initialisé et vous êtes connecté."},
	"dashboard.own":     {"Your own hosting", "Votre hébergement"},
	"dashboard.of":      {"Hosting of %s", "Hébergement de %s"},
	"dashboard.locked":  {"2FA required: these menus are locked until you log in with a second factor.", "2FA nécessaire : ces menus sont verrouillés tant que vous ne vous connectez pas avec un second facteur."},
	"dashboard.none":    {"No menu opens here.", "Aucun menu ne s’ouvre ici."},
	"dashboard.empty":   {"You have no accounts or servers of your own.", "Vous n’avez ni compte ni serveur."},

	"menu.title":    {"%s", "%s"},
	"menu.for":      {"What it is for", "À quoi il sert"},
	"menu.opens":    {"It opens because %s.", "Il s’ouvre parce que %s."},
	"menu.notified": {"This permission opens no menu: %s.", "Cette permission n’ouvre aucun menu : %s."},
	"menu.end":      {"This reference hosting has nothing behind its menus.", "Cet hébergement de référence n’a rien derrière ses menus."},
	"menu.back":     {"Back to the menus", "Retour aux menus"},
	"denied.title":  {"This menu does not open", "Ce menu ne s’ouvre pas"},
	"denied.reason": {"The reason: %s.", "La raison : %s."},
	"denied.locked": {"It is given to you, and locked until you log in with a second factor.", "Il vous est accordé, et verrouillé tant que vous ne vous connectez pas avec un second facteur."},
}

// reasons are those of package access.
var reasons = map[string]words{
	access.ReasonOwner:      {access.ReasonOwner, "le propriétaire peut utiliser tous les menus"},
	access.ReasonGranted:    {access.ReasonGranted, "la permission est accordée ici"},
	access.ReasonImplied:    {access.ReasonImplied, "une permission technique globale ouvre tous les menus de ce niveau"},
	access.ReasonReached:    {access.ReasonReached, "une permission sur le serveur du compte s’étend à tous les comptes qui s’y trouvent"},
	access.ReasonAnyGrant:   {access.ReasonAnyGrant, "toute permission à cet endroit ouvre ce menu"},
	access.ReasonToldOf:     {"you would be told of a technical ticket, and no second factor is asked for that", "vous seriez averti d’un ticket technique, sans qu’un second facteur soit demandé"},
	access.ReasonNoPlace:    {access.ReasonNoPlace, "le propriétaire n’a pas ce compte ou ce serveur"},
	access.ReasonNoRow:      {"you have no permission on this owner’s profile", "vous n’avez aucune permission sur le profil de ce propriétaire"},
	access.ReasonNoProfile:  {access.ReasonNoProfile, "le profil n’est pas initialisé"},
	access.ReasonTwoFactor:  {access.ReasonTwoFactor, "2FA nécessaire"},
	access.ReasonNotGranted: {access.ReasonNotGranted, "la permission n’est pas accordée"},
}

// complaints are those of the hosting about a row.
var complaints = map[string]words{
	"This field is required.":                     {"Enter an e-mail address.", "Saisissez une adresse e-mail."},
	"At most 254 bytes.":                          {"The address is too long: at most 254 bytes.", "L’adresse est trop longue : 254 octets au plus."},
	"Enter a valid email address.":                {"This is no e-mail address. It looks like name@example.org.", "Ce n’est pas une adresse e-mail, du genre nom@example.org."},
	"Confirm your e-mail address first.":          {"Confirm your e-mail address first: see Profile.", "Confirmez d’abord votre adresse e-mail : voir Profil."},
	"Permissions for this address exist already.": {"There are permissions for this address already. Change those instead.", "Cette adresse a déjà des permissions. Modifiez plutôt celles-ci."},
}
