package main

import (
	"context"
	"fmt"

	"github.com/notesd/notesd/pkg/api"
)

// noteFields are what --json offers of a note.
var noteFields = []string{
	"id", "title", "body", "excerpt", "tags", "pinned", "archived",
	"created_at", "updated_at", "trashed_at", "expires_at", "revision",
}

// noteRecord is a note as --json sees it.
type noteRecord struct {
	api.Note
	Excerpt string `json:"excerpt"`
}

func recordOf(n api.Note) noteRecord { return noteRecord{n, api.Excerpt(n.Body)} }

// printNote writes the result of a command that made or changed a note: what
// --json asks for, else nothing but the talk.
func (a *app) printNote(ctx context.Context, f *format, n api.Note, talk string, args ...any) error {
	if f.active() {
		return f.write(ctx, a.printer(), recordOf(n))
	}
	a.say(talk, args...)
	return nil
}

// markWords tells in one word each what is special about a note.
func markWords(n api.NoteMeta) []string {
	var words []string
	if n.Pinned {
		words = append(words, "pinned")
	}
	if n.TrashedAt != nil {
		return append(words, "trashed")
	}
	if n.Archived {
		words = append(words, "archived")
	}
	return words
}

// named is a note in a message: its id and its title.
func named(n api.Note) string { return fmt.Sprintf("%s %q", n.ID, titleOf(n.NoteMeta)) }
