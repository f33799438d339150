package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

const password = "correct horse battery"

// serverURL is a real server for all tests, which have users of their own.
var serverURL string

func TestMain(m *testing.M) {
	code, err := withServer(m.Run)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

func withServer(run func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "client")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, stop := context.WithCancel(context.Background())
	st, err := sqlite.Open(ctx, filepath.Join(dir, "notes.db"))
	if err != nil {
		stop()
		return 0, err
	}
	defer func() { _ = st.Close() }()
	s, err := server.New(ctx, server.Config{Store: st, Signup: true, Version: "1.2.3"})
	if err != nil {
		stop()
		return 0, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		stop()
		return 0, err
	}
	serverURL = "http://" + l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	code = run()
	stop()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return code, <-served
}

func anyone(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(serverURL, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// user signs up and logs in.
func user(t *testing.T) (*client.Client, api.Login) {
	t.Helper()
	name := "u" + api.NewID()
	if _, err := anyone(t).CreateUser(t.Context(), api.NewUser{Username: name, Password: password}); err != nil {
		t.Fatal(err)
	}
	l := login(t, name)
	return anyone(t, client.WithLogin(client.TokensOf(l), nil)), l
}

func login(t *testing.T, name string) api.Login {
	t.Helper()
	l, err := anyone(t).Login(t.Context(), api.NewSession{Username: name, Password: password, Label: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestNotes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, _ := user(t)

	n, err := c.CreateNote(ctx, api.NewNote{Title: "Tïtle", Body: "a <b> & \u2028 \x01\n", Tags: []string{"B", "a"}, Pinned: true})
	if err != nil {
		t.Fatal(err)
	}
	if n.Body != "a <b> & \u2028 \x01\n" || !cmp.Equal(n.Tags, []string{"a", "b"}) || !n.Pinned || n.Revision != 1 {
		t.Errorf("created %+v", n)
	}
	got, err := c.Note(ctx, n.ID)
	if err != nil || !cmp.Equal(got, n) {
		t.Errorf("got %+v, %v", got, err)
	}

	n, err = c.UpdateNote(ctx, n.ID, n.Revision, api.NotePatch{Tags: new([]string{}), Archived: new(true)})
	if err != nil || len(n.Tags) != 0 || !n.Archived || n.Title != "Tïtle" {
		t.Errorf("updated %+v, %v", n, err)
	}
	_, err = c.UpdateNote(ctx, n.ID, 1, api.NotePatch{Title: new("late")})
	e, ok := errors.AsType[*client.Error](err)
	if !errors.Is(err, api.ErrStale) || !ok || e.Note == nil || !cmp.Equal(*e.Note, n) || e.RequestID == "" {
		t.Errorf("a stale update: %v with %+v", err, e)
	}
	n, err = c.UpdateNote(ctx, n.ID, client.AnyRevision, api.NotePatch{Title: new("last")})
	if err != nil || n.Title != "last" || n.Revision != 3 {
		t.Errorf("updated %+v, %v", n, err)
	}

	once := client.WithOperation(api.NewID())
	for range 2 {
		if n, err = c.AppendNote(ctx, n.ID, "more", once); err != nil {
			t.Fatal(err)
		}
	}
	if n.Body != "a <b> & \u2028 \x01\nmore" || n.Revision != 4 {
		t.Errorf("appended %+v", n)
	}
	if err := c.TrashNote(ctx, n.ID); err != nil {
		t.Error(err)
	}
	if n, err = c.RestoreNote(ctx, n.ID); err != nil || n.TrashedAt != nil {
		t.Errorf("restored %+v, %v", n, err)
	}
	if err := c.PurgeNote(ctx, n.ID); !errors.Is(err, &api.Error{Code: api.CodeUnprocessable}) {
		t.Errorf("purged a living note: %v", err)
	}
	if err := errors.Join(c.TrashNote(ctx, n.ID), c.PurgeNote(ctx, n.ID)); err != nil {
		t.Error(err)
	}
	if _, err := c.Note(ctx, n.ID); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("a purged note: %v", err)
	}
	if _, err := c.CreateNote(ctx, api.NewNote{ID: n.ID, Title: "again"}); !errors.Is(err, api.ErrGone) {
		t.Errorf("the id of a purged note: %v", err)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, _ := user(t)
	var want []string
	for i := range 7 {
		n, err := c.CreateNote(ctx, api.NewNote{Title: fmt.Sprint(i), Body: strings.Repeat("word ", 100), Tags: []string{"t"}})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, n.Title)
	}
	o := api.ListOptions{Sort: api.SortTitle, Limit: 3, Tags: []string{"t"}, State: api.StateAll}
	var notes, summaries []string
	for n, err := range c.AllNotes(ctx, o) {
		if err != nil || len(n.Body) != 500 {
			t.Fatalf("%+v, %v", n, err)
		}
		notes = append(notes, n.Title)
	}
	o.Prefix = true
	for s, err := range c.AllSummaries(ctx, o) {
		if err != nil || s.Excerpt == "" || !strings.HasPrefix(s.ID, s.Prefix) || s.Prefix == "" {
			t.Fatalf("%+v, %v", s, err)
		}
		summaries = append(summaries, s.Title)
	}
	if !cmp.Equal(notes, want) || !cmp.Equal(summaries, want) {
		t.Errorf("notes %q, summaries %q, want %q", notes, summaries, want)
	}
	if err := c.TrashNote(ctx, onlyID(t, c, "3")); err != nil {
		t.Fatal(err)
	}
	if n, err := c.EmptyTrash(ctx); n != 1 || err != nil {
		t.Errorf("emptied %d, %v", n, err)
	}
}

func onlyID(t *testing.T, c *client.Client, title string) string {
	t.Helper()
	for n, err := range c.AllNotes(t.Context(), api.ListOptions{}) {
		if err == nil && n.Title == title {
			return n.ID
		}
	}
	t.Fatalf("no note %q", title)
	return ""
}

func TestAccount(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, l := user(t)
	me, err := c.Me(ctx)
	if err != nil || me.User != l.User {
		t.Errorf("I am %+v, %v", me, err)
	}
	if _, err := anyone(t).CreateUser(ctx, api.NewUser{Username: strings.ToUpper(me.Username), Password: password}); !errors.Is(err, api.ErrConflict) {
		t.Errorf("a taken name: %v", err)
	}
	second, third := login(t, me.Username), login(t, me.Username)
	sessions, err := c.ListSessions(ctx)
	if err != nil || len(sessions) != 3 || sessions[0].ID != third.Session.ID || !sessions[2].Current || sessions[2].Label != "test" {
		t.Errorf("sessions %+v, %v", sessions, err)
	}
	if err := c.DeleteSession(ctx, second.Session.ID); err != nil {
		t.Error(err)
	}
	ended := anyone(t, client.WithLogin(client.TokensOf(second), nil))
	if _, err := ended.Me(ctx); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("an ended login: %v", err)
	}
	if err := c.DeleteOtherSessions(ctx); err != nil {
		t.Error(err)
	}
	wrong := api.PasswordChange{CurrentPassword: "wrong", NewPassword: "another long password"}
	if err := c.ChangePassword(ctx, wrong); !errors.Is(err, &api.Error{Code: api.CodeForbidden}) {
		t.Errorf("the wrong password: %v", err)
	}
	right := api.PasswordChange{CurrentPassword: password, NewPassword: "another long password"}
	if err := c.ChangePassword(ctx, right); err != nil {
		t.Error(err)
	}
	if sessions, err = c.ListSessions(ctx); err != nil || len(sessions) != 1 {
		t.Errorf("sessions %+v, %v", sessions, err)
	}
	if err := c.DeleteAccount(ctx, "another long password"); err != nil {
		t.Error(err)
	}
	if _, err := c.Me(ctx); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("a deleted account: %v", err)
	}
}

// The tokens go on for as long as they are used, and Logout ends them.
func TestRefreshes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	_, l := user(t)
	var saved atomic.Pointer[client.Tokens]
	var later atomic.Int64
	c := anyone(t,
		client.WithClock(func() time.Time { return time.Now().Add(time.Duration(later.Load())) }),
		client.WithLogin(client.TokensOf(l), func(tk client.Tokens) error {
			saved.Store(&tk)
			return nil
		}))
	for range 3 {
		later.Add(int64(time.Hour)) // past the end of the access token, for the client
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := c.Me(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	next := anyone(t, client.WithLogin(*saved.Load(), nil))
	if err := next.Logout(ctx); err != nil {
		t.Error(err)
	}
	later.Store(0)
	if _, err := c.Me(ctx); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("after the logout: %v", err)
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	c := anyone(t)
	v, err := c.Version(t.Context())
	if err != nil || v != (api.VersionInfo{Version: "1.2.3", API: api.Version}) {
		t.Errorf("%+v, %v", v, err)
	}
	if err := c.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}
