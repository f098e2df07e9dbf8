package store

import "time"

// Session is somebody logged in to the web pages.
type Session struct {
	Profile int64
	// Factor: a second factor was used in it.
	Factor bool
	// Created is when somebody logged in, Seen when they last did something.
	Created, Seen time.Time
}

// InsertSession keeps a session under the digest of token.
func (t *Tx) InsertSession(token string, s Session) error {
	return t.run(`INSERT INTO session(digest, profile, factor, created, seen) VALUES(?, ?, ?, ?, ?)`,
		digest(token), s.Profile, s.Factor, s.Created.UnixNano(), s.Seen.UnixNano())
}

// Session finds a session by its token.
func (t *Tx) Session(token string) (Session, error) {
	var s Session
	var created, seen int64
	err := t.one([]any{&s.Profile, &s.Factor, &created, &seen},
		`SELECT profile, factor, created, seen FROM session WHERE digest = ?`, digest(token))
	s.Created, s.Seen = time.Unix(0, created), time.Unix(0, seen)
	return s, err
}

// TouchSession notes when somebody last did something.
func (t *Tx) TouchSession(token string, seen time.Time) error {
	return t.run(`UPDATE session SET seen = ? WHERE digest = ?`, seen.UnixNano(), digest(token))
}

// DeleteSession ends a session; it is no error if there is none.
func (t *Tx) DeleteSession(token string) error {
	return t.run(`DELETE FROM session WHERE digest = ?`, digest(token))
}

// DeleteSessionsOf ends every session of a profile.
func (t *Tx) DeleteSessionsOf(profile int64) error {
	return t.run(`DELETE FROM session WHERE profile = ?`, profile)
}

// DropSessions forgets sessions in which nothing was done since idle, or that are older
// than life.
func (t *Tx) DropSessions(idle, life time.Time) error {
	return t.run(`DELETE FROM session WHERE seen <= ? OR created <= ?`, idle.UnixNano(), life.UnixNano())
}
