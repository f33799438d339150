//go:build linux

package torture

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// racers is how many clients want the same at once.
const racers = 8

// TestClusterRevisions has eight clients save the same revision of a note at once,
// again and again, each on another server than the one before: one of them wins,
// the others are shown what it wrote, and no text that was acknowledged is lost.
func TestClusterRevisions(t *testing.T) {
	t.Parallel()
	c := startCluster(t, mongotest.URI(t))
	login := signUp(t, c.server(0).URL, "ann")
	n, err := c.as(login).CreateNote(t.Context(), api.NewNote{Title: "t", Body: "0"})
	if err != nil {
		t.Fatal(err)
	}
	rounds := count(25, 1000)
	won := make([]int, clusterSize)
	for round := range rounds {
		var mu sync.Mutex
		var winners, shown []api.Note
		c.atOnce(racers, func(i int, p *process) {
			body := fmt.Sprintf("%d by %d", round, i)
			got, err := as(t, p.URL, login).UpdateNote(t.Context(), n.ID, n.Revision, api.NotePatch{Body: &body})
			mu.Lock()
			defer mu.Unlock()
			late, _ := errors.AsType[*client.Error](err)
			switch {
			case err == nil && got.Body == body:
				winners = append(winners, got)
				won[i%clusterSize]++
			case errors.Is(err, api.ErrStale) && late.Note != nil:
				shown = append(shown, *late.Note)
			default:
				t.Errorf("a save was answered with %q, %v", got.Body, err)
			}
		})
		if len(winners) != 1 || winners[0].Revision != n.Revision+1 {
			t.Fatalf("round %d: %d clients have saved revision %d", round, len(winners), n.Revision)
		}
		n = winners[0]
		for _, other := range shown {
			if other.Revision != n.Revision || other.Body != n.Body {
				t.Errorf("round %d: the winner wrote revision %d %q, another was shown %d %q", round, n.Revision, n.Body, other.Revision, other.Body)
			}
		}
	}
	for i := range clusterSize {
		if got, err := as(t, c.server(i).URL, login).Note(t.Context(), n.ID); err != nil || got.Revision != n.Revision || got.Body != n.Body {
			t.Errorf("server %d gives revision %d, %v; the last winner wrote %d", i, got.Revision, err, n.Revision)
		}
	}
	t.Logf("%d times %d saves of one revision on %d servers: one winner each, by server %v", rounds, racers, clusterSize, won)
}

// TestClusterAppends has eight clients add to one note without waiting for each
// other: each revision is made by one of them, and each text is there once.
func TestClusterAppends(t *testing.T) {
	t.Parallel()
	c := startCluster(t, mongotest.URI(t))
	login := signUp(t, c.server(0).URL, "ann")
	n, err := c.as(login).CreateNote(t.Context(), api.NewNote{Title: "t"})
	if err != nil {
		t.Fatal(err)
	}
	each := count(10, 200)
	var mu sync.Mutex
	var revisions []int64
	c.atOnce(racers, func(i int, p *process) {
		for k := range each {
			got, err := as(t, p.URL, login).AppendNote(t.Context(), n.ID, fmt.Sprintf("<%d-%d>", i, k))
			if err != nil {
				t.Errorf("an append: %v", err)
				return
			}
			mu.Lock()
			revisions = append(revisions, got.Revision)
			mu.Unlock()
		}
	})
	slices.Sort(revisions)
	for i, r := range revisions {
		if want := int64(i + 2); r != want {
			t.Fatalf("revision %d was made more than once, or not at all: %v", want, revisions)
		}
	}
	got, err := c.as(login).Note(t.Context(), n.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range racers {
		for k := range each {
			if text := fmt.Sprintf("<%d-%d>", i, k); strings.Count(got.Body, text) != 1 {
				t.Errorf("%s is there %d times", text, strings.Count(got.Body, text))
			}
		}
	}
	t.Logf("%d clients on %d servers: %d appends, each revision and each text once", racers, clusterSize, len(revisions))
}

// TestClusterRepeats sends each request eight times at once, with its
// Operation-Id: it is done once, and all are answered with what it made.
func TestClusterRepeats(t *testing.T) {
	t.Parallel()
	c := startCluster(t, mongotest.URI(t))
	login := signUp(t, c.server(0).URL, "ann")
	rounds := count(8, 200)
	body := "changed"
	for range rounds {
		id := api.NewID()
		n := c.repeated(login, 1, func(on *client.Client, operation string) (api.Note, error) {
			return on.CreateNote(t.Context(), api.NewNote{ID: id, Title: "t", Body: "new\n"}, client.WithOperation(operation))
		})
		n = c.repeated(login, 2, func(on *client.Client, operation string) (api.Note, error) {
			return on.AppendNote(t.Context(), n.ID, "appended", client.WithOperation(operation))
		})
		if n.Body != "new\nappended" {
			t.Errorf("after an append that was sent %d times: %q", racers, n.Body)
		}
		n = c.repeated(login, 3, func(on *client.Client, operation string) (api.Note, error) {
			return on.UpdateNote(t.Context(), n.ID, 2, api.NotePatch{Body: &body}, client.WithOperation(operation))
		})
		n = c.repeated(login, 4, func(on *client.Client, operation string) (api.Note, error) {
			return on.RevertNote(t.Context(), n.ID, 3, 1, client.WithOperation(operation))
		})
		if n.Body != "new\n" {
			t.Errorf("after a revert that was sent %d times: %q", racers, n.Body)
		}
	}
	c.repeated(login, 1, func(on *client.Client, operation string) (n api.Note, err error) {
		res, err := on.Do(t.Context(), client.Request{ // CreateNote would give it an id
			Method: http.MethodPost, Path: "/notes", Body: []byte(`{"title":"without an id"}`), Header: http.Header{api.HeaderOperation: {operation}},
		})
		if err != nil {
			return n, err
		}
		defer res.Body.Close()
		return n, json.NewDecoder(res.Body).Decode(&n)
	})
	page, err := c.as(login).ListSummaries(t.Context(), api.ListOptions{State: api.StateAll, Limit: api.MaxPage})
	if err != nil || len(page.Notes) != min(rounds+1, api.MaxPage) {
		t.Errorf("%d notes were made, there are %d, %v", rounds+1, len(page.Notes), err)
	}
	oneName(t, c)
	t.Logf("%d times 4 requests, each sent %d times over %d servers: done once", rounds, racers, clusterSize)
}

// repeated sends one request from all clients, and wants one note of that revision
// to come back.
func (c *cluster) repeated(l api.Login, revision int64, send func(on *client.Client, operation string) (api.Note, error)) api.Note {
	c.tb.Helper()
	operation := api.NewID()
	var got [racers]api.Note
	c.atOnce(racers, func(i int, p *process) {
		var err error
		if got[i], err = send(as(c.tb, p.URL, l), operation); err != nil {
			c.tb.Errorf("a repeat on server %d: %v", i%clusterSize, err)
		}
	})
	for _, n := range got {
		if n.ID != got[0].ID || n.Revision != revision || n.Body != got[0].Body {
			c.tb.Errorf("repeats were answered with note %s revision %d and %s revision %d, want one note of revision %d",
				got[0].ID, got[0].Revision, n.ID, n.Revision, revision)
		}
	}
	return got[0]
}

// oneName has eight people sign up at once under the same name.
func oneName(t *testing.T, c *cluster) {
	t.Helper()
	var mu sync.Mutex
	made := 0
	c.atOnce(racers, func(_ int, p *process) {
		_, err := newClient(t, p.URL).CreateUser(t.Context(), api.NewUser{Username: "bob", Password: password})
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			made++
		} else if !errors.Is(err, api.ErrConflict) {
			t.Errorf("a sign-up: %v", err)
		}
	})
	if made != 1 {
		t.Errorf("%d people have signed up under one name", made)
	}
}
