package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// pickSession is one run of pick.
type pickSession struct {
	app    *app
	client *client.Client
	picker *picker
	view   *pickView

	want     chan struct{} // asks for what is typed next
	typed    chan string
	pages    chan pickPage // closed after the last
	fetched  chan pickNote
	fetching bool
}

type pickPage struct {
	notes []pickable
	err   error
}

type pickNote struct {
	note api.Note
	err  error
}

// read reads the keyboard, once each time that it is asked to: what is typed after
// the choice is for the command that comes next.
func (s *pickSession) read(ctx context.Context, in io.Reader) {
	b := make([]byte, 1024)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.want:
		}
		n, err := in.Read(b)
		if err != nil {
			n = copy(b, "\x03") // nobody types any more
		}
		select {
		case <-ctx.Done():
			return
		case s.typed <- string(b[:n]):
		}
	}
}

// load lists the notes, page by page.
func (s *pickSession) load(ctx context.Context, o api.ListOptions) {
	defer close(s.pages)
	o.Limit = api.MaxPage
	var page []pickable
	send := func(p pickPage) {
		select {
		case <-ctx.Done():
		case s.pages <- p:
		}
	}
	for n, err := range s.client.AllSummaries(ctx, o) {
		if err != nil {
			send(pickPage{err: err})
			return
		}
		if page = append(page, pickableOf(n)); len(page) == api.MaxPage {
			send(pickPage{notes: page})
			page = nil
		}
	}
	send(pickPage{notes: page})
}

func pickableOf(n api.Summary) pickable {
	text := n.Title
	if text == "" {
		text = n.Excerpt
	}
	for _, t := range n.Tags {
		text += " #" + t
	}
	return pickable{n.ID, sanitizeLine(text)}
}

// escapeTime is how long Esc may be the beginning of another key.
const escapeTime = 50 * time.Millisecond

func (s *pickSession) run(ctx context.Context) (string, error) {
	resized := make(chan os.Signal, 1)
	defer notifyResize(resized)()
	pages, begun := s.pages, ""
	var late <-chan time.Time
	s.want <- struct{}{}
	for {
		s.preview(ctx)
		if _, err := io.WriteString(s.app.errOut, s.view.draw(s.picker)); err != nil {
			return "", err
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-late:
			return "", errNotPicked
		case <-resized:
			s.view.p = newPrinter(s.app.errOut, s.app.getenv, s.app.color, s.app.now)
			clear(s.view.preview)
		case page, more := <-pages:
			page = withWaiting(page, pages)
			if page.err != nil {
				return "", page.err
			}
			if !more {
				pages, s.picker.loading = nil, false
			}
			s.picker.add(page.notes)
		case n := <-s.fetched:
			s.fetching = false
			if n.err == nil {
				n.err = s.view.show(n.note)
			}
			if n.err != nil && !errors.Is(n.err, api.ErrNotFound) {
				return "", n.err
			}
		case typed := <-s.typed:
			late = nil
			rest, done, id := s.press(begun + typed)
			if done && id == "" {
				return "", errNotPicked
			}
			if done {
				return id, nil
			}
			if begun = rest; begun != "" && begun[0] == escapeByte {
				late = time.After(escapeTime)
			}
			s.want <- struct{}{}
		}
	}
}

// errNotPicked is somebody who leaves, as fzf says it.
var errNotPicked = told{exitStatus(exitInterrupted)}

// withWaiting adds the pages that have come meanwhile, so that they cost one
// search.
func withWaiting(page pickPage, pages <-chan pickPage) pickPage {
	for range cap(pages) {
		select {
		case next := <-pages:
			page.notes = append(page.notes, next.notes...)
			page.err = errors.Join(page.err, next.err)
		default:
			return page
		}
	}
	return page
}

// press does what the keys say. Rest is the beginning of one that may go on.
func (s *pickSession) press(typed string) (rest string, done bool, id string) {
	for typed != "" {
		k, after, ok := nextKey(typed)
		if !ok {
			return typed, false, ""
		}
		typed = after
		if s.picker.press(k, s.view.page()) {
			if k.key == keyCancel {
				return "", true, ""
			}
			return "", true, s.picker.id()
		}
	}
	return "", false, ""
}

// preview asks for the chosen note, one at a time.
func (s *pickSession) preview(ctx context.Context) {
	id := s.picker.id()
	if _, known := s.view.preview[id]; known || id == "" || s.fetching || s.view.listWidth() == s.view.p.width {
		return
	}
	s.fetching = true
	s.view.preview[id] = nil // once: a note that is gone has no preview
	go func() {
		n, err := s.client.Note(ctx, id)
		select {
		case <-ctx.Done():
		case s.fetched <- pickNote{n, err}:
		}
	}()
}
