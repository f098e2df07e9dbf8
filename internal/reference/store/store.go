// Package store keeps the reference backend's data in one SQLite file: people, accounts,
// servers, permission rows, invitations, and what is still to be done. It knows no rules;
// callers compose its methods in transactions.
package store

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	// The driver registers itself as "sqlite".
	_ "modernc.org/sqlite"
)

//go:embed schema.sql
var schema string

// ErrNotFound says that there is no such thing.
var ErrNotFound = errors.New("not found")

// readers is how many reads may go on at a time, beside the one writer.
const readers = 4

// Store is the open database. One writer at a time; readers see the last commit (WAL).
type Store struct {
	write *sql.DB
	read  *sql.DB
}

// Tx is a transaction. Its methods return ErrNotFound where a single thing asked for is
// not there; other errors are the database's.
type Tx struct {
	ctx context.Context
	tx  *sql.Tx
}

// Open opens the database at path, or makes it, readable by its user only.
func Open(ctx context.Context, path string) (*Store, error) {
	file, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	write, err := connect(path, 1, "&_txlock=immediate&_pragma=synchronous(NORMAL)")
	if err != nil {
		return nil, err
	}
	read, err := connect(path, readers, "&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s := &Store{write: write, read: read}
	if _, err := write.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the database: %w", err), s.Close())
	}
	return s, nil
}

func connect(path string, conns int, options string) (*sql.DB, error) {
	name := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)" + options
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// Close closes the database. Transactions must have ended.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// View runs f over one consistent state that f cannot change.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error { return run(ctx, s.read, f) }

// Update runs f alone among writers, and commits unless f fails.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error { return run(ctx, s.write, f) }

func run(ctx context.Context, db *sql.DB, f func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if err := f(&Tx{ctx: ctx, tx: tx}); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Address is the form of an e-mail address by which people are told apart here: the
// provider ignores letter case.
func Address(email string) string { return strings.ToLower(email) }

func (t *Tx) exec(query string, args ...any) (sql.Result, error) {
	result, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return result, nil
}

func (t *Tx) run(query string, args ...any) error {
	_, err := t.exec(query, args...)
	return err
}

func (t *Tx) insert(query string, args ...any) (int64, error) {
	result, err := t.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// one reads a single row into dest.
func (t *Tx) one(dest []any, query string, args ...any) error {
	err := t.tx.QueryRowContext(t.ctx, query, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// each calls f with every row of a query; f scans it.
func (t *Tx) each(f func(scan func(...any) error) error, query string, args ...any) (err error) {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
