-- Everything is keyed by id; ids are never used twice (AUTOINCREMENT), because clients
-- remember them. "address" is the e-mail address in lower case, by which people are told
-- apart; "email" is what was typed. Times are Unix nanoseconds.
CREATE TABLE IF NOT EXISTS profile (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL,
  address TEXT NOT NULL UNIQUE,
  totp INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS token (
  digest BLOB PRIMARY KEY,
  profile INTEGER NOT NULL REFERENCES profile(id) ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS place (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  owner INTEGER NOT NULL REFERENCES profile(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  server INTEGER REFERENCES place(id) ON DELETE SET NULL,
  UNIQUE (owner, scope, name)
);
CREATE TABLE IF NOT EXISTS permission (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner INTEGER NOT NULL REFERENCES profile(id) ON DELETE CASCADE,
  email TEXT NOT NULL,
  address TEXT NOT NULL,
  profile INTEGER REFERENCES profile(id) ON DELETE SET NULL,
  require_2fa INTEGER NOT NULL DEFAULT 0,
  annotation TEXT NOT NULL DEFAULT '',
  -- 0 while its creation, asked for without waiting, has not taken effect.
  visible INTEGER NOT NULL DEFAULT 0,
  UNIQUE (owner, address)
);
CREATE INDEX IF NOT EXISTS permission_address ON permission(address);
CREATE TABLE IF NOT EXISTS held (
  permission INTEGER NOT NULL REFERENCES permission(id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  place INTEGER REFERENCES place(id) ON DELETE CASCADE,
  key TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS held_once ON held(permission, scope, coalesce(place, 0), key);
-- The token is kept as it is, not as a digest: the API tells the owner the link while the
-- invitation is pending. Encrypting it with a key that lies in the same folder would guard
-- nothing; the database file is readable by its user only. It is erased on acceptance.
CREATE TABLE IF NOT EXISTS invitation (
  permission INTEGER PRIMARY KEY REFERENCES permission(id) ON DELETE CASCADE,
  token TEXT UNIQUE,
  accepted INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  -- How often the provider was asked to mail it.
  mails INTEGER NOT NULL DEFAULT 0
);
-- Writes asked for without "alwaysdata-synchronous", in the order they came.
CREATE TABLE IF NOT EXISTS pending_write (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  due INTEGER NOT NULL,
  permission INTEGER NOT NULL REFERENCES permission(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  change BLOB NOT NULL
);
-- Mails to be sent. "sending" is set before the attempt: what a crash leaves in that state
-- may have been delivered and is not sent again. 2: it was asked for again meanwhile.
CREATE TABLE IF NOT EXISTS mail (
  permission INTEGER PRIMARY KEY REFERENCES permission(id) ON DELETE CASCADE,
  due INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  sending INTEGER NOT NULL DEFAULT 0
);
-- Alerts to be mailed, one to each person told, queued like the invitations above. Without a
-- permission it is the owner's own. What takes away why somebody is told takes the mail along.
CREATE TABLE IF NOT EXISTS alert_mail (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner INTEGER NOT NULL REFERENCES profile(id) ON DELETE CASCADE,
  permission INTEGER REFERENCES permission(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  place INTEGER REFERENCES place(id) ON DELETE CASCADE,
  about TEXT NOT NULL,
  due INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  sending INTEGER NOT NULL DEFAULT 0
);
-- Wire keys this provider knows beyond the catalogue.
CREATE TABLE IF NOT EXISTS extra_key (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (scope, key)
);
-- What a person logs in to the web pages with; nothing where they cannot. The password is
-- kept as an argon2id digest.
CREATE TABLE IF NOT EXISTS password (
  profile INTEGER PRIMARY KEY REFERENCES profile(id) ON DELETE CASCADE,
  digest TEXT NOT NULL
);
-- The secret has to be kept as it is: codes are computed from it. "used" is the last time
-- step whose code was accepted; neither that nor an earlier one is accepted again.
CREATE TABLE IF NOT EXISTS second_factor (
  profile INTEGER PRIMARY KEY REFERENCES profile(id) ON DELETE CASCADE,
  secret TEXT NOT NULL,
  used INTEGER NOT NULL DEFAULT 0
);
-- Who is logged in to the web pages, by a digest of what their browser holds.
CREATE TABLE IF NOT EXISTS session (
  digest BLOB PRIMARY KEY,
  profile INTEGER NOT NULL REFERENCES profile(id) ON DELETE CASCADE,
  factor INTEGER NOT NULL,
  created INTEGER NOT NULL,
  seen INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS session_profile ON session(profile);
-- Digests of accepted invitations' links, to tell a used link from one that never was.
CREATE TABLE IF NOT EXISTS spent_link (
  digest BLOB PRIMARY KEY
);
-- The links that invitations are mailed with. They are others than those the API tells, because
-- only whoever reads the mailbox has them.
CREATE TABLE IF NOT EXISTS mailed_link (
  permission INTEGER PRIMARY KEY REFERENCES permission(id) ON DELETE CASCADE,
  token TEXT NOT NULL UNIQUE
);
-- Profiles made behind a link that the API told: whoever made one may not read the mailbox. It has
-- the rows of this owner only. Profiles that are not here are confirmed.
CREATE TABLE IF NOT EXISTS unconfirmed (
  profile INTEGER PRIMARY KEY REFERENCES profile(id) ON DELETE CASCADE,
  owner INTEGER REFERENCES profile(id) ON DELETE SET NULL
);
-- The link mailed to an unconfirmed profile, and its mail, queued like those above.
CREATE TABLE IF NOT EXISTS confirmation (
  profile INTEGER PRIMARY KEY REFERENCES profile(id) ON DELETE CASCADE,
  token TEXT NOT NULL UNIQUE,
  expires INTEGER NOT NULL,
  mails INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS confirmation_mail (
  profile INTEGER PRIMARY KEY REFERENCES profile(id) ON DELETE CASCADE,
  due INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  sending INTEGER NOT NULL DEFAULT 0
);
