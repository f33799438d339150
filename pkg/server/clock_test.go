package server_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
)

const day = 24 * time.Hour

// live lets time pass as it does while a server runs: with a sweep now and then.
func (f *fixture) live(d time.Duration) {
	for range d / (2 * time.Hour) {
		f.clock.advance(2 * time.Hour)
		f.server.Sweep(f.t.Context())
	}
}

// count returns how many notes a user has, those in the trash among them.
func (f *fixture) count(name string) int {
	f.t.Helper()
	page, err := f.as(f.login(name)).ListNotes(f.t.Context(), api.ListOptions{State: api.StateAll})
	if err != nil {
		f.t.Fatal(err)
	}
	return len(page.Notes)
}

// oneTrashed makes a note, and another one in the trash.
func oneTrashed(t *testing.T, c *client.Client) (kept api.Note) {
	t.Helper()
	kept, err := c.CreateNote(t.Context(), api.NewNote{Title: "kept"})
	if err != nil {
		t.Fatal(err)
	}
	trashed, err := c.CreateNote(t.Context(), api.NewNote{Title: "trashed"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.TrashNote(t.Context(), trashed.ID); err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestSweep(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	oneTrashed(t, f.user("ann"))
	if f.live(29 * day); f.count("ann") != 2 {
		t.Errorf("after 29 days %d notes are left", f.count("ann"))
	}
	if f.live(2 * day); f.count("ann") != 1 {
		t.Errorf("after 31 days %d notes are left", f.count("ann"))
	}
}

// TestClockSteps sets the clock while the server runs, and corrects it. No note
// is lost, not even from the trash, and nobody is locked out.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-20000 * day, -3 * day, 3 * day, 31 * day, 400 * day, 20000 * day} {
		t.Run(fmt.Sprint(int(step/day)), func(t *testing.T) {
			t.Parallel()
			f := start(t, func(c *server.Config) { c.AccountLimit = server.Limit{Attempts: 2, Window: time.Hour} })
			l := f.signup("ann")
			note := oneTrashed(t, f.as(l))
			f.signup("bob")
			f.lockOut("bob")
			f.live(4 * time.Hour)
			f.lockOut("bob")
			for _, change := range []time.Duration{step, -step} {
				f.clock.advance(change)
				f.server.Sweep(t.Context())
				l = f.goOn(l, step.Abs() > 90*day)
				note = f.write(l, note)
				f.login("bob")
				f.lockOut("bob")
			}
			f.oneMoreTrashed(l)
			if f.live(day); f.count("ann") != 3 {
				t.Errorf("%d notes are left", f.count("ann"))
			}
		})
	}
}

// lockOut tries wrong passwords until they are not looked at any more.
func (f *fixture) lockOut(name string) {
	f.t.Helper()
	for range 4 {
		if status, _ := f.guess(name, wrongPassword); status == 429 {
			return
		}
	}
	f.t.Errorf("%s is not locked", name)
}

// goOn refreshes a login. Where the clock goes on by more than its life the login
// has ended, and another one is made.
func (f *fixture) goOn(l api.Login, mayEnd bool) api.Login {
	f.t.Helper()
	next, err := f.client().Refresh(f.t.Context(), l.RefreshToken)
	if errors.Is(err, api.ErrUnauthorized) && mayEnd {
		return f.login("ann")
	}
	if err != nil {
		f.t.Fatalf("refresh: %v", err)
	}
	return next
}

// write saves a note and finds it as it was saved.
func (f *fixture) write(l api.Login, n api.Note) api.Note {
	f.t.Helper()
	ctx, c := f.t.Context(), f.client(client.WithToken(l.AccessToken))
	saved, err := c.AppendNote(ctx, n.ID, "more")
	if err != nil || saved.Revision != n.Revision+1 {
		f.t.Fatalf("append: revision %d after %d, %v", saved.Revision, n.Revision, err)
	}
	if got, err := c.Note(ctx, n.ID); err != nil || got.Body != saved.Body {
		f.t.Errorf("the note after it: %q, %v", got.Body, err)
	}
	return saved
}

// oneMoreTrashed trashes a note while the clock is years behind, and sets it right.
func (f *fixture) oneMoreTrashed(l api.Login) {
	f.t.Helper()
	ctx := context.WithoutCancel(f.t.Context())
	n, err := f.as(l).CreateNote(ctx, api.NewNote{Title: "trashed in the past"})
	if err != nil {
		f.t.Fatal(err)
	}
	f.clock.advance(-5000 * day)
	if err := f.as(f.login("ann")).TrashNote(ctx, n.ID); err != nil {
		f.t.Fatal(err)
	}
	f.clock.advance(5000 * day)
	f.server.Sweep(ctx)
}

// TestTrashWhileTheClockIsBehind trashes a note that was imported with an old
// date while the clock is 40 days behind, and sets the clock right.
func TestTrashWhileTheClockIsBehind(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.signup("ann")
	f.live(4 * time.Hour)
	f.clock.advance(-40 * day)
	c := f.as(f.login("ann"))
	old := api.Time{Time: f.clock.now().Add(-1000 * day)}
	n, err := c.CreateNote(t.Context(), api.NewNote{Title: "old", CreatedAt: &old, UpdatedAt: &old})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.TrashNote(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(40 * day)
	if f.live(day); f.count("ann") != 1 {
		t.Error("the note is gone")
	}
}

// TestTrashClockOfManyServers starts servers on one store again and again while
// the clock is a year ahead, and lets three of them sweep: the trash goes on by
// two hours an hour, as by one server that stays.
func TestTrashClockOfManyServers(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	oneTrashed(t, f.user("ann"))
	f.server.Sweep(t.Context())
	f.clock.advance(365 * day)
	another := func() *server.Server {
		s, err := server.New(t.Context(), server.Config{Store: f.store, Now: f.clock.now})
		if err != nil {
			t.Fatal(err)
		}
		s.Sweep(t.Context())
		return s
	}
	for range 400 {
		another()
	}
	if f.count("ann") != 2 {
		t.Fatal("servers that start empty the trash")
	}
	servers := []*server.Server{f.server, another(), another()}
	for range 15 * 24 * 9 / 10 { // hours, until 27 days
		for _, s := range servers {
			s.Sweep(t.Context())
		}
	}
	if f.count("ann") != 2 {
		t.Error("three servers empty the trash faster than one")
	}
	for range 15 * 24 * 2 / 10 { // until 33 days
		servers[2].Sweep(t.Context()) // the others are gone
	}
	if f.count("ann") != 1 {
		t.Error("a server that is left does not go on")
	}
}

// TestWrongClockEndsNoLogin sweeps while the clock is a year ahead.
func TestWrongClockEndsNoLogin(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	f.server.Sweep(t.Context())
	f.clock.advance(365 * day)
	f.server.Sweep(t.Context())
	if a := f.do("GET", "/api/v1/me", "", bearer(l)); a.status != 401 {
		t.Errorf("a login that has expired: %d", a.status)
	}
	f.clock.advance(-365 * day)
	f.goOn(l, false)
}
