package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestCopyIntoExisting brings ann to a store that has carol, and once more when both
// stores have gone their own ways: what only one of them has is there in the end,
// and of the rest the target's own.
func TestCopyIntoExisting(t *testing.T) {
	t.Parallel()
	for engine, to := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			from := "sqlite:" + t.TempDir() + "/notes.db"
			token := filled(t, from)
			there := serveStore(t, "--store", to)
			carol := signUp(t, there.url, "carol")
			addNote(t, as(t, there.url, carol), "carol's")
			there.stop()

			refused(t, "--into-existing", "copy", "--from", from, "--to", to)
			for range 2 { // to do it again changes nothing
				wantVerified(t, done(t, "copy", "--from", from, "--to", to, "--into-existing"))
				wantVerified(t, done(t, "copy", "--verify", "--from", from, "--to", to, "--into-existing"))
			}

			here := serveStore(t, "--store", from)
			hereAnn := as(t, here.url, token)
			notes := titled(t, hereAnn)
			addNote(t, hereAnn, "only here")
			change(t, hereAnn, notes["note 3"], "here")
			change(t, hereAnn, notes["note 4"], "here")
			here.stop()
			there = serveStore(t, "--store", to)
			wantTitles(t, as(t, there.url, carol), "carol's")
			thereAnn := as(t, there.url, login(t, there.url, "ann"))
			addNote(t, thereAnn, "only there")
			change(t, thereAnn, notes["note 3"], "there")
			purge(t, thereAnn, notes["note 5"].ID)
			there.stop()
			done(t, "users", "delete", "bob", "--yes", "--store", to)

			said, code := notesd(t, "copy", "--from", from, "--to", to, "--into-existing")
			for _, title := range []string{"note 3", "note 4", "note 5"} {
				if !strings.Contains(said, "and kept: note "+notes[title].ID) {
					t.Errorf("%s is not named: %s", title, said)
				}
			}
			if code != 1 || strings.Contains(said, "verified") || strings.Contains(said, notes["note 6"].ID) {
				t.Errorf("exit code %d: %s", code, said)
			}
			there = serveStore(t, "--store", to)
			thereAnn = as(t, there.url, login(t, there.url, "ann"))
			got := titled(t, thereAnn)
			for title, want := range map[string]string{"note 3": "there", "note 4": notes["note 4"].Body, "only here": "", "only there": ""} {
				if n, ok := got[title]; !ok || n.Body != want {
					t.Errorf("%s is there: %t, and says %q, want %q", title, ok, n.Body, want)
				}
			}
			if _, err := thereAnn.Note(ctx, notes["note 5"].ID); !errors.Is(err, api.ErrNotFound) {
				t.Errorf("the note that was deleted for good there: %v", err)
			}
			wantHistory(t, thereAnn, notes["note 4"])
			wantLogin(t, there.url, "bob")
		})
	}
}

// wantHistory wants a note that was kept to have no step of the source's.
func wantHistory(t *testing.T, c *client.Client, n api.Note) {
	t.Helper()
	revisions, err := c.ListRevisions(t.Context(), n.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range revisions {
		if r.ReplacedAt != nil && r.Number >= n.Revision {
			t.Errorf("in the history of revision %d is %d", n.Revision, r.Number)
		}
	}
}

// titled returns the notes that are not in the trash, by title.
func titled(t *testing.T, c *client.Client) map[string]api.Note {
	t.Helper()
	notes := map[string]api.Note{}
	for n, err := range c.AllNotes(t.Context(), api.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		notes[n.Title] = n
	}
	return notes
}

func change(t *testing.T, c *client.Client, n api.Note, body string) {
	t.Helper()
	if _, err := c.UpdateNote(t.Context(), n.ID, n.Revision, api.NotePatch{Body: &body}); err != nil {
		t.Fatal(err)
	}
}

func purge(t *testing.T, c *client.Client, id string) {
	t.Helper()
	if err := errors.Join(c.TrashNote(t.Context(), id), c.PurgeNote(t.Context(), id)); err != nil {
		t.Fatal(err)
	}
}

func login(t *testing.T, url, name string) (token string) {
	t.Helper()
	l, err := newClient(t, url).Login(t.Context(), api.NewSession{Username: name, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return l.AccessToken
}

// TestCopyNamesTaken wants nothing changed in a store in which a name is another
// user's, and servers let in again.
func TestCopyNamesTaken(t *testing.T) {
	t.Parallel()
	for engine, to := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			from := "sqlite:" + t.TempDir() + "/notes.db"
			filled(t, from)
			there := serveStore(t, "--store", to)
			signUp(t, there.url, "Ann")
			signUp(t, there.url, "zoe")
			there.stop()
			before := sums(t, to)
			refused(t, "nothing was copied: 1 user name there belongs to another user than in --from: Ann\n",
				"copy", "--from", from, "--to", to, "--into-existing")
			if d := cmp.Diff(before, sums(t, to)); d != "" {
				t.Errorf("the store (-before +after):\n%s", d)
			}
		})
	}
}

// TestCopyGivenUp lets servers into a store again that a copy was killed over, and
// only into one that had users before.
func TestCopyGivenUp(t *testing.T) {
	t.Parallel()
	from := "sqlite:" + t.TempDir() + "/notes.db"
	fillDirectly(t, from, 1600)
	for engine, to := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			fresh := map[string]string{engineSQLite: "sqlite:" + t.TempDir() + "/notes.db", engineMongo: mongotest.URI(t)}[engine]
			there := serveStore(t, "--store", to)
			carol := signUp(t, there.url, "carol")
			addNote(t, as(t, there.url, carol), "carol's")
			there.stop()
			refused(t, "no copy into", "copy", "--give-up", "--to", to)
			killInTheMiddle(t, notesCounter(t, to), program(t, "copy", "--from", from, "--to", to, "--into-existing"))
			refused(t, "not whole yet", "--addr", "127.0.0.1:0", "--store", to)
			refused(t, "it had users of its own", "copy", "--from", from, "--to", to)
			done(t, "copy", "--give-up", "--to", to)
			there = serveStore(t, "--store", to)
			wantTitles(t, as(t, there.url, carol), "carol's")
			there.stop()

			killInTheMiddle(t, notesCounter(t, fresh), program(t, "copy", "--from", from, "--to", fresh))
			refused(t, "it was empty before", "copy", "--give-up", "--to", fresh)
			refused(t, "not whole yet", "--addr", "127.0.0.1:0", "--store", fresh)
		})
	}
}
