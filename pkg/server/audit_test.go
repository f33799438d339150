package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// event is a line of the log that is about an account.
type event struct{ msg, user, session string }

// events returns those of the request that was answered like this, which must
// all say where it came from.
func (f *fixture) events(a answer) []event {
	f.t.Helper()
	var out []event
	for line := range strings.Lines(f.log.String()) {
		var l struct {
			Msg, User, Session, IP string
			RequestID              string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			f.t.Fatalf("not a line of the log: %s", line)
		}
		if l.RequestID != a.header.Get("X-Request-Id") || l.Msg == "request" {
			continue
		}
		if l.IP != "127.0.0.1" {
			f.t.Errorf("no address: %s", line)
		}
		out = append(out, event{l.Msg, l.User, l.Session})
	}
	return out
}

// TestAudit does all that an operator must be able to find in the log, and finds
// it by the id of the request.
func TestAudit(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.AccountLimit = server.Limit{Attempts: 1, Window: time.Hour} })
	check := func(what string, a answer, want ...event) {
		t.Helper()
		if d := cmp.Diff(want, f.events(a), cmp.AllowUnexported(event{})); d != "" {
			t.Errorf("%s, answered %d (-want +got):\n%s", what, a.status, d)
		}
	}
	login := func(pass string) (answer, api.Login) {
		a := f.do("POST", "/api/v1/sessions", fmt.Sprintf(`{"username":"ann","password":%q}`, pass))
		var l api.Login
		if err := json.Unmarshal([]byte(a.body), &l); err != nil {
			t.Fatal(err)
		}
		return a, l
	}

	a := f.do("POST", "/api/v1/users", fmt.Sprintf(`{"username":"ann","password":%q}`, password))
	var user api.User
	if err := json.Unmarshal([]byte(a.body), &user); err != nil {
		t.Fatal(err)
	}
	ann := user.ID
	check("sign-up", a, event{"user created", ann, ""})

	a, first := login(password)
	check("login", a, event{"login", ann, first.Session.ID})
	_, second := login(password)
	_, third := login(password)
	a, _ = login(wrongPassword)
	check("a wrong password", a, event{"login failed", ann, ""})
	a, _ = login(password)
	check("one attempt too many", a, event{"login throttled", ann, ""})
	a = f.do("POST", "/api/v1/sessions", `{"username":"nobody","password":"not the password"}`)
	check("a name that nobody has", a, event{"login failed", "", ""})
	a = f.do("POST", "/api/v1/sessions", `{"username":"nobody","password":"not the password"}`)
	check("once more", a, event{"login throttled", "", ""})

	a = f.do("DELETE", "/api/v1/sessions/"+second.Session.ID, "", bearer(first))
	check("a session is ended", a, event{"session ended", ann, second.Session.ID})
	a = f.do("DELETE", "/api/v1/sessions", "", bearer(first))
	check("all others are", a, event{"other sessions ended", ann, ""})
	a = f.do("GET", "/api/v1/me", "", bearer(third))
	check("one that has ended", a)

	stolen := first.RefreshToken
	for range 3 {
		a = f.do("POST", "/api/v1/sessions/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`)
		check("a refresh", a)
		if err := json.Unmarshal([]byte(a.body), &first); err != nil {
			t.Fatal(err)
		}
	}
	a = f.do("POST", "/api/v1/sessions/refresh", `{"refresh_token":"`+stolen+`"}`)
	check("a refresh token that was used before", a, event{"refresh token used again, session ended", ann, first.Session.ID})

	f.clock.advance(2 * time.Hour)
	_, last := login(password)
	const fresh = "a wholly other phrase"
	a = f.do("PATCH", "/api/v1/me", `{"current_password":"not the password","new_password":"`+fresh+`"}`, bearer(last))
	check("a password is not changed", a, event{"login failed", ann, ""})
	f.clock.advance(2 * time.Hour)
	_, last = login(password)
	a = f.do("PATCH", "/api/v1/me", `{"current_password":"`+password+`","new_password":"`+fresh+`"}`, bearer(last))
	check("a password is changed", a, event{"password changed", ann, ""})
	a = f.do("DELETE", "/api/v1/me", `{"password":"`+fresh+`"}`, bearer(last))
	check("an account is deleted", a, event{"user deleted", ann, ""})
}
