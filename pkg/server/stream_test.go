package server_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
)

// patience is how long a test waits for what should simply happen.
const patience = 40 * time.Second

// tail is the reader of a stream, without a client between.
type tail struct {
	t      testing.TB
	conn   net.Conn
	header http.Header
	in     *bufio.Reader
	cursor string // the id that came last
}

// message is one event, or the comment that is a heartbeat.
type message struct{ event, data string }

// tail begins a stream, with a query or not, and reads nothing of it.
func (f *fixture) tail(query string, headers ...string) *tail {
	f.t.Helper()
	conn, err := net.Dial("tcp", f.addr())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(2 * patience))
	headers = append(headers, "Accept: "+api.MediaEvents, "Host: x")
	_, err = fmt.Fprintf(conn, "GET /api/v1/changes%s HTTP/1.1\r\n%s\r\n\r\n", query, strings.Join(headers, "\r\n"))
	if err != nil {
		f.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _, _ = conn.Close(), res.Body.Close() }) // the other way round it would read to the end
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != api.MediaEvents {
		f.t.Fatalf("%s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	return &tail{t: f.t, conn: conn, header: res.Header, in: bufio.NewReader(res.Body)}
}

// greeted is a stream whose hello was read.
func (f *fixture) greeted(headers ...string) *tail {
	f.t.Helper()
	v := f.tail("", headers...)
	var hello api.Hello
	v.wants(api.EventHello, &hello)
	if hello.Cursor == "" || hello.Cursor != v.cursor {
		f.t.Fatalf("the cursor is %q, the id of the event %q", hello.Cursor, v.cursor)
	}
	return v
}

// next returns the next message, or why there is none.
func (v *tail) next() (message, error) {
	var m message
	for {
		line, err := v.in.ReadString('\n')
		if err != nil {
			return m, err
		}
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			return m, nil
		case name == "event":
			m.event = value
		case name == "data":
			m.data = value
		case name == "id":
			v.cursor = value
		case name != "":
			return m, fmt.Errorf("a line %q", line)
		}
	}
}

// wants reads the next event, which must be this one.
func (v *tail) wants(event string, data any) {
	v.t.Helper()
	m, err := v.event()
	if err != nil || m.event != event {
		v.t.Fatalf("%+v, %v, want the event %s", m, err, event)
	}
	if err := json.Unmarshal([]byte(m.data), data); err != nil {
		v.t.Fatalf("%q: %v", m.data, err)
	}
}

// event returns the next message that is no heartbeat.
func (v *tail) event() (message, error) {
	for {
		if m, err := v.next(); err != nil || m.event != "" {
			return m, err
		}
	}
}

// sees reads until the change of this note to this revision, and returns it.
func (v *tail) sees(id string, revision int64) api.LiveChange {
	v.t.Helper()
	for {
		var c api.LiveChange
		v.wants(api.EventChange, &c)
		if c.ID == id && c.Revision >= revision {
			return c
		}
	}
}

// ends wants the stream to end by itself, without another event.
func (v *tail) ends() {
	v.t.Helper()
	if m, err := v.event(); !errors.Is(err, io.EOF) || m.event != "" {
		v.t.Errorf("%+v, %v, want the end", m, err)
	}
}

func summaryOf(n api.Note) *api.Summary {
	return &api.Summary{NoteMeta: n.NoteMeta, Excerpt: api.Excerpt(n.Body)}
}

func TestStream(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c, bob := f.as(l), f.user("bob")
	f.add(c, api.NewNote{Title: "there before"})
	v := f.greeted(bearer(l))
	f.add(bob, api.NewNote{Title: "not Ann's"})

	want := func(kind api.ChangeKind, n api.Note) {
		t.Helper()
		var got api.LiveChange
		v.wants(api.EventChange, &got)
		w := api.LiveChange{ChangeMeta: api.ChangeMeta{Kind: kind, ID: n.ID, Revision: n.Revision}}
		if kind != api.ChangePurged {
			w.Note = summaryOf(n)
		}
		if d := cmp.Diff(w, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
	ctx := t.Context()
	n := f.add(c, api.NewNote{Title: "a\nb", Body: "x\r\n\r\ndata: y\u2028", Tags: []string{"tag"}})
	want(api.ChangeSaved, n)
	n, err := c.UpdateNote(ctx, n.ID, n.Revision, api.NotePatch{Archived: new(true)})
	must(t, err)
	want(api.ChangeSaved, n)
	must(t, c.TrashNote(ctx, n.ID))
	n = f.get(c, n.ID)
	want(api.ChangeTrashed, n)
	_, err = c.EmptyTrash(ctx)
	must(t, err)
	n.Revision++
	want(api.ChangePurged, n)
	if got, _ := changesSince(t, c, v.cursor); len(got) > 0 {
		t.Errorf("behind the last id there is %+v", got)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no", "Vary": "Accept", "Content-Encoding": "",
	} {
		if got := v.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestStreamResumes goes on where it was cut, by the header or by the query, of
// which the header wins, as a browser sends the query of the first time again.
func TestStreamResumes(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	first := f.greeted(bearer(l))
	begun := first.cursor
	a := f.add(c, api.NewNote{Title: "a"})
	first.sees(a.ID, 1)
	_ = first.conn.Close()
	b := f.add(c, api.NewNote{Title: "b"})
	for name, v := range map[string]*tail{
		"query":  f.tail("?since="+first.cursor, bearer(l)),
		"header": f.tail("", bearer(l), "Last-Event-ID: "+first.cursor),
		"both":   f.tail("?since="+begun, bearer(l), "Last-Event-ID: "+first.cursor),
	} {
		var got api.LiveChange
		if v.wants(api.EventChange, &got); got.ID != b.ID {
			t.Errorf("%s: begins with %+v", name, got)
		}
		n := f.add(c, api.NewNote{Title: name})
		v.sees(n.ID, 1)
	}
}

// TestStreamInParts reads a backlog of many parts, and goes on from each of its
// changes.
func TestStreamInParts(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	_, cursor := changesSince(t, c, "")
	var notes []api.PortableNote
	long := strings.Repeat("\x01", api.MaxTitle)
	for i := range 100 {
		n := aNote(fmt.Sprintf("%012d", i), "body")
		if i%2 == 0 {
			n.Title = long // six times as long in JSON
		}
		notes = append(notes, n)
	}
	wantImport(t, c, notes, api.ImportOptions{}, api.ImportResult{Added: len(notes)})
	v := f.tail("?since="+cursor, bearer(l))
	var cursors []string
	for i, n := range notes {
		var got api.LiveChange
		if v.wants(api.EventChange, &got); got.ID != n.ID || got.Note.Title != n.Title {
			t.Fatalf("%d: %s comes in place of %s", i, got.ID, n.ID)
		}
		cursors = append(cursors, v.cursor)
	}
	for i := 0; i < len(notes); i += 7 {
		rest, err := c.ListChanges(t.Context(), api.ChangeOptions{Since: cursors[i], Limit: api.MaxPage})
		if err != nil || len(rest.Changes) != len(notes)-i-1 {
			t.Errorf("behind %s there are %d, %v", notes[i].ID, len(rest.Changes), err)
		}
	}
}

func TestStreamRefused(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	for name, tt := range map[string]struct {
		query  string
		header string
		status int
		field  string
	}{
		"a wrong cursor":           {"?since=x", "X: x", 400, "since"},
		"an empty cursor":          {"?since=", "X: x", 400, "since"},
		"a wrong id":               {"", "Last-Event-ID: x", 400, "Last-Event-ID"},
		"a limit":                  {"?limit=5", "X: x", 400, "limit"},
		"an unknown parameter":     {"?x=5", "X: x", 400, "x"},
		"JSON rather than events":  {"", "Accept: application/json, text/event-stream;q=0.9", 200, ""},
		"anything":                 {"", "Accept: */*", 200, ""},
		"a token that only writes": {"", "Authorization: Bearer " + f.token(l, api.ScopeCreate).Token, 403, "Authorization"},
		"nobody":                   {"", "Authorization: Bearer x", 401, ""},
	} {
		a := f.do("GET", "/api/v1/changes"+tt.query, "", bearer(l), "Accept: "+api.MediaEvents, tt.header)
		if a.status != tt.status || a.problem.Field != tt.field || a.header.Get("Content-Type") == api.MediaEvents {
			t.Errorf("%s: %d, field %q: %s", name, a.status, a.problem.Field, a.body)
		}
	}
	if a := f.do("HEAD", "/api/v1/changes", "", bearer(l), "Accept: "+api.MediaEvents); a.status != 200 || a.body != "" {
		t.Errorf("HEAD: %d %q", a.status, a.body)
	}
	conn := f.dial()
	_, _ = fmt.Fprintf(conn, "GET /api/v1/changes HTTP/1.0\r\nHost: x\r\nAccept: text/event-stream\r\n%s\r\n\r\n", bearer(l))
	if a, err := next(bufio.NewReader(conn)); a.status != 400 || err != nil {
		t.Errorf("HTTP/1.0: %d, %v", a.status, err)
	}
	if n := f.metrics()["notesd_streams"]; n != 0 {
		t.Errorf("%v streams are open", n)
	}
}

// TestStreamLogins: whoever may read may follow, a browser by its cookie.
func TestStreamLogins(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	a := f.do("POST", "/api/v1/sessions", loginBody)
	for name, header := range map[string]string{
		"a cookie":             cookies(a),
		"a token that reads":   "Authorization: Bearer " + f.token(l, api.ScopeRead).Token,
		"a token that may all": "Authorization: Bearer " + f.token(l, api.ScopeWrite).Token,
	} {
		v := f.greeted(header)
		n := f.add(c, api.NewNote{Title: name})
		v.sees(n.ID, 1)
	}
}

// TestStreamResync: with a cursor from which nobody can go on the stream says so
// and ends. Its id takes the cursor away from a browser, which would come with it
// again.
func TestStreamResync(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	_, theirs := changesSince(t, f.user("bob"), "")
	for _, v := range []*tail{f.tail("?since="+theirs, bearer(l)), f.tail("", bearer(l), "Last-Event-ID: "+theirs)} {
		v.cursor = theirs
		var data struct{}
		v.wants(api.EventResync, &data)
		if v.cursor != "" {
			t.Errorf("the cursor is %q", v.cursor)
		}
		v.ends()
	}
}
