package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// firstNotes are two notes and a tombstone.
const firstNotes = `
	INSERT INTO users (id, username, key, password_hash, created_at) VALUES ('aaaaaaaaaaaa', 'ann', 'ann', 'x', 0);
	INSERT INTO notes (owner, id, pinned, archived, created_at, updated_at, purged_at, revision, tags, operations, title, title_key, excerpt, body) VALUES
		('aaaaaaaaaaaa', 'aaaaaaaaaaaa', 0, 0, 0, 0, NULL, 1, '', '', '', '', '', ''),
		('aaaaaaaaaaaa', 'bbbbbbbbbbbb', 0, 0, 0, 0, NULL, 1, '', '', '', '', '', ''),
		('aaaaaaaaaaaa', 'cccccccccccc', 0, 0, 0, 0, 1, 2, '', '', '', '', '', '')`

// firstStore makes a store as the first notesd made it.
func firstStore(t *testing.T) (path string) {
	t.Helper()
	schema, err := os.ReadFile("../../pkg/store/sqlite/migrations/0001.sql")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "notes.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), string(schema)+firstNotes+`; PRAGMA user_version = 1`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOlderStore wants commands beside a server to leave an older store as it is,
// and the server to say where its backup is when it has brought it up to date.
func TestOlderStore(t *testing.T) {
	t.Parallel()
	path := firstStore(t)
	before := filesIn(t, filepath.Dir(path))
	file := filepath.Join(t.TempDir(), "notes.gz")
	refused(t, "start this version of notesd once", "backup", file, "--store", "sqlite:"+path)
	refused(t, "checks failed", "check", "--store", "sqlite:"+path, "--addr", freeAddr(t))
	if after := filesIn(t, filepath.Dir(path)); after[path] != before[path] || len(after) != len(before) {
		t.Errorf("the folder is %v, was %v", after, before)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var log bytes.Buffer
	code := run(ctx, []string{"--addr", "127.0.0.1:0", "--store", "sqlite:" + path}, io.Discard, writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "msg=listening") {
			cancel()
		}
		return log.Write(p)
	}), none)
	if backup := path + ".backup-v1"; code != 0 || !strings.Contains(log.String(), "backup="+backup) {
		t.Errorf("exit code %d; nobody is told of %s:\n%s", code, backup, log.String())
	}
	if !strings.Contains(log.String(), "notes=2") {
		t.Errorf("the log does not say how many notes there are:\n%s", log.String())
	}
	begun := strings.Index(log.String(), "is brought up to date")
	if ended := strings.Index(log.String(), "was brought up to date"); begun < 0 || ended < begun {
		t.Errorf("the log does not say first that it begins and then that it is done:\n%s", log.String())
	}
	done(t, "backup", file, "--store", "sqlite:"+path)

	log.Reset()
	again, cancel := context.WithCancel(t.Context())
	defer cancel()
	code = run(again, []string{"--addr", "127.0.0.1:0", "--store", "sqlite:" + path}, io.Discard, writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "msg=listening") {
			cancel()
		}
		return log.Write(p)
	}), none)
	if code != 0 || strings.Contains(log.String(), "up to date") {
		t.Errorf("exit code %d; a store that is up to date is said to be older:\n%s", code, log.String())
	}
}

// TestEmptyFile wants an empty file to be as none: it becomes a store, which is no
// older one, and commands beside a server say that there is none.
func TestEmptyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, "there is no store at "+path, "backup", filepath.Join(t.TempDir(), "notes.gz"), "--store", "sqlite:"+path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var log bytes.Buffer
	code := run(ctx, []string{"--addr", "127.0.0.1:0", "--store", "sqlite:" + path}, io.Discard, writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "msg=listening") {
			cancel()
		}
		return log.Write(p)
	}), none)
	if code != 0 || strings.Contains(log.String(), "older version") {
		t.Errorf("exit code %d; what was empty is said to be older:\n%s", code, log.String())
	}
}
