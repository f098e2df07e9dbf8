package mta_test

import (
	"context"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/mailsink"
)

// What the server puts off arrives once when the same intent is tried again, and what it
// refuses does not arrive.
func TestAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		cluster, reply string
		want           invite.Verdict
	}{
		"greylisted":               {atRcpt, "450 4.2.0 greylisted, come back in five minutes", invite.Deferred},
		"full":                     {atRcpt, "452 4.2.2 mailbox full", invite.Deferred},
		"hung up on":               {atRcpt, "421 4.7.0 too much from you", invite.Deferred},
		"put off at DATA":          {atData, "450 4.3.0 not now", invite.Deferred},
		"put off after the dot":    {atEnd, "451 4.3.0 scanner busy", invite.Deferred},
		"closed after the dot":     {atEnd, "421 4.3.2 shutting down", invite.Deferred},
		"no such mailbox":          {atRcpt, "550 5.1.1 no such user here", invite.Refused},
		"unwanted":                 {atRcpt, "554 5.7.1 listed", invite.Refused},
		"refused at DATA":          {atData, "550 5.7.1 no", invite.Refused},
		"refused after the dot":    {atEnd, "550 5.7.1 looks like spam", invite.Refused},
		"too large, after the dot": {atEnd, "552 5.3.4 too large", invite.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			bySender(t, func(t *testing.T, intend func(string) attempt) {
				g, to := NewWithT(t), newcomer()
				again := intend(to)
				server.policy.answer(tt.cluster, to, tt.reply)
				again.ends(t, server.doors[open], tt.want)
				g.Expect(server.policy.times(tt.cluster, to)).To(Equal(1), "one attempt asks once")
				g.Expect(server.sentTo(g, to)).To(BeEmpty())
				if tt.want == invite.Refused {
					return
				}
				again.ends(t, server.doors[open], tt.want)
				server.policy.answer(tt.cluster, to, "")
				again.ends(t, server.doors[open], invite.Accepted)
				g.Expect(server.sentTo(g, to)).To(HaveLen(1))
			})
		})
	}
}

// The server's own filter reads the header, which only the mail's content has.
func TestContentRefused(t *testing.T) {
	bySender(t, func(t *testing.T, intend func(string) attempt) {
		g, to := NewWithT(t), contentRefused+"-"+newcomer()
		intend(to).ends(t, server.doors[open], invite.Refused)
		g.Expect(server.sentTo(g, to)).To(BeEmpty())
	})
}

// The manager tells what the server said, and at which step.
func TestTold(t *testing.T) {
	for detail, tt := range map[string]struct{ cluster, reply string }{
		"RCPT: 450 4.2.0 [address] Recipient address rejected: greylisted":               {atRcpt, "450 4.2.0 greylisted"},
		"end of DATA: 550 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: looks like spam": {atEnd, "550 5.7.1 looks like spam"},
	} {
		to := newcomer()
		server.policy.answer(tt.cluster, to, tt.reply)
		outcome := send(t, through(server.doors[open], v1alpha1.SMTPStartTLS), invitation(to))
		NewWithT(t).Expect(outcome.Detail).To(ContainSubstring(detail))
	}
}

// The same mail tried again is the same to a mailbox, which may have got it twice.
func TestSameMessageID(t *testing.T) {
	bySender(t, func(t *testing.T, intend func(string) attempt) {
		g, to := NewWithT(t), newcomer()
		again := intend(to)
		again.ends(t, server.doors[open], invite.Accepted)
		again.ends(t, server.doors[open], invite.Accepted)
		other := newcomer()
		intend(other).ends(t, server.doors[open], invite.Accepted)
		twice := server.sentTo(g, to)
		g.Expect(twice).To(HaveLen(2))
		id := twice[0].header.Get("Message-Id")
		g.Expect(id).To(MatchRegexp(`^<[^<>\s]+@[a-z.]+>$`))
		g.Expect(twice[1].header.Get("Message-Id")).To(Equal(id))
		g.Expect(server.sentTo(g, other)[0].header.Get("Message-Id")).NotTo(Equal(id))
	})
}

// A client that was told no takes its leave all the same.
func TestTakesItsLeave(t *testing.T) {
	for _, cluster := range []string{atRcpt, atData, atEnd} {
		t.Run(cluster, func(t *testing.T) {
			bySender(t, func(t *testing.T, intend func(string) attempt) {
				g, to, w := NewWithT(t), newcomer(), tap(t, "127.0.0.1", server.doors[open], nil)
				server.policy.answer(cluster, to, "550 5.7.1 no")
				intend(to).ends(t, w.address(), invite.Refused)
				heard, _ := w.listened(g)
				g.Expect(string(heard)).To(HaveSuffix("\r\nQUIT\r\n"))
			})
		})
	}
}

func TestCut(t *testing.T) {
	ownTLS, ca, err := mailsink.SelfSigned(time.Now())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for at, tt := range map[moment]struct {
		want    invite.Verdict
		arrives int
	}{
		beforeData:   {invite.Deferred, 0},
		midContent:   {invite.Unknown, 0}, // it cannot know how much got through, so it counts as sent
		beforeAnswer: {invite.Unknown, 1},
	} {
		t.Run(string(at), func(t *testing.T) {
			bySender(t, func(t *testing.T, intend func(string) attempt) {
				g, to, w := NewWithT(t), newcomer(), tap(t, "127.0.0.1", server.doors[open], nil)
				w.cutAt(at, nil)
				again := intend(to)
				again.ends(t, w.address(), tt.want)
				g.Expect(server.sentTo(g, to)).To(HaveLen(tt.arrives))
				if tt.want == invite.Unknown {
					return
				}
				w.cutAt("", nil)
				again.ends(t, w.address(), invite.Accepted)
				g.Expect(server.sentTo(g, to)).To(HaveLen(1))
			})
		})
		t.Run(string(at)+", under TLS", func(t *testing.T) {
			w := tap(t, "127.0.0.1", server.doors[open], ownTLS.Clone())
			w.cutAt(at, nil)
			c, m := through(w.address(), v1alpha1.SMTPImplicitTLS), invitation(newcomer())
			c.CABundle = ca
			NewWithT(t).Expect(send(t, c, m).Verdict).To(Equal(tt.want))
			NewWithT(t).Expect(count(t, server, m)).To(Equal(tt.arrives))
		})
	}
}

// The mail server itself dies and comes back with its queue.
func TestServerKilled(t *testing.T) {
	p, err := startPostfix(t.Context())
	t.Cleanup(func() { NewWithT(t).Expect(p.close(context.Background())).To(Succeed()) })
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for at, want := range map[moment]invite.Verdict{beforeData: invite.Deferred, midContent: invite.Unknown, beforeAnswer: invite.Unknown} {
		t.Run(string(at), func(t *testing.T) {
			bySender(t, func(t *testing.T, intend func(string) attempt) {
				g, to, w := NewWithT(t), newcomer(), tap(t, "127.0.0.1", p.doors[open], nil)
				w.cutAt(at, p.kill)
				if at == beforeAnswer {
					// A server that dies while it delivers may do so again; that is not what is tried here.
					p.policy.answer(atRcpt, to, "HOLD")
				}
				again := intend(to)
				again.ends(t, w.address(), want)
				if want == invite.Deferred {
					again.ends(t, p.doors[open], invite.Deferred) // nobody listens
				}
				g.Expect(p.release()).To(Succeed())
				g.Expect(p.start(t.Context())).To(Succeed())
				switch at {
				case beforeData:
					g.Expect(p.sentTo(g, to)).To(BeEmpty())
					again.ends(t, p.doors[open], invite.Accepted)
					g.Expect(p.sentTo(g, to)).To(HaveLen(1))
				case midContent:
					g.Expect(p.sentTo(g, to)).To(BeEmpty())
				case beforeAnswer:
					g.Expect(p.sentTo(g, to)).To(HaveLen(1), "it was taken before the server died")
				}
			})
		})
	}
}

func TestManyAtOnce(t *testing.T) {
	g := NewWithT(t)
	sender, err := invite.NewSMTP(loggingIn(through(server.doors[submission], v1alpha1.SMTPStartTLS)))
	g.Expect(err).NotTo(HaveOccurred())
	messages := make([]invite.Message, 30)
	var sending sync.WaitGroup
	for i := range messages {
		messages[i] = invitation(newcomer())
		sending.Go(func() {
			outcome, err := sender.Send(t.Context(), messages[i])
			if err != nil || outcome.Verdict != invite.Accepted {
				t.Errorf("%+v %v", outcome, err)
			}
		})
	}
	sending.Wait()
	for _, m := range messages {
		g.Expect(count(t, server, m)).To(Equal(1))
	}
}
