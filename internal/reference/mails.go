package reference

import (
	"context"
	"errors"
	"time"

	"github.com/hostgrant/hostgrant/internal/reference/mailer"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

const (
	// mailRetry is how long a mail waits that the mail server would not take for now.
	mailRetry = 30 * time.Second
	// mailAttempts is how often one mail is tried before it is given up.
	mailAttempts = 20
)

// mailJob is the next thing to do for the mails.
type mailJob struct {
	ref store.MailRef
	// attempt counts from 1.
	attempt int
	// wait until it is due; the rest is set when it is 0.
	wait time.Duration
	// deliver tries it once; nil where nothing is left to be mailed.
	deliver func(context.Context) error
}

// mailDue sends the mails whose time has come. It returns how long until the next one, 0 if
// there is none.
func (s *Server) mailDue(ctx context.Context) (time.Duration, error) {
	for ctx.Err() == nil {
		var job mailJob
		err := s.store.Update(ctx, func(tx *store.Tx) (err error) {
			job, err = s.nextMail(tx)
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return 0, nil
		}
		if err != nil || job.wait > 0 {
			return job.wait, err
		}
		if err := s.send(ctx, job); err != nil {
			return 0, err
		}
	}
	return 0, ctx.Err()
}

// nextMail picks the mail due first and notes that it is being sent.
func (s *Server) nextMail(tx *store.Tx) (job mailJob, err error) {
	for {
		ref, attempts, due, err := tx.NextMail()
		if err != nil {
			return job, err
		}
		if wait := due.Sub(s.clock.Now()); wait > 0 {
			return mailJob{wait: wait}, nil
		}
		compose := s.invitationMail
		switch {
		case ref.Alert != 0:
			compose = s.alertMail
		case ref.Profile != 0:
			compose = s.confirmationMail
		}
		deliver, err := compose(tx, ref)
		if err != nil {
			return job, err
		}
		if deliver == nil {
			if err := tx.EndMail(ref); err != nil {
				return job, err
			}
			continue
		}
		return mailJob{ref: ref, attempt: attempts + 1, deliver: deliver}, tx.StartMail(ref)
	}
}

// invitationMail is nil where the invitation was accepted or has expired while it waited.
func (s *Server) invitationMail(tx *store.Tx, ref store.MailRef) (func(context.Context) error, error) {
	row, err := tx.Permission(store.Filter{ID: ref.Permission})
	if err != nil {
		return nil, err
	}
	if told := s.invitationJSON(row.Invitation); told == nil || told.State != Pending {
		return nil, nil
	}
	owner, err := tx.Profile(row.Owner)
	if err != nil {
		return nil, err
	}
	message, err := s.invitationTo(tx, owner, row)
	return func(ctx context.Context) error { return s.mailer.Invite(ctx, message) }, err
}

// send tries one mail once and notes how it went, also when the server is being stopped:
// a delivery that is not noted would count as interrupted.
func (s *Server) send(ctx context.Context, job mailJob) error {
	err := job.deliver(ctx)
	ended := err == nil || errors.Is(err, mailer.ErrRefused) || errors.Is(err, mailer.ErrUnknown) || job.attempt >= mailAttempts
	what, id := "invitation", job.ref.Permission
	switch {
	case job.ref.Alert != 0:
		what, id = "alert", job.ref.Alert
	case job.ref.Profile != 0:
		what, id = "confirmation", job.ref.Profile
	}
	switch {
	case err == nil:
		s.counters.mailed(job.ref)
		s.log.Info(what+" mailed", "id", id)
	case ended:
		s.log.Warn(what+" not mailed", "id", id, "attempt", job.attempt, "error", err)
	default:
		s.log.Info(what+" will be mailed later", "id", id, "attempt", job.attempt, "error", err)
	}
	return s.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if ended {
			return tx.EndMail(job.ref)
		}
		return tx.RetryMail(job.ref, s.clock.Now().Add(mailRetry))
	})
}

// dropInterruptedMails forgets mails whose sending a crash cut off: they may have arrived,
// and nobody is mailed twice.
func (s *Server) dropInterruptedMails(ctx context.Context) {
	var dropped int64
	err := s.store.Update(ctx, func(tx *store.Tx) (err error) {
		dropped, err = tx.DropInterrupted()
		return err
	})
	if err != nil || dropped > 0 {
		s.log.Warn("mails interrupted by the last stop are not sent again", "mails", dropped, "error", err)
	}
}

// Mails says whether invitations are mailed at all.
func (s *Server) Mails() bool { return s.mailer != nil }
