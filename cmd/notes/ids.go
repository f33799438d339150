package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// People type the beginning of an id, in whatever state the note is. A whole id
// is used as it is; a shorter one is looked up among the user's notes.

// maxCandidates is how many notes an ambiguous prefix lists.
const maxCandidates = 8

// noteID returns the whole id of the note that arg begins.
func noteID(ctx context.Context, c *client.Client, arg string) (string, error) {
	prefix := typedID(arg)
	if api.ValidID(prefix) {
		return prefix, nil
	}
	if !api.ValidIDPrefix(prefix) {
		return "", noSuchNote(arg)
	}
	page, err := c.ListSummaries(ctx, api.ListOptions{ID: prefix, State: api.StateAll, Limit: maxCandidates + 1})
	switch {
	case err != nil:
		return "", err
	case len(page.Notes) == 0:
		return "", noSuchNote(arg)
	case len(page.Notes) > 1:
		return "", ambiguous(arg, page.Notes)
	}
	return page.Notes[0].ID, nil
}

// getNote returns the note that arg begins, in one request where it can.
func getNote(ctx context.Context, c *client.Client, arg string) (api.Note, error) {
	prefix := typedID(arg)
	if !api.ValidIDPrefix(prefix) {
		return api.Note{}, noSuchNote(arg)
	}
	if api.ValidID(prefix) {
		n, err := c.Note(ctx, prefix)
		return n, aboutNote(arg, err)
	}
	page, err := c.ListNotes(ctx, api.ListOptions{ID: prefix, State: api.StateAll, Limit: 2})
	switch {
	case err != nil:
		return api.Note{}, err
	case len(page.Notes) == 1:
		return page.Notes[0], nil
	}
	_, err = noteID(ctx, c, arg) // it tells which there are
	return api.Note{}, err
}

// typedID reads an id as Crockford's base32 is meant to be read: without case,
// and letters that look like digits are these.
func typedID(arg string) string {
	return strings.NewReplacer("o", "0", "i", "1", "l", "1").Replace(strings.ToLower(arg))
}

func noSuchNote(arg string) error {
	return hinted{&api.Error{Code: api.CodeNotFound, Message: fmt.Sprintf("there is no note %q", arg)}, hintIDs}
}

const hintIDs = "see the ids with: notes ls --state all"

// aboutNote says which note an error is about.
func aboutNote(arg string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("note %s: %w", arg, err)
	if errors.Is(err, api.ErrNotFound) {
		return withHint(err, hintIDs)
	}
	return err
}

func ambiguous(arg string, notes []api.Summary) error {
	e := &ambiguousError{prefix: arg, what: "notes"}
	for _, n := range notes[:min(len(notes), maxCandidates)] {
		e.candidates = append(e.candidates, n.ID+"  "+titleOf(n.NoteMeta))
	}
	if len(notes) > maxCandidates {
		e.candidates = append(e.candidates, "…")
	}
	return hinted{e, "type more of the id"}
}

// titleOf names a note in a message, on one line.
func titleOf(n api.NoteMeta) string {
	if n.Title == "" {
		return "(no title)"
	}
	return truncate(sanitizeLine(n.Title), 60)
}
