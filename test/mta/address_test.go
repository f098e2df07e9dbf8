package mta_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/reference/mailer"
)

// longest is an address of 254 bytes, the most there may be.
var longest = strings.Repeat("l", 64) + "@" + strings.Repeat(strings.Repeat("d", 60)+".", 3) + "sample"

// mailboxes by what is unusual about them, to what the server was asked to deliver to, without
// quotes.
var mailboxes = map[string]struct{ address, arrives string }{
	"plus sign":                {"someone+hosting@acme.example", ""},
	"apostrophe":               {"o'neil@acme.example", ""},
	"all that an atom may be":  {"#$&'*/=?^_`{|}~-x@acme.example", ""},
	"quotes around two dots":   {`"john..doe"@acme.example`, "john..doe@acme.example"},
	"quotes around a comma":    {`"doe,john"@acme.example`, "doe,john@acme.example"},
	"quotes around a bracket":  {`"a<b>c"@acme.example`, "a<b>c@acme.example"},
	"a quote in quotes":        {`"a\"b"@acme.example`, `a"b@acme.example`},
	"a backslash in quotes":    {`"a\\b"@acme.example`, `a\b@acme.example`},
	"254 bytes":                {longest, ""},
	"international domain":     {"zoe@hébergé.example", "zoe@xn--hberg-bsae.example"},
	"a domain of another kind": {"info@例え.テスト", "info@xn--r8jz45g.xn--zckzah"},
}

func TestUnusualAddresses(t *testing.T) {
	g := NewWithT(t)
	g.Expect(longest).To(HaveLen(254))
	for name, tt := range mailboxes {
		for _, way := range []door{open, ascii} {
			t.Run(name+" through "+string(way), func(t *testing.T) {
				bySender(t, func(t *testing.T, intend func(string) attempt) {
					g, want := NewWithT(t), tt.arrives
					if want == "" {
						want = tt.address
					}
					before := len(server.sentTo(g, want))
					intend(tt.address).ends(t, server.doors[way], invite.Accepted)
					mails := server.sentTo(g, want)
					g.Expect(mails).To(HaveLen(before+1), server.lastWords())
					for _, m := range mails {
						g.Expect(m.ascii()).To(BeTrue())
					}
				})
			})
		}
	}
}

// Old signs for a route are legal in an address, and Postfix takes none from strangers.
func TestRoutesAreRefused(t *testing.T) {
	for _, address := range []string{"victim%elsewhere.example@acme.example", "elsewhere.example!victim@acme.example"} {
		bySender(t, func(t *testing.T, intend func(string) attempt) {
			g := NewWithT(t)
			intend(address).ends(t, server.doors[open], invite.Refused)
			g.Expect(server.sentTo(g, address)).To(BeEmpty())
		})
	}
}

// Characters outside ASCII before the @ need a server with SMTPUTF8 all the way.
func TestUTF8Addresses(t *testing.T) {
	for name, tt := range map[string]struct{ address, arrives string }{
		"local part":            {"zoé@acme.example", "zoé@acme.example"},
		"local part and domain": {"παράδειγμα@hébergé.example", "παράδειγμα@xn--hberg-bsae.example"},
	} {
		t.Run(name, func(t *testing.T) {
			bySender(t, func(t *testing.T, intend func(string) attempt) {
				g, w := NewWithT(t), tap(t, "127.0.0.1", server.doors[open], nil)
				before := len(server.sentTo(g, tt.arrives))
				intend(tt.address).ends(t, w.address(), invite.Accepted)
				heard, _ := w.listened(g)
				g.Expect(string(heard)).To(MatchRegexp(`MAIL FROM:<[^>]+> [^\r]*SMTPUTF8\r\n`))
				mails := server.sentTo(g, tt.arrives)
				g.Expect(mails).To(HaveLen(before + 1))
				to, err := mails[before].header.AddressList("To")
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(to).To(HaveExactElements(HaveField("Address", tt.arrives)))
				g.Expect(mails[before].received()).To(ContainSubstring("with UTF8SMTP"))

				old := tap(t, "127.0.0.1", server.doors[ascii], nil)
				intend(tt.address).ends(t, old.address(), invite.Refused)
				heard, _ = old.listened(g)
				g.Expect(string(heard)).NotTo(ContainSubstring("MAIL FROM"), "nothing was sent")
				g.Expect(server.sentTo(g, tt.arrives)).To(HaveLen(before + 1))
			})
		})
	}
	outcome := send(t, through(server.doors[ascii], v1alpha1.SMTPStartTLS), invitation("zoé@acme.example"))
	NewWithT(t).Expect(outcome.Detail).To(ContainSubstring("takes no addresses with characters outside ASCII (SMTPUTF8)"))
}

// A plain address does not ask for what a server further on may lack.
func TestPlainAddressesAskForNothing(t *testing.T) {
	bySender(t, func(t *testing.T, intend func(string) attempt) {
		g, w := NewWithT(t), tap(t, "127.0.0.1", server.doors[open], nil)
		intend(newcomer()).ends(t, w.address(), invite.Accepted)
		heard, _ := w.listened(g)
		g.Expect(string(heard)).NotTo(ContainSubstring("SMTPUTF8"))
	})
}

// attacks are what is put where an address belongs, and must not leave.
var attacks = map[string]string{
	"header":                  "newcomer@acme.example\r\nBcc: victim@acme.example",
	"bare line feed":          "newcomer@acme.example\nBcc: victim@acme.example",
	"bare carriage return":    "newcomer@acme.example\rBcc: victim@acme.example",
	"second recipient":        "newcomer@acme.example>\r\nRCPT TO:<victim@acme.example",
	"in quotes":               "\"newcomer\r\nRCPT TO:<victim@acme.example>\"@acme.example",
	"in the domain":           "newcomer@acme.example\r\nDATA",
	"NUL":                     "newcomer\x00@acme.example",
	"NUL at the end":          "newcomer@acme.example\x00",
	"encoded line feed":       "newcomer%0aBcc=victim@acme.example",
	"encoded CR LF":           "newcomer%0D%0ARCPT@acme.example",
	"Unicode line separator":  "newcomer\u2028x@acme.example",
	"two addresses":           "newcomer@acme.example,victim@acme.example",
	"a name":                  "Victim <newcomer@acme.example>",
	"a comment":               "newcomer(victim)@acme.example",
	"a group":                 "list:newcomer@acme.example;",
	"a parameter":             "newcomer@acme.example> NOTIFY=SUCCESS",
	"a source route":          "@victim.example:newcomer@acme.example",
	"a full stop for content": "newcomer@acme.example\r\n.\r\n",
	"no address":              "newcomer",
	"nothing":                 "",
	"255 bytes":               "l" + longest,
	"65 bytes before the @":   strings.Repeat("newcomer", 9)[:65] + "@acme.example",
	"very long":               strings.Repeat("newcomer", 100_000) + "@acme.example",
	"not UTF-8":               "newcomer\xff@acme.example",
}

// refused checks an error on a field, and that it does not repeat what the field holds.
func refused(g Gomega, err error, field string) {
	g.Expect(err).To(MatchError(ContainSubstring(field)))
	g.Expect(err.Error()).NotTo(Or(ContainSubstring("newcomer"), ContainSubstring("victim"), ContainSubstring("Victim"), ContainSubstring("acme.example")))
	g.Expect(len(err.Error())).To(BeNumerically("<", 200))
}

func TestManagerRefusesAttacks(t *testing.T) {
	good := invitation("newcomer@acme.example")
	for name, attack := range attacks {
		for field, change := range map[string]func(*invite.Message){
			"to": func(m *invite.Message) { m.To = attack }, "owner": func(m *invite.Message) { m.Owner = attack },
		} {
			t.Run(name+" in "+field, func(t *testing.T) { managerRefuses(t, good, field, change) })
		}
		t.Run(name+" in from", func(t *testing.T) {
			c := through(server.doors[open], v1alpha1.SMTPNoTLS)
			c.From = attack
			_, err := invite.NewSMTP(c)
			refused(NewWithT(t), err, "smtp.from")
		})
	}
	for _, end := range []string{"\r\n", "\n", "\r", "\x00", "\u0085", "\u2028"} {
		for field, change := range map[string]func(*invite.Message){
			"displayName": func(m *invite.Message) { m.DisplayName = "Ann" + end + "Bcc: victim@acme.example" },
			"link":        func(m *invite.Message) { m.Link += end + "Bcc: victim@acme.example" },
			"messageID":   func(m *invite.Message) { m.MessageID += end + "Bcc: victim@acme.example" },
			"language":    func(m *invite.Message) { m.Language += v1alpha1.Language(end + "Bcc: victim@acme.example") },
		} {
			managerRefuses(t, good, field, change)
		}
	}
	managerRefuses(t, good, "link", func(m *invite.Message) { m.Link += strings.Repeat("victim", 1000) })
}

func managerRefuses(t *testing.T, good invite.Message, field string, change func(*invite.Message)) {
	t.Helper()
	g, w := NewWithT(t), tap(t, "127.0.0.1", server.doors[open], nil)
	sender, err := invite.NewSMTP(through(w.address(), v1alpha1.SMTPNoTLS))
	g.Expect(err).NotTo(HaveOccurred())
	m := good
	change(&m)
	refused(g, sender.Check(m), "the invitation's "+field)
	outcome, err := sender.Send(t.Context(), m)
	refused(g, err, "the invitation's "+field)
	g.Expect(outcome.Verdict).To(Equal(invite.Refused))
	heard, told := w.listened(g)
	g.Expect(append(heard, told...)).To(BeEmpty(), "nobody was called")
}

func TestReferenceBackendRefusesAttacks(t *testing.T) {
	good := mailer.Mail{To: "newcomer@acme.example", Owner: "owner@acme.example", Link: invitation("").Link, Expires: time.Now()}
	refuses := func(t *testing.T, field string, change func(*mailer.Mail)) {
		t.Helper()
		g, w, m := NewWithT(t), tap(t, "127.0.0.1", server.doors[open], nil), good
		change(&m)
		verdict, err := provider(t, w.address(), m)
		g.Expect(verdict).To(Equal(invite.Refused))
		refused(g, err, field)
		heard, told := w.listened(g)
		g.Expect(append(heard, told...)).To(BeEmpty(), "nobody was called")
	}
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			refuses(t, "recipient", func(m *mailer.Mail) { m.To = attack })
			refuses(t, "owner", func(m *mailer.Mail) { m.Owner = attack })
			_, err := mailer.NewSMTP(server.doors[open], attack, clock.RealClock{})
			refused(NewWithT(t), err, "sender")
		})
	}
	for _, tail := range []string{"\r\nBcc: victim@acme.example", "\n\nBuy!", "\x00", " x", "\u2028", strings.Repeat("victim", 1000)} {
		refuses(t, "link", func(m *mailer.Mail) { m.Link += tail })
	}
}
