package seed

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// ticket is a technical ticket about a place.
func ticket(scope hosting.Scope, place string) reference.Alert {
	return reference.Alert{Kind: hosting.TechnicalTicket, Scope: scope, Place: place}
}

// tells has the provider raise an alert, and sees whom its mails reach: those who are to be
// told, and the owner, each of them once.
func (s *scene) tells(alert reference.Alert, want ...string) {
	GinkgoHelper()
	s.alerts++
	alert.About = fmt.Sprintf("No. %03d of this run", s.alerts)
	told, err := s.Provider.Raise(s.Ctx, world.Owner, alert)
	Expect(err).NotTo(HaveOccurred())
	Expect(told).To(ConsistOf(want))
	readers := func() (list []string) {
		for _, mail := range s.Mails.Mails() {
			if strings.Contains(mail.Text, alert.About) {
				list = append(list, mail.To...)
			}
		}
		return list
	}
	everybody := append([]string{world.Owner}, want...)
	Eventually(readers).Should(ConsistOf(everybody))
	Consistently(readers, 200*time.Millisecond).Should(ConsistOf(everybody))
}

// tellsBilling proves Billing. Two departments hold it, and one person each holds what else
// there is overall.
func (s *scene) tellsBilling(row Row) {
	GinkgoHelper()
	billed := []reference.Alert{{Kind: hosting.NegativeBalance}, {Kind: hosting.BillingTicket}}
	for _, alert := range billed {
		s.tells(alert)
	}
	s.opensMenu(row, func(email string, _ *visitor.Visitor) {
		department, technical := address("department", row), address("technical", row)
		for _, who := range []string{department, technical} {
			s.knows(reference.SeedProfile{Email: who})
		}
		also := s.grant(at(row), department)
		s.apply(also, s.grant(menu{hosting.ScopeOverall, "", "AccountTechnical"}, technical),
			s.grant(menu{hosting.ScopeAccount, "shop", "TechnicalContact"}, technical))
		for _, alert := range billed {
			s.tells(alert, email, department)
		}
		s.tells(ticket(hosting.ScopeAccount, "shop"), technical)
		s.tells(ticket(hosting.ScopeServer, "web1"))
		s.withdraw(also)
		for _, alert := range billed {
			s.tells(alert, email)
		}
	})
	for _, alert := range billed {
		s.tells(alert)
	}
}

// tellsContacts proves the technical contact of an account or a server: one at each of two
// places, beside people with everything else that is technical there.
func (s *scene) tellsContacts(row Row) {
	GinkgoHelper()
	here, there := at(row), menu{row.Scope, where[row.Scope][1], row.Name}
	email, away, technical := address("contact", row), address("away", row), address("technical", row)
	contact := s.person(email)
	for _, who := range []string{away, technical} {
		s.knows(reference.SeedProfile{Email: who})
	}
	given, elsewhere := s.grant(here, email), s.grant(there, away)
	s.tells(ticket(row.Scope, here.place))
	s.apply(given, elsewhere, s.grant(beside(row), other),
		s.grant(menu{hosting.ScopeOverall, "", "AccountTechnical"}, technical), s.grant(menu{hosting.ScopeOverall, "", "ServerTechnical"}, technical))

	s.tells(ticket(row.Scope, here.place), email)
	s.tells(ticket(row.Scope, there.place), away)
	for scope, places := range where {
		for _, place := range places {
			if scope != hosting.ScopeOverall && scope != row.Scope {
				s.tells(ticket(scope, place))
			}
		}
	}
	s.tells(reference.Alert{Kind: hosting.BillingTicket})
	told := fmt.Sprintf("about the %s %s is opened ", strings.ToLower(string(row.Scope)), here.place)
	Expect(s.owner.Open("/permissions/alerts").Text()).To(ContainSubstring(told + email))
	s.shows(contact, append(anyAt(here.scope, here.place), here)...)
	s.opens(contact, anyAt(here.scope, here.place)...)
	Expect(contact.Open(s.path(here)).Text()).To(ContainSubstring("This permission opens no menu"))
	for _, m := range s.all(row.Scope) {
		if m != here && m != anyAt(here.scope, here.place)[0] {
			s.shuts(contact, access.ReasonNotGranted, m)
		}
	}

	s.withdraw(given)
	s.tells(ticket(row.Scope, here.place))
	s.tells(ticket(row.Scope, there.place), away)
	s.shuts(contact, noRow, here)
}
