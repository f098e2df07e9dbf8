package reference

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/reference/credentials"
	"github.com/hostgrant/hostgrant/internal/reference/limits"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// Bounds and times of logging in to the web pages.
const (
	// SessionIdle ends a session in which nothing was done, SessionLife every session.
	SessionIdle = 30 * time.Minute
	SessionLife = 12 * time.Hour
	// codeTime is how long a code may be entered after the password.
	codeTime = 10 * time.Minute
	// touchEvery bounds how often being seen is written.
	touchEvery = time.Minute

	// attemptSpan is the window in which attempts are counted.
	attemptSpan = 15 * time.Minute
	// Attempts per address, with codes counted apart, and per client. The first guards one
	// person, the second all of them. Clients may share an address, so it is the larger.
	attemptsPerAddress = 10
	attemptsPerClient  = 60
)

// The ways not to get in. Unknown addresses, people without a password and wrong passwords
// are one and the same.
var (
	ErrLogInRefused = errors.New("the address or the password is wrong")
	ErrCodeRefused  = errors.New("the code is wrong, old, or was used already")
	ErrNoSession    = errors.New("nobody is logged in, or no longer")
)

// ThrottledError says that there were too many attempts.
type ThrottledError struct {
	// After is how long until the next one is let through.
	After time.Duration
}

// Error says what to do.
func (e *ThrottledError) Error() string {
	return "too many attempts: wait " + e.After.Round(time.Second).String()
}

// signIn is what logging in needs beside the database.
type signIn struct {
	attempts *limits.Window
	// confirmations counts the confirmation mails to an address.
	confirmations *limits.Window
	sealer        credentials.Sealer
}

func newSignIn(c clock.PassiveClock) (signIn, error) {
	sealer, err := credentials.NewSealer()
	return signIn{attempts: limits.NewWindow(c, attemptSpan), confirmations: limits.NewWindow(c, confirmationSpan), sealer: sealer}, err
}

// attempt counts a guess at somebody's secret.
func (s *Server) attempt(key string, limit int) error {
	if wait, ok := s.signIn.attempts.Allow(key, limit); !ok {
		return &ThrottledError{After: wait}
	}
	return nil
}

// LogIn is somebody at the log-in page.
type LogIn struct {
	Email, Password string
	// Client is where the request came from, as in http.Request.RemoteAddr.
	Client string
	// Session held before, if any; it ends.
	Session string
}

// LogIn begins a session and returns what the browser is to hold. Where the profile has a
// second factor the session is good for EnterCode only. Errors: ErrLogInRefused,
// *ThrottledError.
func (s *Server) LogIn(ctx context.Context, in LogIn) (session string, err error) {
	if len(in.Email) > maxEmail {
		in.Email = ""
	}
	who, err := s.passwordOf(ctx, in.Email, in.Password, in.Client)
	if err != nil {
		return "", err
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		session, err = s.openSession(tx, in.Session, who.ID, false)
		return err
	})
	return session, err
}

// passwordOf finds the profile of an address if the password is its own.
func (s *Server) passwordOf(ctx context.Context, email, password, client string) (who store.Profile, err error) {
	if err := s.attempt("client "+clientOf(client), attemptsPerClient); err != nil {
		return who, err
	}
	if err := s.attempt("address "+store.Address(email), attemptsPerAddress); err != nil {
		return who, err
	}
	var digest string
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if who, err = tx.ProfileOf(email); err != nil {
			return err
		}
		digest, err = tx.Password(who.ID)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return who, err
	}
	matches, err := credentials.PasswordMatches(digest, password)
	if err == nil && !matches {
		err = ErrLogInRefused
	}
	return who, err
}

// clientOf is the part of a client's address that stands for one client: of IPv6 the
// network, in which everybody has as many addresses as they like.
func clientOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		host, _, _ := net.SplitHostPort(remote)
		return host
	}
	address := at.Addr().Unmap()
	if prefix, err := address.Prefix(64); address.Is6() && err == nil {
		return prefix.String()
	}
	return address.String()
}

// openSession begins a session under a new id and ends the one before, so that no id that
// somebody may have planted or seen comes to stand for more than it did.
func (s *Server) openSession(tx *store.Tx, before string, profile int64, factor bool) (string, error) {
	now := s.clock.Now()
	if err := tx.DropSessions(now.Add(-SessionIdle), now.Add(-SessionLife)); err != nil {
		return "", err
	}
	if err := tx.DeleteSession(before); err != nil {
		return "", err
	}
	token := rand.Text()
	return token, tx.InsertSession(token, store.Session{Profile: profile, Factor: factor, Created: now, Seen: now})
}

// Visitor is who is logged in.
type Visitor struct {
	Profile int64
	Email   string
	// Session is what the browser holds.
	Session string
	// HasSecondFactor: the profile has one. UsedSecondFactor: it was used in this session.
	HasSecondFactor, UsedSecondFactor bool
	// Unconfirmed: nothing has shown yet that the mailbox is theirs.
	Unconfirmed bool
}

// AwaitsCode says that the password was right and nothing but the code may follow.
func (v Visitor) AwaitsCode() bool { return v.HasSecondFactor && !v.UsedSecondFactor }

// Visitor finds who holds a session and notes that they were seen. The error is
// ErrNoSession where it is over.
func (s *Server) Visitor(ctx context.Context, session string) (v Visitor, err error) {
	var seen time.Time
	err = s.store.View(ctx, func(tx *store.Tx) error {
		v, seen, err = s.visitor(tx, session)
		return err
	})
	if err == nil && s.clock.Since(seen) >= touchEvery {
		err = s.store.Update(ctx, func(tx *store.Tx) error { return tx.TouchSession(session, s.clock.Now()) })
	}
	return v, err
}

func (s *Server) visitor(tx *store.Tx, session string) (v Visitor, seen time.Time, err error) {
	found, err := tx.Session(session)
	if errors.Is(err, store.ErrNotFound) {
		return v, seen, ErrNoSession
	}
	if err != nil {
		return v, seen, err
	}
	profile, err := tx.Profile(found.Profile)
	if err != nil {
		return v, seen, err
	}
	_, unconfirmed, err := tx.Unconfirmed(profile.ID)
	if err != nil {
		return v, seen, err
	}
	factor, err := tx.SecondFactor(profile.ID)
	v = Visitor{
		Profile: profile.ID, Email: profile.Email, Session: session,
		HasSecondFactor: factor.Secret != "", UsedSecondFactor: found.Factor, Unconfirmed: unconfirmed,
	}
	idle, life := s.clock.Since(found.Seen), s.clock.Since(found.Created)
	if idle >= SessionIdle || life >= SessionLife || v.AwaitsCode() && life >= codeTime {
		return Visitor{}, seen, errors.Join(err, ErrNoSession)
	}
	return v, found.Seen, err
}

// EnterCode gives the code of the second factor after the password. The session goes on
// under the id returned. Errors: ErrCodeRefused, ErrNoSession, *ThrottledError.
func (s *Server) EnterCode(ctx context.Context, session, code string) (next string, err error) {
	v, err := s.Visitor(ctx, session)
	if err != nil {
		return "", err
	}
	if err := s.attempt("code "+strconv.FormatInt(v.Profile, 10), attemptsPerAddress); err != nil {
		return "", err
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		factor, err := tx.SecondFactor(v.Profile)
		if err != nil {
			return err
		}
		step, ok := credentials.Step(factor.Secret, code, s.clock.Now())
		if factor.Secret == "" || !ok || step <= factor.Used {
			return ErrCodeRefused
		}
		if err := tx.UseSecondFactor(v.Profile, step); err != nil {
			return err
		}
		next, err = s.openSession(tx, session, v.Profile, true)
		return err
	})
	return next, err
}

// LogOut ends a session; it is no error if it is over.
func (s *Server) LogOut(ctx context.Context, session string) error {
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.DeleteSession(session) })
}
