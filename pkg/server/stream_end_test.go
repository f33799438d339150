package server_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// TestStreamEndsWithTheSession: within five seconds of its end, on whichever
// server that was, and with no change after it.
func TestStreamEndsWithTheSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(f, other *fixture, l api.Login) error{
		"logged out":       func(f, _ *fixture, l api.Login) error { return f.as(l).DeleteSession(f.t.Context(), l.Session.ID) },
		"out on the other": func(_, f *fixture, l api.Login) error { return f.as(l).DeleteSession(f.t.Context(), l.Session.ID) },
		"revoked": func(f, _ *fixture, _ api.Login) error {
			return f.as(f.login("ann")).DeleteOtherSessions(f.t.Context())
		},
		"disabled": func(f, _ *fixture, l api.Login) error {
			return f.store.SetDisabled(f.t.Context(), l.User.ID, new(api.TimeOf(f.clock.now())))
		},
		"deleted": func(_, f *fixture, _ api.Login) error {
			return f.as(f.login("ann")).DeleteAccount(f.t.Context(), password)
		},
		"expired": func(f, _ *fixture, _ api.Login) error { f.clock.advance(91 * day); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, nil)
			l := f.signup("ann")
			other := f.beside()
			v := f.greeted(bearer(l))
			must(t, end(f, other, l))
			ended := time.Now()
			if name == "deleted" { // the feed may be gone first
				_, _ = v.event()
			}
			v.ends()
			if took := time.Since(ended); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestStreamEndsInTime: it takes no more than five seconds where the stream asked
// for its session just before its end, nor where a request did, on a server whose
// clock stands, so that it believes its answer for ever.
func TestStreamEndsInTime(t *testing.T) {
	t.Parallel()
	var st *asked
	stands := time.Now()
	f := start(t, func(c *server.Config) {
		st = &asked{Store: c.Store}
		c.Store, c.Now = st, func() time.Time { return stands }
	})
	l := f.signup("ann")
	other := f.beside()
	v := f.greeted(bearer(l))
	before := st.sessions.Load()
	f.waitFor(func() bool { return st.sessions.Load() > before }, "the stream to ask")
	began := time.Now()
	must(t, other.as(l).DeleteSession(t.Context(), l.Session.ID))
	_, err := v.event()
	if took := time.Since(began); err == nil || took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// wantEnded waits until so many streams have ended for this reason.
func (f *fixture) wantEnded(reason string, n float64) {
	f.t.Helper()
	f.waitFor(func() bool { return f.metrics()["notesd_streams_ended_total "+reason] == n }, "the end of %v streams, reason %s", n, reason)
}

// waitFor waits until something is so.
func (f *fixture) waitFor(so func() bool, what string, args ...any) {
	f.t.Helper()
	deadline := time.Now().Add(patience)
	for now := range time.Tick(10 * time.Millisecond) {
		if so() {
			return
		}
		if now.After(deadline) {
			f.t.Fatalf("waited in vain for "+what, args...)
		}
	}
}

// TestStreamsOfOneUser: the oldest ends when there is one too many, and others'
// do not count.
func TestStreamsOfOneUser(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l, bob := f.signup("ann"), f.signup("bob")
	bobs := f.greeted(bearer(bob))
	var open []*tail
	for range 22 {
		open = append(open, f.greeted(bearer(l)))
	}
	open[0].ends()
	open[1].ends()
	f.wantEnded("limit", 2)
	n := f.add(f.as(l), api.NewNote{Title: "for all"})
	for _, v := range open[2:] {
		v.sees(n.ID, 1)
	}
	m := f.add(f.as(bob), api.NewNote{Title: "Bob's"})
	bobs.sees(m.ID, 1)
	if got := f.metrics(); got["notesd_streams"] != 21 || got["notesd_stream_changes_total"] != 21 {
		t.Errorf("%v streams, which have sent %v changes", got["notesd_streams"], got["notesd_stream_changes_total"])
	}
}

// TestStreamsLeaveNothing opens and closes many: the hub forgets them, and no
// goroutine is left, as TestMain finds.
func TestStreamsLeaveNothing(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	logins := []api.Login{f.signup("ann"), f.signup("bob"), f.signup("eve")}
	const rounds, each = 10, 50
	for range rounds {
		var open []*tail
		for i := range each {
			open = append(open, f.greeted(bearer(logins[i%len(logins)])))
		}
		for _, v := range open {
			_ = v.conn.Close()
		}
		f.waitFor(func() bool {
			for _, l := range logins { // the server finds out when it writes
				f.add(f.as(l), api.NewNote{Title: "a"})
			}
			return f.metrics()["notesd_streams"] == 0
		}, "the end of the streams")
	}
	f.wantEnded("left", rounds*each)
	if left := f.server.Followed(); left != 0 {
		t.Errorf("%d owners are left", left)
	}
	if ends := strings.Count(f.log.String(), `"msg":"stream ended"`); ends != rounds*each {
		t.Errorf("the log tells of %d ends", ends)
	}
}

// TestStreamsStop: neither readers who read nor one who does not hold up a stop.
func TestStreamsStop(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s, err := server.New(t.Context(), server.Config{Store: f.store})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	beside := *f
	beside.server, beside.url = s, "http://"+ln.Addr().String()
	l := f.signup("ann")
	var open []*tail
	for range 19 {
		open = append(open, beside.greeted(bearer(l)))
	}
	_ = beside.stuck(t, l)
	begun := time.Now()
	stop()
	if err := <-served; err != nil || time.Since(begun) > soon {
		t.Errorf("the stop took %s: %v", time.Since(begun), err)
	}
	for _, v := range open {
		for err := error(nil); err == nil; {
			var m message
			if m, err = v.event(); err == nil && m.event != api.EventChange {
				t.Fatalf("%+v", m)
			}
		}
	}
	if n := beside.metrics()["notesd_streams_ended_total stop"]; n != 20 {
		t.Errorf("%v streams ended by the stop", n)
	}
}
