package invite

import (
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// search tries many sequences, the same ones each time.
func search(m machine) error {
	for seed := range 4000 {
		sender := []v1alpha1.InvitationSender{backend, viaSMTP}[seed%2]
		if _, err := run(m, sender, seed%3 == 0, steps.Example(seed)); err != nil {
			return err
		}
	}
	return nil
}

// TestBrokenVariantsAreCaught shows that the property can fail, once for each rule.
func TestBrokenVariantsAreCaught(t *testing.T) {
	alter := func(change func(*machine)) machine {
		m := sound()
		change(&m)
		return m
	}
	broken := map[string]machine{
		"sends before the intent is persisted": alter(func(m *machine) { m.sendsFirst = true }),
		"sends an open intent again": alter(func(m *machine) {
			m.afterRead = func(mem *v1alpha1.InvitationStatus, s v1alpha1.InvitationSender, f Facts) (*v1alpha1.InvitationStatus, bool) {
				if mem != nil && mem.State == v1alpha1.InvitationIntended && mem.Sender == viaSMTP {
					return mem, true
				}
				return AfterRead(mem, s, f, now, idFor)
			}
		}),
		"forgets on re-creation": alter(func(m *machine) {
			m.beforeCreate = func(_ *v1alpha1.InvitationStatus, s v1alpha1.InvitationSender) (*v1alpha1.InvitationStatus, bool) {
				return begin(s, now)
			}
		}),
		"starts over when the sender changes": alter(func(m *machine) {
			m.beforeCreate = func(mem *v1alpha1.InvitationStatus, s v1alpha1.InvitationSender) (*v1alpha1.InvitationStatus, bool) {
				if mem != nil && mem.State == v1alpha1.InvitationIntended && mem.Sender != s {
					return begin(s, now)
				}
				return BeforeCreate(mem, s, now)
			}
		}),
		"takes a lost answer for a deferral": alter(func(m *machine) {
			m.result = func(mem *v1alpha1.InvitationStatus, o Outcome) *v1alpha1.InvitationStatus {
				if o.Verdict == Unknown {
					o.Verdict = Deferred
				}
				return Result(mem, o)
			}
		}),
		"mails without memory": alter(func(m *machine) {
			m.afterRead = func(mem *v1alpha1.InvitationStatus, s v1alpha1.InvitationSender, f Facts) (*v1alpha1.InvitationStatus, bool) {
				if mem == nil && !f.Active {
					mem, _ = begin(viaSMTP, now)
				}
				return AfterRead(mem, s, f, now, idFor)
			}
		}),
		"changes its input": alter(func(m *machine) {
			m.result = func(mem *v1alpha1.InvitationStatus, _ Outcome) *v1alpha1.InvitationStatus {
				mem.State = v1alpha1.InvitationSent
				return mem
			}
		}),
	}
	if err := search(sound()); err != nil {
		t.Errorf("the sound machine: %v", err)
	}
	for name, m := range broken {
		t.Run(name, func(t *testing.T) {
			if search(m) == nil {
				t.Error("no sequence caught it")
			}
		})
	}
}
