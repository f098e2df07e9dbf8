package worklist

import (
	"fmt"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/table"
)

// Words are the texts of a list in one language. Those of the form are the menu's.
type Words struct{ language table.Language }

// In is the words of a language.
func In(language table.Language) Words { return Words{language} }

// say is a text in the language.
func (w Words) say(key string, args ...any) string {
	text := texts[key]
	if w.language == table.French {
		return fmt.Sprintf(text.FR, args...)
	}
	return fmt.Sprintf(text.EN, args...)
}

// count is a number of things: "1 item", "2 items".
func (w Words) count(n int, key string) string {
	if n == 1 || n == 0 && w.language == table.French {
		return w.say(key+".one", n)
	}
	return w.say(key+".many", n)
}

var texts = map[string]hosting.Bilingual{
	"title":     {EN: "Worklist for the Permissions menu", FR: "Liste de travail pour le menu Permissions"},
	"intro":     {EN: "Made from a table of %s, %s old. Each item is one visit to the form of one person: leave it as is written here, and save once. An item is done when the next table shows it.", FR: "D’après un relevé du %s, vieux de %s. Chaque point est une seule visite au formulaire d’une personne : laissez-le comme indiqué ici, et enregistrez une fois. Un point est fait quand le relevé suivant le montre."},
	"order":     {EN: "Keep the order: what is added comes before what is taken away.", FR: "Gardez l’ordre : ce qui s’ajoute vient avant ce qui se retire."},
	"todo":      {EN: "To do", FR: "À faire"},
	"nothing":   {EN: "Nothing is to be done.", FR: "Il n’y a rien à faire."},
	"decide":    {EN: "To decide, not to do", FR: "À décider, pas à faire"},
	"due":       {EN: "Due soon", FR: "Bientôt à échéance"},
	"open":      {EN: "Ticked before, and not in the table", FR: "Coché auparavant, et absent du relevé"},
	"confirmed": {EN: "The table shows %s of the worklist before.", FR: "Le relevé montre %s de la liste précédente."},
	"item.one":  {EN: "%d item", FR: "%d point"},
	"item.many": {EN: "%d items", FR: "%d points"},
	"day.one":   {EN: "%d day", FR: "%d jour"}, "day.many": {EN: "%d days", FR: "%d jours"},
	"hour.one": {EN: "%d hour", FR: "%d heure"}, "hour.many": {EN: "%d hours", FR: "%d heures"},
	"minute.one": {EN: "%d minute", FR: "%d minute"}, "minute.many": {EN: "%d minutes", FR: "%d minutes"},
	"notes": {EN: "Notes", FR: "Remarques"},
	"print": {EN: "Done by, on", FR: "Fait par, le"},

	"page.Add":    {EN: "Add permissions", FR: "Ajouter des permissions"},
	"page.Change": {EN: "Change", FR: "Modifier"},
	"page.Remove": {EN: "Remove", FR: "Supprimer"},
	"colon":       {EN: ":", FR: " :"},
	"semicolon":   {EN: ";", FR: " ;"},

	"scope.Overall": {EN: "Overall permissions", FR: "Permissions globales"},
	"scope.Account": {EN: "By account", FR: "Par compte"},
	"scope.Server":  {EN: "By server", FR: "Par serveur"},
	"scope.Flag":    {EN: "Two-factor authentication", FR: "Authentification à deux facteurs"},

	"check":   {EN: "check", FR: "cocher"},
	"uncheck": {EN: "uncheck", FR: "décocher"},
	"stays":   {EN: "stays checked", FR: "reste coché"},
	"others":  {EN: "unknown to the form, left as it is", FR: "inconnu du formulaire, laissé tel quel"},

	"mail":      {EN: "If this address has no profile, the person receives an e-mail to initialise it.", FR: "Si cette adresse n’a pas de profil, la personne reçoit un e-mail pour l’initialiser."},
	"mail.is":   {EN: "Saving mails", FR: "L’enregistrement envoie un e-mail"},
	"remove":    {EN: "All permissions of this person will be removed.", FR: "Toutes les permissions de cette personne seront supprimées."},
	"why":       {EN: "Why", FR: "Pourquoi"},
	"for":       {EN: "for %s", FR: "pour %s"},
	"drift":     {EN: "somebody took it away at the provider; for %s", FR: "quelqu’un l’a retiré chez l’hébergeur ; pour %s"},
	"after":     {EN: "(not before %s from now)", FR: "(pas avant %s à partir de maintenant)"},
	"would":     {EN: "would lose", FR: "perdrait"},
	"again":     {EN: "would get again", FR: "recevrait à nouveau"},
	"unchecked": {EN: "not checked", FR: "non coché"},
	"checked":   {EN: "still checked", FR: "encore coché"},

	"because.RemovalLimit": {EN: "More people would lose something than removalLimit allows. If it is meant, remove in smaller steps; if not, correct the manifests.", FR: "Plus de personnes perdraient quelque chose que removalLimit n’en admet. Si c’est voulu, retirez par étapes plus petites ; sinon, corrigez les manifestes."},
	"because.Protected":    {EN: "This person is protected and loses nothing. Take the address out of protectedEmails, or name what it holds in a grant.", FR: "Cette personne est protégée et ne perd rien. Retirez son adresse de protectedEmails, ou nommez ce qu’elle détient dans un PermissionGrant."},
	"because.Drift":        {EN: "Somebody took it away at the provider. If that was meant, take it out of the manifests; if not, give it again.", FR: "Quelqu’un l’a retiré chez l’hébergeur. Si c’est voulu, retirez-le des manifestes ; sinon, accordez-le à nouveau."},

	"event.Ends":   {EN: "ends", FR: "prend fin"},
	"event.Review": {EN: "is to be reviewed: renew or change it in the manifests", FR: "est à revoir : reconduisez-le ou modifiez-le dans les manifestes"},
	"late":         {EN: "late", FR: "en retard"},

	"cause.ContributionChanged": {EN: "no longer given by", FR: "n’est plus accordé par"},
	"cause.ContributionRemoved": {EN: "no longer named by", FR: "n’est plus nommé par"},
	"cause.Expired":             {EN: "the end of", FR: "la fin de"},
	"cause.ReviewMissed":        {EN: "a missed review of", FR: "une revue manquée de"},
	"cause.PersonExpired":       {EN: "the end of the person's Profile; had it by", FR: "la fin du Profile de la personne ; l’avait par"},
	"cause.EndedAtOnce":         {EN: "the end of", FR: "la fin de"},
	"cause.PersonSuspended":     {EN: "the person is suspended; had it by", FR: "la personne est suspendue ; l’avait par"},
	"cause.Undeclared":          {EN: "no grant names it", FR: "aucun PermissionGrant ne le nomme"},
}

// Cause is why something is taken away, in words that a grant's name follows.
func (w Words) Cause(cause v1alpha1.OwedCause) string { return w.say("cause." + string(cause)) }

// age in days from two days on, else in hours or minutes.
func (w Words) age(age time.Duration) string {
	switch {
	case age >= 48*time.Hour:
		return w.count(int(age.Hours()/24), "day")
	case age >= 2*time.Hour:
		return w.count(int(age.Hours()), "hour")
	}
	return w.count(max(0, int(age.Minutes())), "minute")
}

// reason is one reason in words.
func (w Words) reason(r Reason) string {
	text := w.say("for", r.Grants)
	switch {
	case r.Drift:
		text = w.say("drift", r.Grants)
	case len(r.Causes) > 0:
		var causes []string
		for _, cause := range r.Causes {
			causes = append(causes, w.Cause(cause))
		}
		text = strings.TrimSpace(strings.Join(causes, ", ") + " " + r.Grants)
	}
	if r.AfterMinutes > 0 {
		text += " " + w.say("after", w.age(time.Duration(r.AfterMinutes)*time.Minute))
	}
	return text
}

// label is the menu's word for a permission; its name where the catalogue lacks it.
func (w Words) label(scope hosting.Scope, name string) string {
	p, known := hosting.ByName(scope, name)
	if !known {
		return name
	}
	if w.language == table.French {
		return p.LabelFR
	}
	return p.LabelEN
}

// part is a part of a sentence about boxes: what is said of them, and which they are.
type part struct {
	// State for marking it; Stays also for what the form does not know.
	State State
	Said  string
	Boxes []string
}

// section is a section of the form in words.
type section struct {
	Title, Place string
	Parts        []part
}

// section in words: what is to be checked first.
func (w Words) section(s Section) section {
	told := section{Title: w.say("scope." + string(s.Scope)), Place: s.Place}
	var others []string
	for _, state := range []State{Check, Uncheck, Stays} {
		var boxes []string
		for _, box := range s.Boxes {
			switch _, known := hosting.ByName(s.Scope, box.Permission); {
			case box.State == state && !known && state == Stays:
				others = append(others, box.Permission)
			case box.State == state:
				boxes = append(boxes, w.label(s.Scope, box.Permission))
			}
		}
		if len(boxes) > 0 {
			told.Parts = append(told.Parts, part{state, w.say(string(state)), boxes})
		}
	}
	if len(others) > 0 {
		told.Parts = append(told.Parts, part{Stays, w.say("others"), others})
	}
	return told
}

// sections groups permissions by place, all with the same said of them.
func (w Words) sections(grants []table.Grant, said string) (list []section) {
	var last table.Grant
	for i, g := range grants {
		if i == 0 || g.Scope != last.Scope || g.Place != last.Place {
			list = append(list, section{Title: w.say("scope." + string(g.Scope)), Place: g.Place, Parts: []part{{Stays, w.say(said), nil}}})
		}
		last = g
		boxes := &list[len(list)-1].Parts[0].Boxes
		*boxes = append(*boxes, w.label(g.Scope, g.Name))
	}
	return list
}
