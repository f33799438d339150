package server_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// following returns a client without the contract between, which wants whole
// answers.
func (f *fixture) following(l api.Login) *client.Client {
	f.t.Helper()
	transport := &http.Transport{}
	f.t.Cleanup(transport.CloseIdleConnections)
	return f.client(client.WithLogin(client.TokensOf(l), nil), client.WithHTTPClient(&http.Client{Transport: transport}))
}

// TestFollowMissesNothing: who takes the cursor, lists and follows has in the end
// all notes as they are, whatever is written meanwhile on two servers, though he is
// cut off again and again.
func TestFollowMissesNothing(t *testing.T) {
	t.Parallel()
	cuts := &cutter{}
	f := startOn(t, cuts.listen(t), nil)
	l := f.signup("ann")
	other := f.beside()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const writers, each = 4, 50
	var writing sync.WaitGroup
	for i := range writers {
		c := other.following(l)
		if i%2 == 0 {
			c = f.following(l) // whose connections are cut, too
		}
		writing.Go(func() {
			for range each {
				n, err := c.CreateNote(ctx, api.NewNote{Title: "a"})
				if err == nil {
					_, err = c.AppendNote(ctx, n.ID, "more")
				}
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { writing.Wait(); close(written) }()
	c := f.following(l)
	seen, complete, events := map[string]int64{}, 0, 0
	know := func(id string, revision int64) {
		if seen[id] < 2 && revision == 2 {
			complete++
		}
		seen[id] = max(seen[id], revision)
	}
	for e, err := range c.Follow(ctx, client.FollowOptions{}) {
		if err != nil {
			t.Fatalf("%d of %d notes are there as they are: %v", complete, writers*each, err)
		}
		if events++; events%50 == 0 {
			cuts.cut()
		}
		if e.Change != nil {
			know(e.Change.ID, e.Change.Revision)
		} else {
			o := api.ListOptions{Limit: api.MaxPage}
			page, err := other.following(l).ListNotes(ctx, o)
			must(t, err)
			for _, n := range page.Notes {
				know(n.ID, n.Revision)
			}
		}
		if complete == writers*each {
			break
		}
	}
	<-written
	if n := strings.Count(f.log.String(), `"msg":"stream ended"`); n == 0 {
		t.Error("no stream was cut")
	}
}

// cutter cuts the connections of a listener.
type cutter struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (c *cutter) listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	c.Listener = ln
	return c
}

func (c *cutter) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.conns = append(c.conns, conn)
	}
	return conn, err
}

// cut breaks off what the clients read and write, as a network does.
func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.(*net.TCPConn).CloseWrite()
		_ = conn.(*net.TCPConn).CloseRead()
	}
	c.conns = nil
}

// lossy is the real store, which never tells where feeds end, and can lose the
// answer to a write.
type lossy struct {
	store.Store
	lose *atomic.Bool
}

func (s lossy) FeedEnds(context.Context, []string) (map[string]store.Position, error) {
	return nil, api.ErrUnavailable
}

func (s lossy) CreateNote(ctx context.Context, n store.Note, t *store.Trace) error {
	return errors.Join(s.Store.CreateNote(ctx, n, t), s.lost())
}

func (s lossy) lost() error {
	if s.lose.Load() {
		return api.ErrUnavailable
	}
	return nil
}

// TestStreamAtOnce: what is written through the same server needs no look at the
// store to be noticed, by whichever request, with an answer or without.
func TestStreamAtOnce(t *testing.T) {
	t.Parallel()
	var lose atomic.Bool
	f := start(t, func(c *server.Config) { c.Store = lossy{c.Store, &lose} })
	l := f.signup("ann")
	c := f.as(l)
	v := f.greeted(bearer(l))
	n := f.add(c, api.NewNote{Title: "a"})
	v.sees(n.ID, 1)
	_, err := c.AppendNote(t.Context(), n.ID, "more")
	must(t, err)
	v.sees(n.ID, 2)
	must(t, c.TrashNote(t.Context(), n.ID))
	v.sees(n.ID, 3)
	_, err = c.EmptyTrash(t.Context())
	must(t, err)
	v.sees(n.ID, 4)
	imported := aNote("cccccccccccc", "c")
	wantImport(t, c, []api.PortableNote{imported}, api.ImportOptions{}, api.ImportResult{Added: 1})
	v.sees(imported.ID, 1)
	lose.Store(true)
	if a := f.do("POST", "/api/v1/notes", `{"id":"dddddddddddd","title":"d"}`, bearer(l)); a.status != 503 {
		t.Fatalf("%d", a.status)
	}
	v.sees("dddddddddddd", 1)
}
