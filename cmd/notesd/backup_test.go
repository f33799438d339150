package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/backup"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/durable"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// notesd runs the program to its end.
func notesd(t *testing.T, args ...string) (said string, code int) {
	t.Helper()
	var out bytes.Buffer
	code = run(t.Context(), args, &out, &out, none)
	return out.String(), code
}

// done wants the program to succeed.
func done(t *testing.T, args ...string) string {
	t.Helper()
	said, code := notesd(t, args...)
	if code != 0 {
		t.Fatalf("notesd %q: exit code %d: %s", args, code, said)
	}
	return said
}

// refused wants the program to fail with these words.
func refused(t *testing.T, want string, args ...string) {
	t.Helper()
	if said, code := notesd(t, args...); code != 1 || !strings.Contains(said, want) {
		t.Errorf("notesd %q: exit code %d, want 1; %q lacks %q", args, code, said, want)
	}
}

// signUp makes a user and returns a token of his.
func signUp(t *testing.T, url, name string) (token string) {
	t.Helper()
	c := newClient(t, url)
	if _, err := c.CreateUser(t.Context(), api.NewUser{Username: name, Password: password}); err != nil {
		t.Fatal(err)
	}
	login, err := c.Login(t.Context(), api.NewSession{Username: name, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return login.AccessToken
}

func as(t *testing.T, url, token string) *client.Client {
	t.Helper()
	return newClient(t, url, client.WithToken(token))
}

func addNote(t *testing.T, c *client.Client, title string) {
	t.Helper()
	if _, err := c.CreateNote(t.Context(), api.NewNote{Title: title, Tags: []string{"tag"}}); err != nil {
		t.Fatal(err)
	}
}

// wantTitles wants these notes, the latest first.
func wantTitles(t *testing.T, c *client.Client, want ...string) {
	t.Helper()
	page, err := c.ListNotes(t.Context(), api.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range page.Notes {
		got = append(got, n.Title)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("titles (-want +got):\n%s", d)
	}
}

// TestBackupAndRestore makes a backup beside a server, goes on, and restores it.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	for engine, url := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "notes.gz")
			first := serveStore(t, "--store", url)
			token := signUp(t, first.url, "ann")
			ann := as(t, first.url, token)
			addNote(t, ann, "kept")
			if said := done(t, "backup", file, "--store", url); !strings.Contains(said, "1 user, 1 note, 1 session") {
				t.Errorf("backup says %q", said)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the backup: %v, %v", info, err)
			}
			if said := done(t, "backup", "verify", file); !strings.Contains(said, "can be restored: 1 user, 1 note, 1 session") {
				t.Errorf("verify says %q", said)
			}
			addNote(t, ann, "later")
			first.stop()

			target := url
			if engine == engineMongo {
				refused(t, "name an empty database", "restore", file, "--store", url)
				target = mongotest.URI(t)
			}
			said := done(t, "restore", file, "--store", target)
			if !strings.Contains(said, "1 user, 1 note, 1 session") || !strings.Contains(said, "valid again") {
				t.Errorf("restore says %q", said)
			}
			second := serveStore(t, "--store", target)
			wantTitles(t, as(t, second.url, token), "kept")
			second.stop()

			old := url // MongoDB: where it was
			if engine == engineSQLite {
				_, old, _ = strings.Cut(said, "the old store is kept: ")
				old, _, _ = strings.Cut("sqlite:"+old, "\n")
			}
			third := serveStore(t, "--store", old)
			wantTitles(t, as(t, third.url, token), "later", "kept")
			third.stop()

			if engine == engineSQLite { // and once more, without the logins
				if said := done(t, "restore", file, "--store", url, "--end-sessions"); strings.Contains(said, "valid again") {
					t.Errorf("restore says %q", said)
				}
				fourth := serveStore(t, "--store", url)
				if _, err := as(t, fourth.url, token).ListNotes(t.Context(), api.ListOptions{}); !errors.Is(err, api.ErrUnauthorized) {
					t.Errorf("a login that was ended: %v", err)
				}
				wantLogin(t, fourth.url, "ann")
			}
		})
	}
}

// TestRestoreIntoTheOtherEngine is how one moves from one engine to the other.
func TestRestoreIntoTheOtherEngine(t *testing.T) {
	t.Parallel()
	from, to := stores(t)["sqlite"], mongotest.URI(t)
	first := serveStore(t, "--store", from)
	token := signUp(t, first.url, "ann")
	addNote(t, as(t, first.url, token), "moved")
	file, again := filepath.Join(t.TempDir(), "a.gz"), filepath.Join(t.TempDir(), "b.gz")
	done(t, "backup", file, "--store", from)
	first.stop()
	done(t, "restore", file, "--store", to)
	done(t, "backup", again, "--store", to)
	if d := cmp.Diff(recordsOf(t, file), recordsOf(t, again)); d != "" {
		t.Errorf("the backup of MongoDB (-SQLite +MongoDB):\n%s", d)
	}
	second := serveStore(t, "--store", to)
	wantTitles(t, as(t, second.url, token), "moved")
}

// TestBackupFileIsThereAlready wants no backup lost by the making of another.
func TestBackupFileIsThereAlready(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	serveStore(t, "--store", url)
	file := filepath.Join(t.TempDir(), "notes.gz")
	if err := os.WriteFile(file, []byte("the only copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, "--force", "backup", file, "--store", url)
	if got, _ := os.ReadFile(file); string(got) != "the only copy" {
		t.Errorf("the file is %q", got)
	}
	if said, code := notesd(t, "backup", "", "--store", url); code != exitUsage {
		t.Errorf("a file without a name: exit code %d: %s", code, said)
	}
	done(t, "backup", file, "--store", url, "--force")
	done(t, "backup", "verify", file)
}

// TestBackupOverTheStore wants a backup never put in the place of what it is of.
func TestBackupOverTheStore(t *testing.T) {
	t.Parallel()
	dir, links := t.TempDir(), t.TempDir()
	path, link := filepath.Join(dir, "notes.db"), filepath.Join(links, "link.db")
	server := serveStore(t, "--store", "sqlite:"+path)
	token := signUp(t, server.url, "ann")
	addNote(t, as(t, server.url, token), "kept")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + "-wal", path + "-shm", path + "-journal", path + ".lock", link} {
		for _, store := range []string{path, link} {
			refused(t, "a file of the store", "backup", file, "--force", "--store", "sqlite:"+store)
		}
	}
	if err := os.Symlink(dir, filepath.Join(links, "dir")); err != nil {
		t.Fatal(err)
	}
	server.stop() // the log is gone, and its name is not free
	refused(t, "a file of the store", "backup", filepath.Join(links, "dir", "notes.db-wal"), "--store", "sqlite:"+path)
	again := serveStore(t, "--store", "sqlite:"+path)
	wantTitles(t, as(t, again.url, token), "kept")
}

func TestBackupOfNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "notes.gz")
	for _, url := range []string{"sqlite:" + dir + "/no/notes.db", mongotest.URI(t)} {
		refused(t, "there is no store", "backup", file, "--store", url)
	}
	refused(t, "no such file", "restore", file, "--store", "sqlite:"+dir+"/no/notes.db")
	if left := filesIn(t, dir); len(left) != 0 {
		t.Errorf("there is something: %v", left)
	}
}

// TestBackupInterrupted wants nothing left of a backup that was interrupted.
func TestBackupInterrupted(t *testing.T) {
	t.Parallel()
	for engine, url := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			server := serveStore(t, "--store", url)
			addNote(t, as(t, server.url, signUp(t, server.url, "ann")), "title")
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			b := backuper{config: config{store: url}}
			err := durable.WriteFile(filepath.Join(dir, "notes.gz"), func(w io.Writer) error {
				_, _, err := b.write(ctx, writerFunc(func(p []byte) (int, error) {
					cancel()
					return w.Write(p)
				}))
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "interrupted") {
				t.Errorf("error is %v", err)
			}
			if left := filesIn(t, dir); len(left) != 0 {
				t.Errorf("there is something: %v", left)
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// recordsOf returns the titles of the notes in a backup by id, and how many
// users and sessions there are.
func recordsOf(t *testing.T, file string) map[string]string {
	t.Helper()
	r := openBackup(t, file)
	found := map[string]string{}
	for v, err := range r.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if v.Note != nil {
			found[v.Note.ID] = v.Note.Title
		}
	}
	found["counts"] = fmt.Sprint(r.Manifest.Counts)
	return found
}

// TestBackupUnderLoad makes backups while eight people write. Each can be
// restored, and holds what was acknowledged before it began.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	for engine, url := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			server := serveStore(t, "--store", url)
			ann := as(t, server.url, signUp(t, server.url, "ann"))
			ctx, cancel := context.WithCancel(t.Context())
			var mu sync.Mutex
			acknowledged := map[string]string{}
			var writers sync.WaitGroup
			for i := range 8 {
				writers.Go(func() {
					for j := 0; ctx.Err() == nil; j++ {
						title := fmt.Sprint(i, "/", j)
						n, err := ann.CreateNote(ctx, api.NewNote{Title: title, Body: strings.Repeat(title, 100)})
						if err != nil {
							return
						}
						mu.Lock()
						acknowledged[n.ID] = title
						mu.Unlock()
					}
				})
			}
			defer writers.Wait()
			defer cancel()
			dir, last := t.TempDir(), 0
			for i := 0; i < 5; {
				mu.Lock()
				before := make(map[string]string, len(acknowledged))
				for id, title := range acknowledged {
					before[id] = title
				}
				mu.Unlock()
				if len(before) == last {
					continue // somebody is to write in between
				}
				last = len(before)
				file := filepath.Join(dir, fmt.Sprint(i))
				done(t, "backup", file, "--store", url)
				done(t, "backup", "verify", file)
				got := recordsOf(t, file)
				for id, title := range before {
					if got[id] != title {
						t.Fatalf("backup %d: note %s is %q, want %q", i, id, got[id], title)
					}
				}
				i++
			}
			t.Logf("%d notes were acknowledged before the last backup", last)
		})
	}
}

// wantLogin wants this user there.
func wantLogin(t *testing.T, url, name string) {
	t.Helper()
	if _, err := newClient(t, url).Login(t.Context(), api.NewSession{Username: name, Password: password}); err != nil {
		t.Errorf("log in as %s: %v", name, err)
	}
}

// TestBackupToStandardOutput wants the file there and the talk elsewhere.
func TestBackupToStandardOutput(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	serveStore(t, "--store", url)
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"backup", "-"}, &out, &errOut, func(name string) string {
		return map[string]string{"NOTESD_STORE": url}[name]
	}); code != 0 || !strings.Contains(errOut.String(), "standard output: 0 users") {
		t.Errorf("exit code %d: %s", code, errOut.String())
	}
	if _, _, err := backup.Check(&out); err != nil {
		t.Error(err)
	}
}
