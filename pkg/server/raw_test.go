package server_test

import (
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// TestBadInput sends what the client never would. None of it may be a 5xx.
func TestBadInput(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	n, err := f.as(l).CreateNote(t.Context(), api.NewNote{Title: "t"})
	if err != nil {
		t.Fatal(err)
	}
	one := "/api/v1/notes/" + n.ID
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		field                    string
	}{
		{"no body", "POST", "/api/v1/notes", "", []string{"Content-Type: application/json"}, 400, ""},
		{"a form", "POST", "/api/v1/notes", "title=x", []string{"Content-Type: application/x-www-form-urlencoded"}, 415, ""},
		{"text", "POST", "/api/v1/notes", "{}", []string{"Content-Type: text/plain"}, 415, ""},
		{"compressed", "POST", "/api/v1/notes", "{}", []string{"Content-Encoding: gzip"}, 415, ""},
		{"charset", "POST", "/api/v1/notes", `{"title":"","body":""}`, []string{"Content-Type: application/json; charset=utf-8"}, 201, ""},
		{"other charset", "POST", "/api/v1/notes", `{"title":""}`, []string{"Content-Type: application/json; charset=latin1"}, 415, ""},
		{"cut off", "POST", "/api/v1/notes", `{"title":"x`, nil, 400, ""},
		{"not JSON", "POST", "/api/v1/notes", `title`, nil, 400, ""},
		{"an array", "POST", "/api/v1/notes", `[]`, nil, 400, ""},
		{"a string", "POST", "/api/v1/notes", `"x"`, nil, 400, ""},
		{"null", "POST", "/api/v1/notes", `null`, nil, 400, ""},
		{"a null member", "POST", "/api/v1/notes", `{"title":null}`, nil, 400, ""},
		{"unknown member", "POST", "/api/v1/notes", `{"titel":"x"}`, nil, 400, "titel"},
		{"other case", "POST", "/api/v1/notes", `{"TITLE":"x"}`, nil, 400, "TITLE"},
		{"duplicate", "POST", "/api/v1/notes", `{"title":"x","title":"y"}`, nil, 400, "title"},
		{"trailing", "POST", "/api/v1/notes", `{"title":"x"} {}`, nil, 400, ""},
		{"an operator", "POST", "/api/v1/notes", `{"title":{"$ne":"x"}}`, nil, 400, "title"},
		{"a number", "POST", "/api/v1/notes", `{"title":1}`, nil, 400, "title"},
		{"tags are a word", "POST", "/api/v1/notes", `{"tags":"x"}`, nil, 400, "tags"},
		{"a tag is a number", "POST", "/api/v1/notes", `{"tags":[1]}`, nil, 400, "tags"},
		{"an owner", "POST", "/api/v1/notes", `{"title":"x","owner":"bob"}`, nil, 400, "owner"},
		{"a revision", "POST", "/api/v1/notes", `{"title":"x","revision":7}`, nil, 400, "revision"},
		{"a NUL", "POST", "/api/v1/notes", `{"title":"a\u0000b"}`, nil, 400, "title"},
		{"a lone surrogate", "POST", "/api/v1/notes", `{"title":"\ud800"}`, nil, 400, "title"},
		{"bad UTF-8", "POST", "/api/v1/notes", "{\"title\":\"\xff\"}", nil, 400, "title"},
		{"bad time", "POST", "/api/v1/notes", `{"title":"x","created_at":"yesterday"}`, nil, 400, "created_at"},
		{"deep", "POST", "/api/v1/notes", strings.Repeat("[", 100) + strings.Repeat("]", 100), nil, 400, ""},
		{"long title", "POST", "/api/v1/notes", `{"title":"` + strings.Repeat("x", api.MaxTitle+1) + `"}`, nil, 413, "title"},
		{"long body", "POST", "/api/v1/notes", `{"body":"` + strings.Repeat("x", api.MaxBody+1) + `"}`, nil, 413, "body"},
		{"a tag 65 times", "POST", "/api/v1/notes", `{"tags":["` + strings.Join(strings.Split(strings.Repeat("a", 65), ""), `","`) + `"]}`, nil, 201, ""},
		{"bad id", "POST", "/api/v1/notes", `{"id":"x"}`, nil, 400, "id"},
		{"bad operation", "POST", "/api/v1/notes", `{"title":"x"}`, []string{"Operation-Id: x"}, 400, "Operation-Id"},
		{"a query", "POST", "/api/v1/notes?access_token=x", `{"title":"x"}`, nil, 400, "access_token"},
		{"empty patch", "PATCH", one, `{}`, []string{"If-Match: *"}, 400, ""},
		{"patch of an absent note", "PATCH", "/api/v1/notes/000000000000", `{"title":"x"}`, []string{"If-Match: *"}, 404, ""},
		{"patch of no id", "PATCH", "/api/v1/notes/%24ne", `{"title":"x"}`, []string{"If-Match: *"}, 404, ""},
		{"nothing to append", "POST", one + "/append", `{"text":""}`, nil, 400, "text"},
		{"restore with a body", "POST", one + "/restore", `{}`, nil, 400, ""},
		{"purge maybe", "DELETE", one + "?purge=maybe", "", nil, 400, "purge"},
		{"purge twice", "DELETE", one + "?purge=true&purge=true", "", nil, 400, "purge"},
		{"other method", "PUT", one, `{}`, nil, 405, ""},
		{"other method on a list", "PATCH", "/api/v1/notes", `{}`, nil, 405, ""},
		{"absent path", "GET", "/api/v1/nothing", "", nil, 404, ""},
		{"absent path, POST", "POST", "/api/v1/nothing", `{}`, nil, 404, ""},
		{"other case of a path", "GET", "/API/v1/me", "", nil, 404, ""},
		{"basic login", "GET", "/api/v1/me", "", []string{"Authorization: Basic YTpi"}, 401, ""},
		{"short password", "POST", "/api/v1/users", `{"username":"bob","password":"short"}`, nil, 400, "password"},
		{"common password", "POST", "/api/v1/users", `{"username":"bob","password":"123456789012"}`, nil, 400, "password"},
		{"repeated password", "POST", "/api/v1/users", `{"username":"bob","password":"abcabcabcabcab"}`, nil, 400, "password"},
		{"padded password", "POST", "/api/v1/users", `{"username":"bob","password":"Football2024!"}`, nil, 400, "password"},
		{"disguised password", "POST", "/api/v1/users", `{"username":"bob","password":"p@$$w0rd1234"}`, nil, 400, "password"},
		{"padded name", "POST", "/api/v1/users", `{"username":"annabel","password":"annabel12345"}`, nil, 400, "password"},
		{"password is the name", "POST", "/api/v1/users", `{"username":"bob.the.builder","password":"Bob.The.Builder"}`, nil, 400, "password"},
		{"name taken", "POST", "/api/v1/users", `{"username":"ANN","password":"` + password + `"}`, nil, 409, "username"},
		{"bad name", "POST", "/api/v1/users", `{"username":"a b","password":"` + password + `"}`, nil, 400, "username"},
		{"login without a name", "POST", "/api/v1/sessions", `{"password":"x"}`, nil, 400, "username"},
		{"login with an object", "POST", "/api/v1/sessions", `{"username":{"$gt":""},"password":{"$gt":""}}`, nil, 400, "username"},
		{"refresh with nothing", "POST", "/api/v1/sessions/refresh", `{}`, nil, 401, ""},
	} {
		headers := append([]string{bearer(l)}, tt.headers...)
		a := f.do(tt.method, tt.path, tt.body, headers...)
		if a.status != tt.status || a.problem.Field != tt.field {
			t.Errorf("%s: %d, field %q: %s", tt.name, a.status, a.problem.Field, a.body)
		}
		if a.status >= 400 && (a.problem.Status != a.status || a.problem.Detail == "" || a.problem.RequestID != a.header.Get("X-Request-Id")) {
			t.Errorf("%s: not a whole problem document: %s", tt.name, a.body)
		}
	}
}

func TestSignupClosed(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.Signup = false })
	if a := f.do("POST", "/api/v1/users", `{"username":"ann","password":"`+password+`"}`); a.status != 403 {
		t.Errorf("sign-up: %d %s", a.status, a.body)
	}
}
