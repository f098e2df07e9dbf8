package reference_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/reference/credentials"
)

var linkInMail = regexp.MustCompile(`https://\S+/initialise/[A-Z2-7]+`)

// as makes the calls that follow another owner's.
func (h *hosting) as(key string) *hosting {
	h.user = key
	return h
}

// bothInvite has two owners invite the newcomer: the first mails the link by itself, the second
// leaves that to the provider. It returns the link that the API tells the first.
func (h *hosting) bothInvite() string {
	h.t.Helper()
	h.as("other-token").create(`{"email":"` + newcomer + `","accounts":[{"account":3,"permissions":["database"]}]}`)
	h.as(token).create(`{"email":"` + strings.ToUpper(newcomer) + `","notify":false,"accounts":[{"account":1,"permissions":["site"]}]}`)
	h.g.Eventually(h.mails, "10s").Should(Equal(1))
	h.g.Expect(h.opens()).To(Equal(map[string]bool{"shop": false, "theirs": false}))
	told, _ := h.invitation()["link"].(string)
	h.g.Expect(told).NotTo(BeEmpty())
	return told
}

func tokenOf(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

// initialise makes a profile behind a link and logs in.
func (h *hosting) initialise(link string) (reference.Visitor, error) {
	h.t.Helper()
	session, err := h.Initialise(h.t.Context(), reference.Initialise{Token: tokenOf(link), Password: password})
	if err != nil {
		return reference.Visitor{}, err
	}
	who, err := h.Visitor(h.t.Context(), session)
	h.g.Expect(err).NotTo(HaveOccurred())
	return who, nil
}

// opens says whether a menu of each owner opens for the newcomer: shop is the first's, theirs the
// second's.
func (h *hosting) opens() map[string]bool {
	h.t.Helper()
	theirs := query(newcomer, "Account", "theirs", "Databases")
	theirs.Owner = other
	answer, err := h.Check(h.t.Context(), theirs)
	h.g.Expect(err).NotTo(HaveOccurred())
	return map[string]bool{"shop": h.may(newcomer, "Account", "shop", "Sites").Allowed, "theirs": answer.Allowed}
}

// links are those in the mails so far, in their order.
func (h *hosting) links() (links []string) {
	for _, mail := range h.mail.Mails() {
		links = append(links, linkInMail.FindString(mail.Text))
	}
	return links
}

// logsIn says whether the password opens the newcomer's profile.
func (h *hosting) logsIn(password string) bool {
	_, err := h.LogIn(h.t.Context(), reference.LogIn{Email: newcomer, Password: password, Client: "192.0.2.1:80"})
	return err == nil
}

var (
	shop = map[string]bool{"shop": true, "theirs": false}
	both = map[string]bool{"shop": true, "theirs": true}
)

func TestALinkTheAPIToldClaimsItsOwnersRowOnly(t *testing.T) {
	h := open(t)
	who, err := h.initialise(h.bothInvite())
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.opens()).To(Equal(shop))
	h.g.Expect(h.invitation()).To(HaveKeyWithValue("state", "accepted"))

	// What the other owner gave is neither shown nor lost.
	h.g.Expect(h.Held(t.Context(), newcomer)).To(ConsistOf(HaveField("OwnerEmail", owner)))
	hostings, err := h.Hostings(t.Context(), who)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(hostings).To(ConsistOf(HaveField("Own", true), HaveField("OwnerEmail", owner)))
	h.g.Expect(h.Relinquish(t.Context(), newcomer, other)).NotTo(Succeed())
	rows := h.as("other-token").list("")
	h.g.Expect(rows).To(ConsistOf(And(HaveKeyWithValue("profile", BeNil()), HaveKeyWithValue("invitation", HaveKeyWithValue("state", "pending")))))
	menu, err := h.OpenMenu(t.Context(), who, reference.MenuQuery{Owner: 3, Scope: "Account", Place: 3, Menu: "Databases"})
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(menu).To(And(HaveField("OwnerEmail", ""), HaveField("Reason", access.ReasonNoRow)))
	_, err = h.AddRow(t.Context(), newcomer, reference.Row{Email: someone, Overall: []string{"Billing"}}, true)
	h.g.Expect(err).To(MatchError(ContainSubstring("Confirm your e-mail address first")), "nothing is given in a name that may be somebody else's")
}

// An owner reads the link of an invitation also where the provider mails it.
func TestALinkThatIsMailedIsToldToNobody(t *testing.T) {
	h := open(t)
	h.bothInvite()
	told, _ := h.as("other-token").invitation()["link"].(string)
	h.g.Expect(h.links()).To(ConsistOf(Not(Or(BeEmpty(), Equal(told)))))
	rows, err := h.Rows(t.Context(), other)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(rows).To(ConsistOf(HaveField("Link", told)))
	_, err = h.initialise(told)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.opens()).To(Equal(map[string]bool{"shop": false, "theirs": true}))
}

// Whoever made the profile first, the person who reads the mailbox gets it, and nobody else stays
// in it.
func TestAMailedLinkTakesTheProfileOver(t *testing.T) {
	h := open(t)
	told := h.bothInvite()
	thief, err := h.initialise(told)
	h.g.Expect(err).NotTo(HaveOccurred())
	factor, err := h.NewSecondFactor(thief, "")
	h.g.Expect(err).NotTo(HaveOccurred())
	code, err := credentials.Code(factor.Secret, time.Now())
	h.g.Expect(err).NotTo(HaveOccurred())
	thief.Session, err = h.SetUpSecondFactor(t.Context(), thief, factor.Sealed, code, "", "192.0.2.1:80")
	h.g.Expect(err).NotTo(HaveOccurred())

	welcome, err := h.Welcome(t.Context(), reference.Visitor{}, tokenOf(h.links()[0]), "")
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(welcome).To(And(HaveField("Replaces", true), HaveField("Confirms", false), HaveField("Rows", HaveLen(2))))
	session, err := h.Initialise(t.Context(), reference.Initialise{Token: tokenOf(h.links()[0]), Password: "eight black boars"})
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.opens()).To(Equal(both))
	h.g.Expect(h.logsIn(password)).To(BeFalse())
	h.g.Expect(h.Visitor(t.Context(), session)).To(And(HaveField("Unconfirmed", false), HaveField("HasSecondFactor", false)))
	_, err = h.Visitor(t.Context(), thief.Session)
	h.g.Expect(err).To(MatchError(reference.ErrNoSession))
	for _, link := range append(h.links(), told) {
		_, err = h.initialise(link)
		h.g.Expect(err).To(MatchError(reference.ErrLinkUsed))
	}
}

// The mail of the owner whose link was told shows whose mailbox it is as well.
func TestAMailedLinkWorksAfterTheToldOne(t *testing.T) {
	h := open(t)
	h.bothInvite()
	told, _ := h.as("other-token").invitation()["link"].(string)
	_, err := h.initialise(told)
	h.g.Expect(err).NotTo(HaveOccurred())
	_, err = h.initialise(told)
	h.g.Expect(err).To(MatchError(reference.ErrLinkUsed))
	h.g.Expect(h.AcceptInvitation(t.Context(), h.links()[0])).To(Succeed())
	h.g.Expect(h.opens()).To(Equal(both))
}

func TestConfirmationMail(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	who, err := h.initialise(h.bothInvite())
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(who.Unconfirmed).To(BeTrue())
	h.g.Expect(h.MailConfirmation(t.Context(), who)).To(Succeed())
	h.g.Eventually(h.mails, "10s").Should(Equal(2))
	mail := h.mail.Mails()[1]
	h.g.Expect(mail.To).To(HaveExactElements(strings.ToUpper(newcomer)))
	h.g.Expect(mail.Subject).To(Equal("Confirm your e-mail address / Confirmez votre adresse e-mail"))
	h.g.Expect(mail.Text).NotTo(Or(ContainSubstring(owner), ContainSubstring(other)), "who gave something is not told before")
	link := tokenOf(h.links()[1])

	// It is for this profile only, and only while it is logged in.
	h.g.Expect(h.Seed(t.Context(), person(reference.SeedLogIn{Password: password}))).To(Succeed())
	stranger, err := h.LogIn(t.Context(), reference.LogIn{Email: someone, Password: password, Client: "192.0.2.1:80"})
	h.g.Expect(err).NotTo(HaveOccurred())
	visitor, err := h.Visitor(t.Context(), stranger)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.Confirm(t.Context(), visitor, link)).To(MatchError(reference.ErrLinkUnknown))
	h.g.Expect(h.Confirm(t.Context(), reference.Visitor{Profile: who.Profile, Session: "guessed"}, link)).To(MatchError(reference.ErrNoSession))
	h.g.Expect(h.opens()).To(Equal(shop))

	welcome, err := h.Welcome(t.Context(), who, link, "")
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(welcome.Confirms).To(BeTrue())
	h.g.Expect(h.Confirm(t.Context(), who, link)).To(Succeed())
	h.g.Expect(h.opens()).To(Equal(both))
	h.g.Expect(h.logsIn(password)).To(BeTrue(), "how one logs in stays")
	h.g.Expect(h.Visitor(t.Context(), who.Session)).To(HaveField("Unconfirmed", false))
	h.g.Expect(h.Confirm(t.Context(), who, link)).To(MatchError(reference.ErrLinkUsed))

	// A confirmed profile is given everything at once, and mailed nothing more.
	h.as("agent-token").create(`{"email":"` + newcomer + `","billing":true}`)
	h.g.Expect(h.invitation()).To(BeNil())
	h.g.Expect(h.MailConfirmation(t.Context(), who)).To(Succeed())
	h.g.Consistently(h.mails, "200ms").Should(Equal(2))
}

// The link of an owner does not open where somebody has a profile that may be another's.
func TestASecondToldLinkAsksForTheMailbox(t *testing.T) {
	h := open(t)
	told := h.bothInvite()
	theirs, _ := h.as("other-token").invitation()["link"].(string)
	_, err := h.initialise(theirs)
	h.g.Expect(err).NotTo(HaveOccurred())
	_, err = h.initialise(told)
	h.g.Expect(err).To(MatchError(reference.ErrConfirmFirst))
	h.g.Expect(h.AcceptInvitation(t.Context(), told)).To(MatchError(ContainSubstring("not confirmed")))
	h.g.Expect(h.MailConfirmationOf(t.Context(), tokenOf(told))).To(Succeed())
	h.g.Eventually(h.mails, "10s").Should(Equal(2))
	_, err = h.initialise(h.links()[1])
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.opens()).To(Equal(both))
}

// A person who has nothing left of their own owner is given what that owner gives again; of
// another one they are invited.
func TestWhatComesLaterToAnUnconfirmedProfile(t *testing.T) {
	h := open(t)
	h.as(token)
	path := h.create(`{"email":"` + newcomer + `","notify":false}`)
	link, _ := h.invitation()["link"].(string)
	_, err := h.initialise(link)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.call(http.MethodDelete, path, "", synchronous).status).To(Equal(http.StatusNoContent))
	h.create(`{"email":"` + newcomer + `","accounts":[{"account":1,"permissions":["site"]}]}`)
	h.g.Expect(h.opens()).To(Equal(shop))
	h.g.Expect(h.mails()).To(BeZero())
	h.as("other-token").create(`{"email":"` + newcomer + `","accounts":[{"account":3,"permissions":["database"]}]}`)
	h.g.Eventually(h.mails, "10s").Should(Equal(1))
	h.g.Expect(h.opens()).To(Equal(shop))
	h.g.Expect(h.AcceptInvitation(t.Context(), h.links()[0])).To(Succeed())
	h.g.Expect(h.opens()).To(Equal(both))
}

// Who asks for another mail while one is being sent gets another one.
func TestAConfirmationThatIsAskedForWhileOneIsSent(t *testing.T) {
	h := open(t)
	who, err := h.initialise(h.bothInvite())
	h.g.Expect(err).NotTo(HaveOccurred())
	var once sync.Once
	h.mail.Reject(func(stage, _, _ string) (err error) {
		if stage == mailsink.StageData {
			once.Do(func() { err = h.MailConfirmation(t.Context(), who) })
		}
		return err
	})
	h.g.Expect(h.MailConfirmation(t.Context(), who)).To(Succeed())
	h.g.Eventually(h.mails, "30s").Should(Equal(3))
}

func TestConfirmationMailsAreBounded(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	who, err := h.initialise(h.bothInvite())
	h.g.Expect(err).NotTo(HaveOccurred())
	for n := range 3 {
		h.g.Expect(h.MailConfirmation(t.Context(), who)).To(Succeed())
		h.g.Eventually(h.mails, "10s").Should(Equal(2 + n))
	}
	var throttled *reference.ThrottledError
	h.g.Expect(errors.As(h.MailConfirmation(t.Context(), who), &throttled)).To(BeTrue(), "whoever asks may not be whom it reaches")
	h.g.Expect(throttled.After).To(Equal(24 * time.Hour))
	mails := h.mail.Mails()
	h.g.Expect(h.links()[1:]).To(HaveEach(h.links()[1]), "each is followed with the same effect")
	h.g.Expect(mails[1].MessageID).NotTo(Equal(mails[2].MessageID), "mailboxes drop what they have already")

	clk.Step(reference.ConfirmationLife)
	_, err = h.initialise(h.links()[1])
	h.g.Expect(err).To(MatchError(reference.ErrLinkExpired))
	h.g.Expect(h.MailConfirmation(t.Context(), who)).To(Succeed())
	h.g.Eventually(h.mails, "10s").Should(Equal(5))
	h.g.Expect(h.links()[4]).NotTo(Equal(h.links()[1]))
	_, err = h.initialise(h.links()[4])
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.opens()).To(Equal(both))
}

func TestWhatIsUnconfirmedSurvivesARestart(t *testing.T) {
	h := open(t)
	who, err := h.initialise(h.bothInvite())
	h.g.Expect(err).NotTo(HaveOccurred())
	h.mail.RefuseRecipients(451)
	h.g.Expect(h.MailConfirmation(t.Context(), who)).To(Succeed())
	h.g.Eventually(h.logs.String, "10s").Should(ContainSubstring("confirmation will be mailed later"))
	h.reopen()
	h.g.Expect(h.opens()).To(Equal(shop))
	h.g.Expect(h.Visitor(t.Context(), who.Session)).To(HaveField("Unconfirmed", true))
	h.g.Expect(h.Seed(t.Context(), reference.Seed{Profiles: []reference.SeedProfile{{Email: newcomer}}})).To(Succeed())
	h.g.Expect(h.opens()).To(Equal(both), "whoever runs the hosting knows whose mailbox it is")
}
