package gate

import "time"

type Guard struct{ *Book }

func NewGuard(t time.Time) *Guard { return &Guard{NewBook(t)} }
func (g *Guard) Update(name string, p Person) { g.Enter(name, p) }
func (g *Guard) Evaluate(name string, p Person, r Rules, now time.Time) []Verdict {
	g.Enter(name, p)
	return g.Judge(name, r, now)
}
func (g *Guard) MarkComplete(names []string) { g.Expect(names) }
