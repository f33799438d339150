package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// request is one that is measured. Each path is below the API's.
type request struct {
	name         string // as the table has it
	method, path string
	body         string
	headers      []string
	out          any // where the answer goes; nil: nowhere
}

// measure makes a request for somebody who has just made another, and notes what
// it cost.
func (m *meter) measure(ctx context.Context, r request) error {
	if m.token != "" {
		if err := m.send(ctx, "GET", "/me", "", nil); err != nil {
			return err
		}
	}
	m.taken()
	if err := m.send(ctx, r.method, r.path, r.body, r.out, r.headers...); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	m.costs = append(m.costs, cost{r.name, m.taken()})
	return nil
}

func (m *meter) measureAll(ctx context.Context, requests ...request) error {
	for _, r := range requests {
		if err := m.measure(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// work is a person's first day.
func (m *meter) work(ctx context.Context) error {
	for _, part := range []func(context.Context) error{m.begin, m.write, m.read, m.follow, m.lookBack, m.many, m.end, m.due} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

const (
	benchUser     = `{"username":"ann","password":"a password for the bench"}`
	benchNote     = "0123456789ab"
	benchNotePath = "/notes/" + benchNote
	ifMatch       = "If-Match: *"
)

func (m *meter) begin(ctx context.Context) error {
	var login api.Login
	if err := m.measureAll(ctx,
		request{name: "`GET /readyz`", method: "GET", path: "/readyz"},
		request{name: "`POST /users`", method: "POST", path: "/users", body: benchUser},
		request{name: "`POST /sessions`", method: "POST", path: "/sessions", body: benchUser, out: &login},
	); err != nil {
		return err
	}
	m.token = login.AccessToken
	return m.measureAll(ctx,
		request{name: "`POST /sessions/refresh`", method: "POST", path: "/sessions/refresh", body: `{"refresh_token":"` + login.RefreshToken + `"}`},
		request{name: "`GET /me`", method: "GET", path: "/me"},
		request{name: "`GET /sessions`", method: "GET", path: "/sessions"},
		request{name: "`POST /tokens`", method: "POST", path: "/tokens", body: `{"label":"ci","scope":"read","expires_in_days":1}`},
	)
}

func (m *meter) write(ctx context.Context) error {
	if err := m.send(ctx, "POST", "/notes", `{"title":"the first, before which they are counted"}`, nil, operation(false)); err != nil {
		return err
	}
	add := request{
		name: "`POST /notes`", method: "POST", path: "/notes", headers: []string{operation(false)},
		body: `{"id":"` + benchNote + `","title":"Groceries","body":"milk","tags":["home"]}`,
	}
	again := add
	again.name = "the same once more"
	return m.measureAll(ctx, add, again,
		request{name: "`PATCH /notes/{id}`", method: "PATCH", path: benchNotePath, body: `{"body":"milk, bread"}`, headers: []string{`If-Match: "1"`, operation(false)}},
		request{name: "the same with a stale `If-Match`", method: "PATCH", path: benchNotePath, body: `{"body":"milk, bread"}`, headers: []string{`If-Match: "1"`, operation(false)}},
		request{name: "`POST /notes/{id}/append`", method: "POST", path: benchNotePath + "/append", body: `{"text":"eggs"}`, headers: []string{operation(false)}},
		request{name: "`DELETE /notes/{id}`", method: "DELETE", path: benchNotePath, headers: []string{operation(false)}},
		request{name: "`POST /notes/{id}/restore`", method: "POST", path: benchNotePath + "/restore", headers: []string{operation(false)}},
	)
}

func (m *meter) read(ctx context.Context) error {
	return m.measureAll(ctx,
		request{name: "`GET /notes/{id}`", method: "GET", path: benchNotePath},
		request{name: "`GET /notes`", method: "GET", path: "/notes"},
		request{name: "`GET /notes?tag=home`", method: "GET", path: "/notes?tag=home"},
		request{name: "`GET /notes?id=01`", method: "GET", path: "/notes?id=01"},
		request{name: "`GET /notes?q=milk`", method: "GET", path: "/notes?q=milk"},
		request{name: "`GET /tags`", method: "GET", path: "/tags"},
		request{name: "`GET /export`", method: "GET", path: "/export"},
	)
}

// follow asks for changes: first from where on, then with one to give, then with
// none.
func (m *meter) follow(ctx context.Context) error {
	var page api.ChangeList
	if err := m.measure(ctx, request{name: "`GET /changes`, a user's first", method: "GET", path: "/changes", out: &page}); err != nil {
		return err
	}
	if err := m.send(ctx, "POST", benchNotePath+"/append", `{"text":"x"}`, nil, operation(false)); err != nil {
		return err
	}
	if err := m.measure(ctx, request{name: "`GET /changes?since=`, one change", method: "GET", path: "/changes?since=" + page.Cursor, out: &page}); err != nil {
		return err
	}
	return m.measure(ctx, request{name: "the same without one", method: "GET", path: "/changes?since=" + page.Cursor})
}

func (m *meter) lookBack(ctx context.Context) error {
	change := operation(false)
	if err := m.send(ctx, "PATCH", benchNotePath, `{"title":"Shopping"}`, nil, ifMatch, change); err != nil {
		return err
	}
	_, undone, _ := strings.Cut(change, ": ")
	return m.measureAll(ctx,
		request{name: "`GET /notes/{id}/revisions`", method: "GET", path: benchNotePath + "/revisions"},
		request{name: "`GET /notes/{id}/revisions/{revision}`", method: "GET", path: benchNotePath + "/revisions/1"},
		request{name: "`POST /operations/{id}/undo`", method: "POST", path: "/operations/" + undone + "/undo", headers: []string{operation(false)}},
		request{name: "`POST /notes/{id}/revert`", method: "POST", path: benchNotePath + "/revert", body: `{"revision":1}`, headers: []string{ifMatch, operation(false)}},
	)
}

// many fills the list of operations, and makes requests that are about several
// notes: ten.
func (m *meter) many(ctx context.Context) error {
	const ten = 10
	var lines bytes.Buffer
	encoder, now := json.NewEncoder(&lines), api.TimeOf(m.clock())
	for i := range ten {
		if err := encoder.Encode(api.PortableNote{ID: fmt.Sprintf("%012d", i), Tags: []string{"ten"}, CreatedAt: now, UpdatedAt: now}); err != nil {
			return err
		}
	}
	var imported api.ImportResult
	if err := m.measure(ctx, request{
		name: "`POST /import`, 10 notes", method: "POST", path: "/import", body: lines.String(), headers: []string{operation(false)}, out: &imported,
	}); err != nil {
		return err
	}
	if imported.Added != ten {
		return fmt.Errorf("import: %+v", imported)
	}
	for range store.LastOperations {
		if err := m.send(ctx, "POST", benchNotePath+"/append", `{"text":"x"}`, nil, operation(false)); err != nil {
			return err
		}
	}
	if err := m.measureAll(ctx,
		request{name: "`GET /operations`, 20 of them", method: "GET", path: "/operations"},
		request{name: "`PATCH /tags/{tag}`, 10 notes", method: "PATCH", path: "/tags/ten", body: `{"name":"eleven"}`, headers: []string{operation(false)}},
	); err != nil {
		return err
	}
	for i := range ten {
		if err := m.send(ctx, "DELETE", fmt.Sprintf("/notes/%012d", i), "", nil, operation(false)); err != nil {
			return err
		}
	}
	return m.measureAll(ctx,
		request{name: "`DELETE /notes/{id}?purge=true`", method: "DELETE", path: "/notes/000000000000?purge=true", headers: []string{operation(false)}},
		request{name: "`DELETE /notes?state=trashed`, 9 notes", method: "DELETE", path: "/notes?state=trashed"},
	)
}

func (m *meter) end(ctx context.Context) error {
	var other api.Login
	if err := m.send(ctx, "POST", "/sessions", benchUser, &other); err != nil {
		return err
	}
	return m.measure(ctx, request{name: "`DELETE /sessions/{id}`", method: "DELETE", path: "/sessions/" + other.Session.ID})
}

// What a request costs beside its own work, in the words of the table.
const (
	costOfSession    = "a login's first request in a second, on each server"
	costOfTouch      = "its first in a minute"
	costOfForgetting = "every sixteenth write to a note"
)

// due is what a request does beside its own work when its time has come. The
// names say when.
func (m *meter) due(ctx context.Context) error {
	if err := m.send(ctx, "GET", "/me", "", nil); err != nil {
		return err
	}
	m.taken()
	m.pass(2 * time.Second)
	if err := m.send(ctx, "GET", "/me", "", nil); err != nil {
		return err
	}
	m.costs = append(m.costs, cost{costOfSession, m.taken()})

	m.pass(2 * time.Minute)
	if err := m.send(ctx, "GET", "/me", "", nil); err != nil {
		return err
	}
	const touch = "update sessions"
	if err := m.wait(ctx, touch); err != nil {
		return err
	}
	m.costs = append(m.costs, cost{costOfTouch, after(m.taken(), m.costs[len(m.costs)-1].commands)})

	add := func(forgets bool) ([]string, error) {
		m.taken()
		err := m.send(ctx, "POST", "/notes", `{"title":"t"}`, nil, operation(forgets))
		return m.taken(), err
	}
	counted, err := add(false)
	if err != nil {
		return err
	}
	plain, err := add(false)
	if err != nil {
		return err
	}
	forgetting, err := add(true)
	if err != nil {
		return err
	}
	m.costs = append(m.costs,
		cost{"a user's first new note in a minute, on each server", counted[:len(counted)-len(plain)]},
		cost{costOfForgetting, after(forgetting, plain)},
	)
	return nil
}

// after is what a list has beyond the one that it begins with.
func after(list, first []string) []string { return list[min(len(first), len(list)):] }
