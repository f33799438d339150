package server_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// TestMaxNotes fills an account: one more is refused, whatever is in the trash,
// and what was added before is found by whoever repeats it. Room that is made
// counts at once.
func TestMaxNotes(t *testing.T) {
	t.Parallel()
	const most = 20
	f := start(t, func(c *server.Config) { c.MaxNotes = most })
	ctx := t.Context()
	ann, bob := f.user("ann"), f.user("bob")
	var ids []string
	for i := range most {
		n, err := ann.CreateNote(ctx, api.NewNote{ID: api.NewID(), Title: fmt.Sprint(i)})
		if err != nil {
			t.Fatalf("note %d: %v", i, err)
		}
		ids = append(ids, n.ID)
	}
	full := func(when string) {
		t.Helper()
		if _, err := ann.CreateNote(ctx, api.NewNote{Title: "one more"}); api.ErrorCode(err) != api.CodeUnprocessable {
			t.Errorf("%s: %v", when, err)
		}
	}
	full("one more")
	if _, err := ann.CreateNote(ctx, api.NewNote{ID: ids[3], Title: "3"}); err != nil {
		t.Errorf("a repeat: %v", err)
	}
	if _, err := bob.CreateNote(ctx, api.NewNote{Title: "bob's"}); err != nil {
		t.Errorf("another user: %v", err)
	}
	for _, id := range ids[:3] {
		if err := ann.TrashNote(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	full("with three in the trash")
	if err := ann.PurgeNote(ctx, ids[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := ann.CreateNote(ctx, api.NewNote{Title: "in the room of a purge"}); err != nil {
		t.Error(err)
	}
	full("again")
	if n, err := ann.EmptyTrash(ctx); err != nil || n != 2 {
		t.Fatalf("%d purged, %v", n, err)
	}
	for range 2 {
		if _, err := ann.CreateNote(ctx, api.NewNote{Title: "in the room of the trash"}); err != nil {
			t.Error(err)
		}
	}
	full("at last")
}

// TestMaxNotesOfTwoServers lets two servers fill one account: the limit stands,
// but for what both add at the very same time.
func TestMaxNotesOfTwoServers(t *testing.T) {
	t.Parallel()
	const most = 100
	first := start(t, func(c *server.Config) { c.MaxNotes = most })
	second := start(t, func(c *server.Config) { c.MaxNotes, c.Store, c.Now = most, first.store, first.clock.now })
	l := first.signup("ann")
	var added atomic.Int32
	for i := 0; i < 2*most; i++ {
		f := first
		if i%2 == 1 {
			f = second
		}
		if _, err := f.as(l).CreateNote(t.Context(), api.NewNote{Title: "t"}); err == nil {
			added.Add(1)
		}
	}
	if n := added.Load(); n < most || n > most+2 {
		t.Errorf("%d notes, want %d", n, most)
	}
}

// counting counts how often notes are counted.
type counting struct {
	store.Store
	calls atomic.Int32
}

func (c *counting) CountNotes(ctx context.Context, owner string) (int, error) {
	c.calls.Add(1)
	return c.Store.CountNotes(ctx, owner)
}

// TestNotesAreHardlyEverCounted: to count takes time that an add does not have.
func TestNotesAreHardlyEverCounted(t *testing.T) {
	t.Parallel()
	var st *counting
	f := start(t, func(c *server.Config) {
		st = &counting{Store: c.Store}
		c.Store = st
	})
	ann := f.user("ann")
	var adders sync.WaitGroup
	for range 4 {
		adders.Go(func() {
			for range 50 {
				if _, err := ann.CreateNote(t.Context(), api.NewNote{Title: "t"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	adders.Wait()
	if n := st.calls.Load(); n < 1 || n > 8 {
		t.Errorf("200 notes were added, and counted %d times", n)
	}
	for range 20 {
		n, err := ann.CreateNote(t.Context(), api.NewNote{Title: "t"})
		if err != nil {
			t.Fatal(err)
		}
		if err := ann.TrashNote(t.Context(), n.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := ann.EmptyTrash(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := st.calls.Load(); n > 8 {
		t.Errorf("notes were added and purged in turns, and counted %d times", n)
	}
}

// signUpFrom signs up through a proxy, as a client with this address.
func (f *fixture) signUpFrom(address, name, password string) answer {
	f.t.Helper()
	return f.do("POST", "/api/v1/users", fmt.Sprintf(`{"username":%q,"password":%q}`, name, password), "X-Forwarded-For: "+address)
}

func TestSignupLimit(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
		c.SignupLimit = server.Limit{Attempts: 3, Window: time.Hour}
	})
	for i, want := range []int{201, 201, 409, 429} { // a name that is taken counts
		name := fmt.Sprint("ann", min(i, 1))
		if i == 3 {
			name = "ann3"
		}
		a := f.signUpFrom(fmt.Sprint("203.0.113.", i), name, password)
		if a.status != want {
			t.Errorf("sign-up %d: %d %s", i, a.status, a.body)
		}
		if want == 429 && a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	if a := f.signUpFrom("198.51.100.1", "bob", "short"); a.status != 400 {
		t.Errorf("what breaks a rule: %d", a.status)
	}
	for i, want := range []int{201, 201, 201, 429} {
		if a := f.signUpFrom(fmt.Sprintf("2001:db8::%d", i+1), fmt.Sprint("bob", i), password); a.status != want {
			t.Errorf("sign-up %d of one /64: %d", i, a.status)
		}
	}
	if a := f.signUpFrom("2001:db8:0:1::1", "carl", password); a.status != 201 {
		t.Errorf("the next /64: %d", a.status)
	}
	for i := range 5 { // nobody stands between
		f.signup(fmt.Sprint("operator", i))
	}
	f.clock.advance(time.Hour)
	if a := f.signUpFrom("203.0.113.9", "ann9", password); a.status != 201 {
		t.Errorf("an hour later: %d", a.status)
	}
	if n := strings.Count(f.log.String(), `"msg":"sign-up throttled"`); n != 2 {
		t.Errorf("%d lines in the log, want 2", n)
	}
}

// TestSignupLimitBehindUnknownProxy: a proxy on this machine that nobody has told
// us of is not the operator.
func TestSignupLimitBehindUnknownProxy(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.SignupLimit = server.Limit{Attempts: 1, Window: time.Hour} })
	for i, want := range []int{201, 429} {
		if a := f.signUpFrom(fmt.Sprint("203.0.113.", i), fmt.Sprint("ann", i), password); a.status != want {
			t.Errorf("sign-up %d: %d", i, a.status)
		}
	}
}
