package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

func TestExport(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	active, archived, trashed := aNote("cccccccccccc", "c\n"), aNote("aaaaaaaaaaaa", "a"), aNote("bbbbbbbbbbbb", "<b> & \u2028")
	active.Archived, active.Tags = false, []string{"a"}
	trashed.TrashedAt = new(api.TimeOf(f.clock.now().Add(-time.Hour)))
	wantImport(t, c, []api.PortableNote{active, archived, trashed}, api.ImportOptions{}, api.ImportResult{Added: 3})
	f.add(f.user("bob"), api.NewNote{Title: "bob's"})

	a := f.do("GET", "/api/v1/export", "", bearer(l))
	want := `{"id":"aaaaaaaaaaaa","title":"Title","body":"a","tags":["a","b"],"pinned":true,"archived":true,` +
		`"created_at":"2026-01-01T12:00:00.123Z","updated_at":"2026-01-02T12:00:00.123Z","trashed_at":null}` + "\n"
	if a.status != 200 || a.header.Get("Content-Type") != api.MediaNDJSON || !strings.HasPrefix(a.body, want) {
		t.Errorf("%d, %q: %s", a.status, a.header.Get("Content-Type"), a.body)
	}
	ids := func(text string) (ids []string) {
		for line := range strings.Lines(text) {
			var n api.PortableNote
			if err := json.Unmarshal([]byte(line), &n); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, n.ID[:1])
		}
		return ids
	}
	for query, want := range map[string]string{
		"": "abc", "?state=all": "abc", "?state=active": "c", "?state=archived": "a", "?state=trashed": "b",
		"?tag=a": "abc", "?tag=B": "ab", "?tag=a&tag=b&state=archived": "a", "?tag=x": "",
		"?after=aaaaaaaaaaaa": "bc", "?after=aaaaaaaaaaab": "bc", "?after=cccccccccccc": "",
	} {
		if a := f.do("GET", "/api/v1/export"+query, "", bearer(l)); strings.Join(ids(a.body), "") != want {
			t.Errorf("%s gives %s, want %s", query, ids(a.body), want)
		}
	}
	for query, field := range map[string]string{
		"?state=gone": "state", "?after=x": "after", "?tag=a%20b": "tag", "?limit=1": "limit", "?state=all&state=all": "state", "?%zz": "",
	} {
		if a := f.do("GET", "/api/v1/export"+query, "", bearer(l)); a.status != 400 || a.problem.Field != field {
			t.Errorf("%s: %d, field %q", query, a.status, a.problem.Field)
		}
	}
	for scope, want := range map[api.Scope]int{api.ScopeRead: 200, api.ScopeWrite: 200, api.ScopeCreate: 403} {
		if a := f.do("GET", "/api/v1/export", "", "Authorization: Bearer "+f.token(l, scope).Token); a.status != want {
			t.Errorf("a token of scope %s: %d", scope, a.status)
		}
	}
	if a := f.do("HEAD", "/api/v1/export", "", bearer(l)); a.status != 200 || a.body != "" {
		t.Errorf("HEAD: %d %q", a.status, a.body)
	}
}

// TestExportHTTP10: there is no way to tell a reader of HTTP/1.0 that an answer
// was cut, so it gets none.
func TestExportHTTP10(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	conn := f.dial()
	_, _ = fmt.Fprintf(conn, "GET /api/v1/export HTTP/1.0\r\nHost: x\r\n%s\r\n\r\n", bearer(f.signup("ann")))
	if a, err := next(bufio.NewReader(conn)); a.status != 400 || err != nil {
		t.Errorf("%d, %v", a.status, err)
	}
}

// bigNotes puts notes of a MiB each into the store: more than lies in the buffers
// between a server and a client.
func (f *fixture) bigNotes(user string, n int) {
	f.t.Helper()
	owner := f.known(user).ID
	for i := range n {
		v := store.Note{Owner: owner, Note: api.Note{Body: strings.Repeat("x", api.MaxBody), NoteMeta: api.NoteMeta{
			ID: fmt.Sprintf("%012d", i), CreatedAt: noonOf(1), UpdatedAt: noonOf(1), Revision: 1,
		}}}
		if err := f.store.CreateNote(f.t.Context(), v, nil); err != nil {
			f.t.Fatal(err)
		}
	}
}

const bigNotes = 24

// beginExport reads the first line of an export, and returns what is to follow.
func (f *fixture) beginExport(l api.Login) io.Reader {
	f.t.Helper()
	conn := f.dial()
	_ = conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	_, _ = fmt.Fprintf(conn, "GET /api/v1/export HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", bearer(l))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = res.Body.Close() })
	in := bufio.NewReader(res.Body)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "000000000000") {
		f.t.Fatalf("%.80q, %v", line, err)
	}
	return in
}

// wantCut wants that the rest of an export is not all, and that this shows.
func wantCut(t *testing.T, rest io.Reader) {
	t.Helper()
	text, err := io.ReadAll(rest)
	if err == nil || strings.Count(string(text), "\n") >= bigNotes-1 {
		t.Errorf("the rest has %d lines and ends in %v", strings.Count(string(text), "\n"), err)
	}
}

func TestExportStops(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	f.bigNotes("ann", bigNotes)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(t.Context(), server.Config{Store: f.store})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	beside := *f
	beside.url = "http://" + ln.Addr().String()
	rest := beside.beginExport(l)
	begun := time.Now()
	stop()
	if err := <-served; err != nil || time.Since(begun) > soon {
		t.Errorf("the stop took %s: %v", time.Since(begun), err)
	}
	wantCut(t, rest)
}

func TestExportEndsWithTheSession(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	f.bigNotes("ann", bigNotes)
	rest := f.beginExport(l)
	if err := f.as(l).DeleteSession(t.Context(), l.Session.ID); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(3 * time.Second)
	wantCut(t, rest)
}

// TestExportSlowReader: who takes nothing is cut off after the write time-out.
func TestExportSlowReader(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { shortTimeouts(c); c.IdleTimeout = time.Hour; c.MaxConns = 2 })
	l := f.signup("ann")
	f.bigNotes("ann", bigNotes)
	rest := f.beginExport(l)
	f.answerOnceThereIsRoom("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
	wantCut(t, rest)
}

// TestExportSlowButSteady: who takes a little all the time gets everything, though
// it takes many times the write time-out.
func TestExportSlowButSteady(t *testing.T) {
	t.Parallel()
	f := start(t, shortTimeouts)
	l := f.signup("ann")
	f.bigNotes("ann", bigNotes)
	rest := f.beginExport(l)
	tick := time.NewTicker(shortWrite / 5)
	defer tick.Stop()
	lines, begun := 1, time.Now()
	for chunk := make([]byte, 1<<20); ; <-tick.C {
		n, err := io.ReadFull(rest, chunk)
		lines += strings.Count(string(chunk[:n]), "\n")
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && lines == bigNotes {
			break
		}
		if err != nil {
			t.Fatalf("cut after %d lines and %s: %v", lines, time.Since(begun), err)
		}
	}
	if lines != bigNotes || time.Since(begun) < 2*shortWrite {
		t.Errorf("%d lines in %s", lines, time.Since(begun))
	}
}

func TestExportsAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l, bob := f.signup("ann"), f.signup("bob")
	f.bigNotes("ann", bigNotes)
	var open []io.Reader
	for range 4 {
		open = append(open, f.beginExport(l))
	}
	if a := f.do("GET", "/api/v1/export", "", bearer(l)); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("a fifth: %d", a.status)
	}
	if a := f.do("GET", "/api/v1/export", "", bearer(bob)); a.status != 200 {
		t.Errorf("somebody else's: %d", a.status)
	}
	if text, err := io.ReadAll(open[0]); err != nil || strings.Count(string(text), "\n") != bigNotes-1 {
		t.Errorf("the first ends in %v", err)
	}
	late := time.Now().Add(soon)
	for f.do("HEAD", "/api/v1/export", "", bearer(l)).status != 200 {
		if time.Now().After(late) {
			t.Fatal("there is no room again")
		}
	}
}

// lists is the real store, whose every reading of a list can go wrong.
type lists struct {
	store.Store
	before func(call int64) error
	calls  *atomic.Int64
}

func (s lists) ListNotes(ctx context.Context, owner string, q store.ListQuery) ([]store.Note, bool, error) {
	if err := s.before(s.calls.Add(1)); err != nil {
		return nil, false, err
	}
	return s.Store.ListNotes(ctx, owner, q)
}

// TestExportFails: what fails at once is an answer, what fails later a cut, which
// the client mends if it can; a panic ends nothing but its own export.
func TestExportFails(t *testing.T) {
	t.Parallel()
	var before func(call int64) error
	var calls atomic.Int64
	f := start(t, func(c *server.Config) { c.Store = lists{c.Store, func(n int64) error { return before(n) }, &calls} })
	l := f.signup("ann")
	f.bigNotes("ann", bigNotes)
	c := f.client(client.WithLogin(client.TokensOf(l), nil), client.WithHTTPClient(&http.Client{})) // the contract wants whole answers
	var want []string
	for i := range bigNotes {
		want = append(want, fmt.Sprintf("%012d", i))
	}
	for name, fault := range map[string]func(call int64) error{
		"never":     func(int64) error { return nil },
		"once":      failing(5, 5, api.ErrUnavailable),
		"at first":  failing(1, 2, api.ErrUnavailable),
		"again":     func(call int64) error { return failing(call, call-call%3, api.ErrUnavailable)(call) },
		"a panic":   func(call int64) error { return panicking(call == 7) },
		"for good":  failing(9, 1000, api.ErrUnavailable),
		"a defect":  failing(1, 1, errors.New("inside")),
		"very late": failing(bigNotes, bigNotes, api.ErrUnavailable),
	} {
		before = fault
		calls.Store(0)
		var got []string
		var failed error
		for n, err := range c.Export(t.Context(), api.ExportOptions{}) {
			if failed = err; err == nil {
				got = append(got, n.ID)
			}
		}
		switch name {
		case "for good", "a defect":
			if failed == nil || !slices.Equal(got, want[:len(got)]) || strings.Contains(failed.Error(), "inside") {
				t.Errorf("%s: %d notes, then %v", name, len(got), failed)
			}
		default:
			if diff := cmp.Diff(want, got); diff != "" || failed != nil {
				t.Errorf("%s: %v (-want +got):\n%s", name, failed, diff)
			}
		}
	}
	if cuts := strings.Count(f.log.String(), `"msg":"export cut"`); cuts < 4 {
		t.Errorf("the log tells of %d exports that were cut", cuts)
	}
}

func failing(from, to int64, err error) func(int64) error {
	return func(call int64) error {
		if from <= call && call <= to {
			return err
		}
		return nil
	}
}

func panicking(now bool) error {
	if now {
		panic("oops")
	}
	return nil
}
