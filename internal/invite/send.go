package invite

import (
	"context"
	"errors"
	"net/textproto"
	"time"

	gosmtp "github.com/wneessen/go-mail/smtp"
)

// goodbye is how long QUIT may take: by then the outcome is known.
const goodbye = 2 * time.Second

var errNoUTF8 = errors.New("the mail server takes no addresses with characters outside ASCII (SMTPUTF8)")

// Check says whether Send could send the message, without sending it: better known before an
// intent is persisted than after. The error is a *FieldError.
func (s *SMTP) Check(m Message) error {
	_, err := m.check(s.cfg.AllowPrivate)
	return err
}

// Send makes one attempt to send one mail. The error is not nil only if the message itself
// cannot be sent (a *FieldError, mostly); nothing was sent then, and the Outcome is Refused.
// Whatever happens on the network is told by the Outcome alone.
//
// An attempt that has begun goes on to its end, or to the Timeout, also when ctx is cancelled:
// broken off after the content it would leave a mail nobody knows of.
//
// The steps are driven here rather than by go-mail's own sender, which gives the same error
// for an answer lost after the final dot and for content that never left.
func (s *SMTP) Send(ctx context.Context, m Message) (Outcome, error) {
	e, err := m.check(s.cfg.AllowPrivate)
	if err != nil {
		return Outcome{Refused, bounded(err.Error(), maxDetail)}, err
	}
	raw, err := render(e, s.from, s.cfg.Clock.Now())
	if err != nil {
		return Outcome{Refused, "the message could not be composed"}, err
	}
	if err := ctx.Err(); err != nil {
		return s.outcome(stageConnect, e, err), nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Timeout)
	defer cancel()
	client, hangUp, err := s.connect(ctx)
	defer hangUp()
	if err != nil {
		return s.outcome(stageConnect, e, err), nil
	}
	// The connection's own deadline starts anew while it is made; this one does not.
	defer context.AfterFunc(ctx, hangUp)()
	at, err := s.transfer(client, e, raw)
	if inStep(err) && client.UpdateDeadline(goodbye) == nil {
		_ = client.Quit()
	}
	if err != nil {
		return s.outcome(at, e, err), nil
	}
	return Outcome{Verdict: Accepted}, nil
}

// inStep says whether the server waits for a command: then a client takes its leave, whatever
// it was told (RFC 5321, 4.1.1.10). Within the content the connection is only closed: ending
// it properly would send what is there of it.
func inStep(err error) bool {
	var reply *textproto.Error
	return err == nil || errors.Is(err, errNoUTF8) || errors.As(err, &reply)
}

// transfer runs one transaction and says at which step it failed.
func (s *SMTP) transfer(client *gosmtp.Client, e envelope, raw []byte) (stage, error) {
	if e.utf8 {
		if ok, _ := client.Extension("SMTPUTF8"); !ok {
			return stageRcpt, errNoUTF8
		}
	}
	client.SkipSMTPUTF8(!e.utf8)
	// String gives the angle brackets and quotes a path needs.
	if err := client.Mail(s.from.String()); err != nil {
		return stageMail, err
	}
	if err := client.Rcpt(e.to.String()); err != nil {
		return stageRcpt, err
	}
	content, err := client.Data()
	if err != nil {
		return stageData, err
	}
	if _, err := content.Write(raw); err != nil {
		return stageData, err
	}
	return stageEnd, content.Close()
}

func (s *SMTP) outcome(at stage, e envelope, err error) Outcome {
	secrets := e.secrets()
	if s.cfg.Username != "" {
		secrets = append(secrets, s.cfg.Username, s.cfg.Password)
	}
	verdict := verdictOf(at, err)
	if errors.Is(err, errNoUTF8) {
		verdict = Refused
	}
	if verdict == Accepted {
		return Outcome{Verdict: Accepted}
	}
	return Outcome{verdict, detailOf(at, err, secrets)}
}
