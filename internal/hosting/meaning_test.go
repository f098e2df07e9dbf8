package hosting

import (
	"slices"
	"testing"
)

func TestMeaningsAreOfTheCatalogueAndInBothLanguages(t *testing.T) {
	for key, words := range meanings {
		p, ok := ByName(key.scope, key.word)
		if !ok || p.Meaning() != words {
			t.Errorf("%v is not in the catalogue", key)
		}
		if words.EN == "" || words.FR == "" || words.EN == words.FR {
			t.Errorf("%v: %+v", key, words)
		}
	}
	// The provider's documentation says nothing of these but their name.
	silent := []string{
		"Resources", "Domains", "Emails", "EmailHistory", "Databases", "FTP", "SSH", "WebDAV", "SSLCertificates",
		"Migration", "ScheduledTasks", "Backups", "Services",
	}
	for _, p := range Catalogue() {
		if p.Meaning().EN == "" && !slices.Contains(silent, p.Name) {
			t.Errorf("%s %s has no meaning", p.Scope, p.Name)
		}
		if label := p.Label(); label.EN == "" || label.FR == "" {
			t.Errorf("%s %s has no label", p.Scope, p.Name)
		}
	}
}
