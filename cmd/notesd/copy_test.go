package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/backup"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// live fills the store behind a server with something of everything, and returns a
// token of its user.
func live(t *testing.T, url string) (token string) {
	t.Helper()
	token = signUp(t, url, "ann")
	signUp(t, url, "bob")
	c := as(t, url, token)
	ctx := t.Context()
	if _, err := c.CreateToken(ctx, api.NewToken{Label: "ci", Scope: api.ScopeRead, ExpiresInDays: 1}); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		n, err := c.CreateNote(ctx, api.NewNote{Title: fmt.Sprint("note ", i), Body: strings.Repeat("Wörter \x01\n", i*i), Tags: []string{"tag", fmt.Sprint("t", i%3)}})
		if err != nil {
			t.Fatal(err)
		}
		for range i % 3 {
			if n, err = c.AppendNote(ctx, n.ID, "more\n", client.WithOperation(api.NewID())); err != nil {
				t.Fatal(err)
			}
		}
		if i%7 == 0 {
			if err := c.TrashNote(ctx, n.ID); err != nil {
				t.Fatal(err)
			}
		}
		if i%14 == 0 {
			if err := c.PurgeNote(ctx, n.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	return token
}

// filled fills a store and returns a token of ann's.
func filled(t *testing.T, url string) (token string) {
	t.Helper()
	server := serveStore(t, "--store", url)
	defer server.stop()
	return live(t, server.url)
}

// sums returns what a store sums up to.
func sums(t *testing.T, url string) backup.Manifest {
	t.Helper()
	st, err := openAdmin(t.Context(), config{store: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	d, err := dumperOf(st)
	if err != nil {
		t.Fatal(err)
	}
	m, err := backup.Sum(backup.Header{}, d.Dump(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var digestLine = regexp.MustCompile(`digest (from|to) +([0-9a-f]{64})`)

// wantVerified wants a copy to say the same digest of both stores, and returns it.
func wantVerified(t *testing.T, said string) (digest string) {
	t.Helper()
	found := digestLine.FindAllStringSubmatch(said, -1)
	if !strings.Contains(said, "verified: both hold the same\n") || len(found) != 2 || found[0][2] != found[1][2] {
		t.Fatalf("not verified: %s", said)
	}
	return found[0][2]
}

// TestCopy takes everything from one engine to the other and back, and within each.
func TestCopy(t *testing.T) {
	t.Parallel()
	from := "sqlite:" + t.TempDir() + "/notes.db"
	token := filled(t, from)
	want := sums(t, from)
	if c := want.Counts; c.Users != 2 || c.Notes != 27 || c.Tombstones != 3 || c.Sessions != 3 || c.Operations == 0 || c.Steps < 30 || c.Settings == 0 {
		t.Fatalf("the source holds %+v", c)
	}
	digest := ""
	for _, to := range []string{mongotest.URI(t), mongotest.URI(t), "sqlite:" + t.TempDir() + "/new/notes.db", "sqlite:" + t.TempDir() + "/notes.db"} {
		got := wantVerified(t, done(t, "copy", "--from", from, "--to", to))
		if digest != "" && got != digest {
			t.Errorf("the digest of %s is %s, want %s", to, got, digest)
		}
		digest = got
		if got := sums(t, to); got != want {
			t.Errorf("%s holds %+v, want %+v", to, got, want)
		}
		wantVerified(t, done(t, "copy", "--verify", "--from", from, "--to", to))
		refused(t, "--into-existing", "copy", "--from", from, "--to", to)
		from = to
	}
	server := serveStore(t, "--store", from)
	page, err := as(t, server.url, token).ListNotes(t.Context(), api.ListOptions{Query: "wörter tag:t2 -more"})
	if err != nil || len(page.Notes) != 0 {
		t.Errorf("a search in the last copy: %d notes, %v", len(page.Notes), err)
	}
	if page, err = as(t, server.url, token).ListNotes(t.Context(), api.ListOptions{Query: "wörter tag:t2"}); err != nil || len(page.Notes) != 9 {
		t.Errorf("a search in the last copy: %d notes, %v", len(page.Notes), err)
	}
}
