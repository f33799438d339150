package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// TestStrangersBodies begins long requests and sends none of their bodies. A
// stranger is refused at once, so that no memory is set aside; whoever has a
// token of ours is waited for, and told by the route what is wrong with it.
func TestStrangersBodies(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { shortTimeouts(c); c.Classic = true })
	l := f.signup("ann")
	f.clock.advance(-time.Hour)
	old := f.login("ann")
	f.clock.advance(time.Hour)
	ended := f.login("ann")
	if err := f.as(ended).Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := f.as(l).CreateToken(t.Context(), api.NewToken{Label: "t", Scope: api.ScopeWrite, ExpiresInDays: 1})
	if err != nil {
		t.Fatal(err)
	}
	jar := cookies(f.do("POST", "/api/v1/sessions", loginBody))
	name, refresh, _ := strings.Cut(jar[strings.Index(jar, "notes_refresh"):], "=")
	const (
		notes   = "POST /api/v1/notes"
		long    = "Content-Length: 8388608"
		small   = "Content-Length: 65536"
		inParts = "Transfer-Encoding: chunked"
		waited  = 408 // the read time-out comes before the body
	)
	forged := bearer(l)[:len(bearer(l))-4] + "AAAA"
	for _, tt := range []struct {
		name, target, length string
		header               string
		status               int
	}{
		{"nothing", notes, long, "X: y", 413},
		{"nothing, to sign up", "POST /api/v1/users", long, "X: y", 413},
		{"nothing, but short", notes, small, "X: y", waited},
		{"a forged token", notes, long, forged, 401},
		{"no token", notes, long, "Authorization: Bearer", 413},
		{"a forged personal token", notes, long, "Authorization: Bearer " + token.Token[:len(token.Token)-4] + "AAAA", 401},
		{"a forged cookie", notes, long, "Cookie: " + name + "=" + refresh[:len(refresh)-4] + "AAAA", 401},
		{"a forged token in the URL", "POST /api/addnote?USERID=x&TOKEN=" + url.QueryEscape(forged[22:]), long, "X: y", 401},
		{"a token", notes, long, bearer(l), waited},
		{"a token, too long", notes, "Content-Length: 8388609", bearer(l), 413},
		{"a token of yesterday", notes, long, bearer(old), waited},
		{"a token whose session has ended", notes, long, bearer(ended), waited},
		{"a personal token", notes, long, "Authorization: Bearer " + token.Token, waited},
		{"cookies", notes, long, jar, waited},
		{"the refresh cookie alone", notes, long, "Cookie: " + name + "=" + refresh, waited},
		{"a token in the URL", "POST /api/addnote?USERID=x&TOKEN=" + url.QueryEscape(l.AccessToken), long, "X: y", waited},
		{"a token, in chunks", notes, inParts, bearer(l), waited},
	} {
		conn := f.dial()
		if _, err := fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n%s\r\n\r\n", tt.target, tt.length, tt.header); err != nil {
			t.Fatal(err)
		}
		a, err := next(bufio.NewReader(conn))
		if err != nil || a.status != tt.status {
			t.Errorf("%s: %d %s, %v", tt.name, a.status, a.body, err)
		}
	}

	// In chunks the end is not known, so it is what comes that counts.
	conn := f.dial()
	chunk := "4000\r\n" + strings.Repeat(" ", 16<<10) + "\r\n"
	_, _ = fmt.Fprint(conn, notes+" HTTP/1.1\r\nHost: x\r\n"+inParts+"\r\n\r\n"+strings.Repeat(chunk, 4)+"1\r\n")
	if a, err := next(bufio.NewReader(conn)); err != nil || a.status != 413 {
		t.Errorf("chunks of a stranger: %d %s, %v", a.status, a.body, err)
	}
	body := `{"title":"t","body":"` + strings.Repeat("x", 200<<10) + `"}`
	if a := f.do("POST", "/api/v1/notes", body, bearer(old)); a.status != 401 {
		t.Errorf("a long save with a token that has expired: %d, so that no client would get a new one", a.status)
	}
	if a := f.do("POST", "/api/v1/notes", body, bearer(l)); a.status != 201 {
		t.Errorf("a long save: %d", a.status)
	}
}

// asked counts how often sessions are read.
type asked struct {
	store.Store
	sessions atomic.Int32
}

func (a *asked) Session(ctx context.Context, id string) (store.Session, error) {
	a.sessions.Add(1)
	return a.Store.Session(ctx, id)
}

// TestStrangersAskTheStoreOnce sends what looks like many tokens.
func TestStrangersAskTheStoreOnce(t *testing.T) {
	t.Parallel()
	var st *asked
	f := start(t, func(c *server.Config) {
		st = &asked{Store: c.Store}
		c.Store, c.Classic = st, true
	})
	forged := func() string { return api.TokenPrefix + api.NewID() + "_" + strings.Repeat("A", 43) }
	var jar strings.Builder
	port := f.url[strings.LastIndexByte(f.url, ':')+1:]
	for _, name := range []string{"__Host-notes_access", "__Host-notes_refresh", "notes_access_" + port, "notes_refresh_" + port} {
		fmt.Fprintf(&jar, "%s=%s; ", name, forged())
	}
	for i := range 40 {
		fmt.Fprintf(&jar, "x%d_notes_=%s; ", i, forged())
	}
	for length, status := range map[string]int{"Content-Length: 8388608": 401, "Transfer-Encoding: chunked": 413} {
		st.sessions.Store(0)
		conn := f.dial()
		if _, err := fmt.Fprintf(conn, "POST /api/addnote?TOKEN=%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nCookie: %s\r\n%s\r\n\r\n20000\r\n",
			forged(), forged(), &jar, length); err != nil {
			t.Fatal(err)
		}
		if a, err := next(bufio.NewReader(conn)); err != nil || a.status != status {
			t.Errorf("%s: %d %s, %v", length, a.status, a.body, err)
		}
		if n := st.sessions.Load(); n != 1 {
			t.Errorf("%s: the store was asked %d times", length, n)
		}
	}
}
