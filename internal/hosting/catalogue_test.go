package hosting

import "testing"

// What a permission opens beyond itself: an overall technical one all menus of its scope, and makes nobody a contact; one
// with TraitEveryAccount one menu of every account of the server.
func TestWhatAPermissionOpensBeyondItself(t *testing.T) {
	for _, p := range Catalogue() {
		implied, reached := 0, 0
		for _, o := range Catalogue() {
			if p.Implies(o) {
				implied++
				if o.Scope != p.ImpliesScope || o.Has(TraitNotification) {
					t.Errorf("%s implies %s %s", p.Name, o.Scope, o.Name)
				}
			}
			if p.Reaches(o) {
				reached++
			}
		}
		if (implied > 0) != (p.ImpliesScope != "") {
			t.Errorf("%s implies %d permissions of %q", p.Name, implied, p.ImpliesScope)
		}
		if (reached == 1) != p.Has(TraitEveryAccount) {
			t.Errorf("%s %s reaches %d menus of accounts", p.Scope, p.Name, reached)
		}
	}
}
