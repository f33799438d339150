package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// streams answers each request for a stream with the next of these texts, and
// notes from where each was to go on.
type streams struct {
	texts []string

	mu    sync.Mutex
	since []string
}

func (s *streams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.since)
	s.since = append(s.since, r.Header.Get(api.HeaderLastEventID))
	if n == len(s.texts) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"code":"unauthorized","detail":"the login has ended"}`)
		return
	}
	w.Header().Set("Content-Type", api.MediaEvents)
	_, _ = fmt.Fprint(w, s.texts[n])
}

func hello(cursor string) string {
	return fmt.Sprintf("event: hello\nid: %s\ndata: {\"cursor\":%q}\n\n", cursor, cursor)
}

func change(cursor, id string) string {
	return fmt.Sprintf("event: change\nid: %s\ndata: {\"kind\":\"saved\",\"id\":%q,\"revision\":1}\n\n", cursor, id)
}

// followed returns what Follow yields until its error: for each event its cursor
// and the note's id.
func followed(t *testing.T, s *streams, o client.FollowOptions) (events []string, last error) {
	t.Helper()
	c := serve(t, s.ServeHTTP)
	for e, err := range c.Follow(t.Context(), o) {
		if err != nil {
			return events, err
		}
		what := e.Cursor
		if e.Change != nil {
			what += " " + e.Change.ID
		}
		events = append(events, what)
	}
	t.Fatal("it ended without an error")
	return nil, nil
}

func TestFollow(t *testing.T) {
	t.Parallel()
	const a, b, c = "00000000000a", "00000000000b", "00000000000c"
	cut := change("e-9", c)
	for name, test := range map[string]struct {
		texts  []string
		from   string
		events []string
		since  []string // of each request
	}{
		"goes on where it was": {
			[]string{hello("e-1") + change("e-2", a) + ": alive\n\n", change("e-3", b)},
			"",
			[]string{"e-1", "e-2 " + a, "e-3 " + b},
			[]string{"", "e-2", "e-3"},
		},
		"without an id the one before holds": {
			[]string{"event: change\ndata: {\"kind\":\"saved\",\"id\":\"" + a + "\",\"revision\":1}\n\n" + change("e-7", b)},
			"e-5",
			[]string{"e-5 " + a, "e-7 " + b},
			[]string{"e-5", "e-7"},
		},
		"from a cursor": {
			[]string{change("e-6", a)},
			"e-5",
			[]string{"e-6 " + a},
			[]string{"e-5", "e-6"},
		},
		"without what was cut": {
			[]string{change("e-6", a) + cut[:len(cut)-1], cut},
			"e-5",
			[]string{"e-6 " + a, "e-9 " + c},
			[]string{"e-5", "e-6", "e-9"},
		},
		"begins anew": {
			[]string{"event: resync\ndata: {}\n\n", hello("f-1"), change("f-2", b)},
			"e-5",
			[]string{"f-1", "f-2 " + b},
			[]string{"e-5", "", "f-1", "f-2"},
		},
		"events to come, comments and other fields": {
			[]string{"\n\n: hi\nevent: later\nid: x\ndata: {}\n\nretry: 5\nevent: change\n: inside\r\nid: e-7\r\ndata: {\"kind\":\"saved\",\ndata: \"id\":\"" + a + "\",\"revision\":1}\r\n\r\n"},
			"e-5",
			[]string{"e-7 " + a},
			[]string{"e-5", "e-7"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &streams{texts: test.texts}
			away := 0
			events, err := followed(t, s, client.FollowOptions{Since: test.from, Away: func(error) { away++ }})
			if !errors.Is(err, api.ErrUnauthorized) {
				t.Errorf("the error is %v", err)
			}
			if !slices.Equal(events, test.events) {
				t.Errorf("events %q, want %q", events, test.events)
			}
			if !slices.Equal(s.since, test.since) {
				t.Errorf("it went on from %q, want %q", s.since, test.since)
			}
			if away == 0 {
				t.Error("nobody was told that the stream broke off")
			}
		})
	}
}

// TestFollowForeign: what is no stream ends it.
func TestFollowForeign(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON":   "event: change\nid: e-1\ndata: x\n\n",
		"no cursor": "event: change\ndata: {\"kind\":\"saved\",\"id\":\"00000000000a\",\"revision\":1}\n\n",
		"no id":     "event: change\nid: e-1\ndata: {\"kind\":\"saved\",\"id\":\"../x\",\"revision\":1}\n\n",
		"no hello":  "event: hello\ndata: {}\n\n",
	} {
		if events, err := followed(t, &streams{texts: []string{text}}, client.FollowOptions{}); len(events) > 0 || errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("%s: %q, %v", name, events, err)
		}
	}
	page := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>") })
	for _, err := range page.Follow(t.Context(), client.FollowOptions{}) {
		if err == nil {
			t.Error("a page is a stream")
		}
	}
}

// TestFollowHostile: an event without an end fills no memory, and a server that
// always says to begin anew is not asked without a pause.
func TestFollowHostile(t *testing.T) {
	t.Parallel()
	const enough = 8 << 20
	var sent atomic.Bool
	s := &streams{texts: slices.Repeat([]string{"event: resync\ndata: {}\n\n"}, 3)}
	pauses := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if sent.Swap(true) {
			s.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", api.MediaEvents)
		line := "data: " + strings.Repeat("x", 64<<10) + "\n: still there\n"
		for size := 0; ; size += len(line) {
			if _, err := io.WriteString(w, line); err != nil {
				return
			}
			if size > enough {
				t.Errorf("%d bytes of an event were taken", size)
				return
			}
		}
	}, client.WithBackoff(func(int) time.Duration { pauses++; return 0 }))
	for e, err := range c.Follow(t.Context(), client.FollowOptions{}) {
		if err == nil {
			t.Errorf("an event %+v", e)
		}
	}
	if len(s.since) != 4 || pauses != 4 {
		t.Errorf("%d requests after the first, with %d pauses", len(s.since), pauses)
	}
}

// TestFollowEnds: it stops with its context and with its caller.
func TestFollowEnds(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", api.MediaEvents)
		_, _ = fmt.Fprint(w, hello("e-1"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	for range c.Follow(t.Context(), client.FollowOptions{}) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range c.Follow(ctx, client.FollowOptions{}) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the last error is %v", last)
	}
}
