package invite

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// search tries many sequences, the same ones each time.
func search(m machine) error {
	for seed := range 8000 {
		sender := []v1alpha1.InvitationSender{viaProvider, viaSMTP}[seed%2]
		if _, err := run(m, sender, seed%3 == 0, steps.Example(seed)); err != nil {
			return err
		}
	}
	return nil
}

// reading is a machine that looks at rows in another way.
func reading(change func(m *v1alpha1.InvitationStatus, p *Policy, f *Facts, asked *bool, now metav1.Time) *v1alpha1.InvitationStatus) machine {
	broken := sound()
	broken.afterRead = func(m *v1alpha1.InvitationStatus, p Policy, f Facts, asked bool, now metav1.Time) Step {
		m = change(m.DeepCopy(), &p, &f, &asked, now)
		return AfterRead(m, p, f, asked, now, idFor)
	}
	return broken
}

// TestBrokenVariantsAreCaught shows that the property can fail, once for each rule.
func TestBrokenVariantsAreCaught(t *testing.T) {
	alter := func(change func(*machine)) machine {
		m := sound()
		change(&m)
		return m
	}
	type memory = v1alpha1.InvitationStatus
	broken := map[string]machine{
		"sends before the intent is persisted":       alter(func(m *machine) { m.sendsFirst = true }),
		"answers once it is done":                    alter(func(m *machine) { m.answersLate = true }),
		"repeats a call whatever the provider tells": alter(func(m *machine) { m.blind = true }),
		"sends an open intent again": reading(func(m *memory, _ *Policy, _ *Facts, _ *bool, _ metav1.Time) *memory {
			if m != nil && m.State == v1alpha1.InvitationIntended && m.Sender == viaSMTP {
				m.State = v1alpha1.InvitationDeferred
			}
			return m
		}),
		"forgets on re-creation": alter(func(m *machine) {
			m.beforeCreate = func(_ *memory, s v1alpha1.InvitationSender, now metav1.Time) (*memory, bool) { return begin(s, now) }
		}),
		"starts over when the sender changes": alter(func(m *machine) {
			m.beforeCreate = func(mem *memory, s v1alpha1.InvitationSender, now metav1.Time) (*memory, bool) {
				if mem != nil && mem.State == v1alpha1.InvitationIntended && mem.Sender != s {
					return begin(s, now)
				}
				return BeforeCreate(mem, s, now)
			}
		}),
		"takes a lost answer for a deferral": alter(func(m *machine) {
			m.result = func(mem *memory, o Outcome, now metav1.Time) *memory {
				if o.Verdict == Unknown {
					o.Verdict = Deferred
				}
				return Result(mem, o, now)
			}
		}),
		"mails without memory": reading(func(m *memory, _ *Policy, f *Facts, _ *bool, now metav1.Time) *memory {
			if m == nil && !f.Active {
				m, _ = begin(viaSMTP, now)
			}
			return m
		}),
		"changes its input": alter(func(m *machine) {
			m.result = func(mem *memory, _ Outcome, _ metav1.Time) *memory {
				mem.Ordinal = 0
				return mem
			}
		}),
		"forgets the ordinal when a link ends": reading(func(m *memory, _ *Policy, _ *Facts, _ *bool, _ metav1.Time) *memory {
			if m != nil && m.State == v1alpha1.InvitationExpired {
				m.Ordinal = 1
			}
			return m
		}),
		"takes what left by itself for asked": reading(func(m *memory, _ *Policy, _ *Facts, _ *bool, _ metav1.Time) *memory {
			if m != nil {
				m.Asked = max(m.Asked, m.Ordinal-1)
			}
			return m
		}),
		"never says enough": reading(func(m *memory, p *Policy, _ *Facts, _ *bool, _ metav1.Time) *memory { p.MaxSends = 3; return m }),
		"answers everybody at once": reading(func(m *memory, _ *Policy, _ *Facts, _ *bool, _ metav1.Time) *memory {
			if m != nil {
				m.AskedAt = nil
			}
			return m
		}),
		"always hears somebody ask": reading(func(m *memory, _ *Policy, _ *Facts, asked *bool, _ metav1.Time) *memory { *asked = true; return m }),
		"does not see that the provider mailed": reading(func(m *memory, _ *Policy, f *Facts, _ *bool, _ metav1.Time) *memory {
			if m != nil && m.ProviderMails != nil && f.Mails != nil {
				f.Mails = m.ProviderMails
			}
			return m
		}),
	}
	if err := search(sound()); err != nil {
		t.Errorf("the sound machine: %v", err)
	}
	for name, m := range broken {
		t.Run(name, func(t *testing.T) {
			err := search(m)
			if err == nil {
				t.Fatal("no sequence caught it")
			}
			t.Log(err)
		})
	}
}
