package server

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

// Ids that the corpus uses: two people have a note under the first, and only the
// other one has the second.
const (
	sharedID = "k3v9c0x7m2qa"
	foreign  = "0123456789ab"
	mark     = "the other one's mark"
)

// FuzzRequest sends a request to the whole server: its line and headers, in
// which TOKEN stands for a login, and its body. It holds that no answer is a 5xx
// or lacks the headers that every answer has, that each error is a problem
// document, that nothing of another person is in it, and no token in the log.
func FuzzRequest(f *testing.F) {
	w := newFuzzServer(f)
	f.Fuzz(func(t *testing.T, head string, body []byte) {
		w.login(t)
		lower := strings.ToLower(head)
		if !strings.Contains(lower, "content-length") && !strings.Contains(lower, "transfer-encoding") && len(body) > 0 {
			head += "\r\nContent-Length: " + strconv.Itoa(len(body))
		}
		out := w.exchange(t, strings.ReplaceAll(head, "TOKEN", w.token)+"\r\n\r\n"+string(body))
		if bytes.Contains(out, []byte(mark)) {
			t.Errorf("another person's note in %q", out)
		}
		if said := w.log.String(); strings.Contains(said, w.token) || strings.Contains(said, mark) {
			t.Errorf("the log says %q", said)
		}
		method, _, _ := strings.Cut(head, " ")
		answers := bufio.NewReader(bytes.NewReader(out))
		res, err := http.ReadResponse(answers, &http.Request{Method: method})
		if err == nil && res.StatusCode == http.StatusContinue {
			res, err = http.ReadResponse(answers, &http.Request{Method: method})
		}
		if err != nil {
			if len(out) > 0 {
				t.Errorf("no answer, but %q: %v", out, err)
			}
			return
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Errorf("%q: %v", out, err)
		}
		checkAnswer(t, method, res, text)
	})
}

// FuzzAuthorization holds that a header logs in if it is Bearer and one of the
// tokens that there are, for which TOKEN and PERSONAL stand, and else does not.
func FuzzAuthorization(f *testing.F) {
	w := newFuzzServer(f)
	personal := newToken(sharedID)
	s := w.session
	s.ID, s.Kind, s.Scope, s.SecretHash = sharedID, api.KindToken, api.ScopeRead, sha256.Sum256([]byte(personal))
	if err := w.store.CreateSession(f.Context(), s); err != nil {
		f.Fatal(err)
	}
	tokens := strings.NewReplacer("TOKEN", w.token, "PERSONAL", personal, "\r", "", "\n", "")
	f.Fuzz(func(t *testing.T, header string) {
		header = tokens.Replace(header)
		scheme, token, _ := strings.Cut(strings.TrimSpace(header), " ")
		token = strings.TrimSpace(token)
		in := strings.EqualFold(scheme, "Bearer") && (token == w.token || token == personal)
		out := string(w.exchange(t, "GET /api/v1/notes?limit=1 HTTP/1.1\r\nHost: x\r\nAuthorization: "+header+"\r\n\r\n"))
		if in != strings.HasPrefix(out, "HTTP/1.1 200 ") || !in && !strings.HasPrefix(out, "HTTP/1.1 401 ") && !strings.HasPrefix(out, "HTTP/1.1 400 ") {
			t.Errorf("%q is answered %.300q", header, out)
		}
	})
}

// checkAnswer wants what every answer must be.
func checkAnswer(t *testing.T, method string, res *http.Response, text []byte) {
	t.Helper()
	h := res.Header
	if res.StatusCode >= 500 || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != contentPolicy ||
		!api.ValidID(h.Get(api.HeaderRequest)) || h.Get("Server") != "" || h.Get("Cache-Control") == "" {
		t.Errorf("%s %v\n%s", res.Status, h, text)
	}
	if res.StatusCode < 400 || method == http.MethodHead {
		return
	}
	var p api.Problem
	if err := json.Unmarshal(text, &p); err != nil || h.Get("Content-Type") != "application/problem+json" || !utf8.Valid(text) ||
		p.Status != res.StatusCode || p.Code == "" || p.Detail == "" || p.RequestID != h.Get(api.HeaderRequest) {
		t.Errorf("%s is told as %s: %s, %v", res.Status, h.Get("Content-Type"), text, err)
	}
}

// fuzzServer is a server without a listener, and somebody who is logged in.
type fuzzServer struct {
	*Server
	session store.Session
	token   string
	log     *bytes.Buffer // of the last exchange
}

func newFuzzServer(f *testing.F) *fuzzServer {
	f.Helper()
	st, err := sqlite.Open(f.Context(), f.TempDir()+"/notes.db")
	if err != nil {
		f.Fatal(err)
	}
	log := &bytes.Buffer{}
	s, err := New(f.Context(), Config{
		Store: st, Signup: true, Log: slog.New(slog.NewTextHandler(log, nil)),
		Web: fstest.MapFS{"robots.txt": {Data: []byte("User-agent: *\n")}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		s.chores.Wait()
		if err := st.Close(); err != nil {
			f.Error(err)
		}
	})
	w := &fuzzServer{Server: s, log: log}
	w.app.Handler() // makes the tree of routes
	w.person(f, "bob", mark, sharedID, foreign)
	w.session = w.person(f, "ann", "mine", sharedID, "k3zzzzzzzzzz")
	if w.token, _, err = w.accessToken(w.session); err != nil {
		f.Fatal(err)
	}
	return w
}

// person makes a user with a login and notes.
func (w *fuzzServer) person(f *testing.F, name, text string, ids ...string) store.Session {
	f.Helper()
	now := api.TimeOf(w.now())
	u := store.User{ID: api.NewID(), Username: name, Key: name, CreatedAt: now}
	session := store.Session{ID: api.NewID(), UserID: u.ID, Kind: api.KindCLI, Scope: api.ScopeWrite, CreatedAt: now, LastUsedAt: now, ExpiresAt: api.TimeOf(now.Add(sessionLife))}
	if err := w.store.CreateUser(f.Context(), u); err != nil {
		f.Fatal(err)
	}
	if err := w.store.CreateSession(f.Context(), session); err != nil {
		f.Fatal(err)
	}
	for _, id := range ids {
		n := newNote(u.ID, api.NewNote{ID: id, Title: text, Body: text, Tags: []string{"tag"}}, now)
		if err := w.store.CreateNote(f.Context(), n, nil); err != nil {
			f.Fatal(err)
		}
	}
	return session
}

// login brings the login back, should a request have ended it.
func (w *fuzzServer) login(t *testing.T) {
	t.Helper()
	if _, err := w.store.Session(t.Context(), w.session.ID); err == nil {
		return
	}
	if err := w.store.CreateSession(t.Context(), w.session); err != nil {
		t.Fatal(err)
	}
}

// exchange sends bytes over a connection that ends behind them, and returns all
// that is answered.
func (w *fuzzServer) exchange(t *testing.T, request string) []byte {
	t.Helper()
	w.chores.Wait() // what goes on behind an answer logs too
	w.log.Reset()
	conn := &recorded{in: strings.NewReader(request)}
	_ = w.app.Server().ServeConn(conn) // says what was wrong with the request
	return conn.out.Bytes()
}

// recorded is a connection that keeps what is written to it.
type recorded struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (r *recorded) Read(b []byte) (int, error)     { return r.in.Read(b) }
func (r *recorded) Write(b []byte) (int, error)    { return r.out.Write(b) }
func (*recorded) Close() error                     { return nil }
func (*recorded) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (*recorded) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (*recorded) SetDeadline(time.Time) error      { return nil }
func (*recorded) SetReadDeadline(time.Time) error  { return nil }
func (*recorded) SetWriteDeadline(time.Time) error { return nil }
