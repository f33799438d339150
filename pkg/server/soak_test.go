package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// TestSoak lets 64 people with marked notes do everything at once, for a second:
// it is for the race detector. TestSoakPeople of the package torture does more,
// and longer, to a real process.
func TestSoak(t *testing.T) {
	t.Parallel()
	const people, length = 64, time.Second
	f := start(t, nil)
	transport := &http.Transport{MaxIdleConnsPerHost: people}
	t.Cleanup(transport.CloseIdleConnections)
	f.http = &http.Client{Transport: transport} // not held up against openapi.yaml: that would take most of the time
	clients := make([]*client.Client, people)
	for i := range clients {
		clients[i] = f.user(fmt.Sprint("person", i))
	}

	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var rounds sync.WaitGroup
	for i, c := range clients {
		rounds.Go(func() {
			p := person{t: t, c: c, mark: fmt.Sprintf("mark-%d-", i)}
			for n := 0; ctx.Err() == nil; n++ {
				p.round(n)
			}
		})
	}
	rounds.Wait()
}

type person struct {
	t    *testing.T
	c    *client.Client
	mark string
}

// round writes, reads, changes and deletes, with texts of many lengths.
func (p person) round(n int) {
	ctx := p.t.Context()
	text := p.mark + strings.Repeat("x", n*37%5000)
	note, err := p.c.CreateNote(ctx, api.NewNote{Title: p.mark + "title", Body: text, Tags: []string{p.mark + "tag"}})
	p.check(note, err)
	note, err = p.c.Note(ctx, note.ID)
	p.check(note, err)
	if note.Body != text {
		p.t.Errorf("%s got back another text", p.mark)
	}
	note, err = p.c.UpdateNote(ctx, note.ID, note.Revision, api.NotePatch{Body: ptr(text + p.mark)})
	p.check(note, err)
	_, err = p.c.UpdateNote(ctx, note.ID, 1, api.NotePatch{Body: ptr("")})
	if stale, ok := errors.AsType[*client.Error](err); !ok || stale.Note == nil {
		p.t.Errorf("%s: stale update: %v", p.mark, err)
	} else {
		p.check(*stale.Note, nil)
	}
	page, err := p.c.ListNotes(ctx, api.ListOptions{Limit: 5, Tags: []string{p.mark + "tag"}})
	if err != nil || len(page.Notes) == 0 {
		p.t.Errorf("%s: list: %d notes, %v", p.mark, len(page.Notes), err)
	}
	for _, note := range page.Notes {
		p.check(note, nil)
	}
	if n%3 == 0 {
		if err := errors.Join(p.c.TrashNote(ctx, note.ID), p.c.PurgeNote(ctx, note.ID)); err != nil {
			p.t.Errorf("%s: %v", p.mark, err)
		}
	}
}

func (p person) check(n api.Note, err error) {
	if err != nil {
		p.t.Errorf("%s: %v", p.mark, err)
		return
	}
	if !strings.HasPrefix(n.Title, p.mark) || !strings.HasPrefix(n.Body, p.mark) || n.Tags[0] != p.mark+"tag" {
		p.t.Errorf("%s sees title %.30q, body %.30q, tags %q", p.mark, n.Title, n.Body, n.Tags)
	}
}
