package server_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// stuckNotes are in the feed of a stream that is stuck, each with a title that is
// 6 KiB of JSON.
const stuckNotes = 400

func stuckNote(i int) string { return fmt.Sprintf("%012d", i) }

// stuck is a stream with much to read whose reader takes nothing of it.
func (f *fixture) stuck(t *testing.T, l api.Login) *tail {
	t.Helper()
	_, cursor := changesSince(t, f.as(l), "")
	var notes []api.PortableNote
	for i := range stuckNotes {
		n := aNote(stuckNote(i), "")
		n.Title = strings.Repeat("\x01", api.MaxTitle)
		notes = append(notes, n)
	}
	wantImport(t, f.as(l), notes, api.ImportOptions{}, api.ImportResult{Added: len(notes)})
	v := f.tail("?since="+cursor, bearer(l))
	_ = v.conn.(*net.TCPConn).SetReadBuffer(16 << 10)
	return v
}

// TestStreamSlowReader: who takes nothing is cut off after the write time-out, the
// system has kept little for him, and others have all that he has not.
func TestStreamSlowReader(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.WriteTimeout = shortWrite })
	l := f.signup("ann")
	other := f.greeted(bearer(l))
	slow := f.stuck(t, l)
	f.wantEnded("slow", 1)
	for i := range stuckNotes {
		other.sees(stuckNote(i), 1)
	}
	kept := 0
	for {
		m, err := slow.event()
		if err != nil {
			break
		}
		kept += len(m.data)
	}
	if kept > 1<<20 {
		t.Errorf("%d bytes were sent to nobody", kept)
	}
}

// TestStreamSlowButSteady: who takes a little all the time gets everything, though
// it takes many times the write time-out.
func TestStreamSlowButSteady(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.WriteTimeout = shortWrite })
	v := f.stuck(t, f.signup("ann"))
	tick := time.NewTicker(shortWrite / 10)
	defer tick.Stop()
	begun := time.Now()
	for i := range stuckNotes {
		if i%5 == 0 {
			<-tick.C
		}
		var c api.LiveChange
		v.wants(api.EventChange, &c)
	}
	if took := time.Since(begun); took < 4*shortWrite {
		t.Errorf("it took %s: it was not slow", took)
	}
}

// feeds is the real store, whose every reading of a feed can go wrong.
type feeds struct {
	store.Store
	before func(owner string) error
	reads  *atomic.Int64
}

func (s feeds) ListChanges(ctx context.Context, owner string, q store.ChangesQuery) (store.Changes, error) {
	s.reads.Add(1)
	if err := s.before(owner); err != nil {
		return store.Changes{}, err
	}
	return s.Store.ListChanges(ctx, owner, q)
}

func (s feeds) FeedEnds(ctx context.Context, owners []string) (map[string]store.Position, error) {
	if err := s.before(""); err != nil {
		return nil, err
	}
	return s.Store.FeedEnds(ctx, owners)
}

// startFeeds is start with a store whose feeds can go wrong.
func startFeeds(t *testing.T, before func(owner string) error) (*fixture, *atomic.Int64) {
	t.Helper()
	var reads atomic.Int64
	f := start(t, func(c *server.Config) { c.Store = feeds{c.Store, before, &reads} })
	return f, &reads
}

// TestStreamPanic: a panic ends one stream, cleanly. Those beside it wait for the
// same part and are none the worse.
func TestStreamPanic(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	f, _ := startFeeds(t, func(owner string) error { return panicking(owner != "" && armed.CompareAndSwap(true, false)) })
	l := f.signup("ann")
	var open []*tail
	for range 10 {
		open = append(open, f.greeted(bearer(l)))
	}
	armed.Store(true)
	n := f.add(f.as(l), api.NewNote{Title: "a"})
	f.wantEnded("panic", 1)
	ended := 0
	for _, v := range open {
		m, err := v.event()
		if err != nil {
			ended++
		} else if !strings.Contains(m.data, n.ID) {
			t.Errorf("%+v", m)
		}
	}
	if ended != 1 || !strings.Contains(f.log.String(), "stream panicked") {
		t.Errorf("%d streams ended", ended)
	}
}

// TestStreamStoreAway: while the store is away a stream stays open and says that it
// lives, one that begins does too, and nothing is skipped.
func TestStreamStoreAway(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	f, _ := startFeeds(t, func(string) error {
		if away.Load() {
			return api.ErrUnavailable
		}
		return nil
	})
	l := f.signup("ann")
	c := f.as(l)
	v := f.greeted(bearer(l))
	away.Store(true)
	n := f.add(c, api.NewNote{Title: "a"})
	late := f.tail("", bearer(l))
	for _, v := range []*tail{v, late} {
		if m, err := v.next(); err != nil || m.event != "" {
			t.Fatalf("%+v, %v, want a heartbeat", m, err)
		}
	}
	f.waitFor(func() bool { return strings.Contains(f.log.String(), "streams wait for the store") }, "a line in the log")
	away.Store(false)
	v.sees(n.ID, 1)
	var hello api.Hello
	late.wants(api.EventHello, &hello)
	if n := strings.Count(f.log.String(), "streams wait for the store"); n != 1 {
		t.Errorf("the log says %d times in some seconds that streams wait", n)
	}
}

// TestStreamsShare: what is new is read once for all streams of a user that are at
// one place, and when there is nothing new nothing is read.
func TestStreamsShare(t *testing.T) {
	t.Parallel()
	f, reads := startFeeds(t, func(string) error { return nil })
	l := f.signup("ann")
	c := f.as(l)
	var open []*tail
	for range 20 {
		open = append(open, f.greeted(bearer(l)))
	}
	before := reads.Load()
	const writes = 20
	for range writes {
		n := f.add(c, api.NewNote{Title: "a"})
		for _, v := range open {
			v.sees(n.ID, 1)
		}
	}
	if n := reads.Load() - before; n > 5*writes { // of the 400 that it would be otherwise
		t.Errorf("the feed was read %d times for %d writes", n, writes)
	}
	before = reads.Load()
	for _, v := range open { // heartbeats, for five seconds
		if m, err := v.next(); err != nil || m.event != "" {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	if n := reads.Load() - before; n > 0 {
		t.Errorf("the feed was read %d times for nothing", n)
	}
}

// TestStreamOfOtherServers: what one server writes the streams of another tell
// within a second, and what it sweeps from the trash.
func TestStreamOfOtherServers(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	other := f.beside()
	v := other.greeted(bearer(l))
	var slowest time.Duration
	for range 10 {
		n := f.add(c, api.NewNote{Title: "a"})
		written := time.Now()
		v.sees(n.ID, 1)
		slowest = max(slowest, time.Since(written))
	}
	if slowest > time.Second {
		t.Errorf("the slowest took %s", slowest)
	}
	n := f.add(c, api.NewNote{Title: "a"})
	must(t, c.TrashNote(t.Context(), n.ID))
	v.sees(n.ID, 2)
	if f.live(31 * day); v.sees(n.ID, 3).Kind != api.ChangePurged {
		t.Error("the note is not gone")
	}
}
