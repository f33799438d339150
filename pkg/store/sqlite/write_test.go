package sqlite

import (
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// TestWriteNotesByHalf: a write that fails when its note is written already, as
// one whose step is there, is undone, and the others are made.
func TestWriteNotesByHalf(t *testing.T) {
	t.Parallel()
	s, ctx := openTest(t), t.Context()
	o := store.Operation{Owner: owner, ID: "0p0000000001", Action: api.ActionImport}
	note := func(id string) store.Write {
		n := store.Note{Owner: owner, Note: api.Note{Body: "word", NoteMeta: api.NoteMeta{ID: id, Tags: []string{"tag"}, Revision: 1}}}
		return o.Created(n)
	}
	writes := []store.Write{note("aaaaaaaaaaaa"), note("bbbbbbbbbbbb"), note("cccccccccccc"), note("aaaaaaaaaaaa")}
	writes[1].Trace.Step.ID = "aaaaaaaaaaaa"
	made := []bool{true, false, true, false}
	for i, err := range s.WriteNotes(ctx, writes) {
		if made[i] != (err == nil) {
			t.Errorf("write %d: %v, want it made: %t", i, err, made[i])
		}
	}
	got, err := s.NotesByID(ctx, owner, []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"})
	if err != nil || len(got) != 2 || got[0].ID != "aaaaaaaaaaaa" || got[1].ID != "cccccccccccc" {
		t.Errorf("there are %v, %v", got, err)
	}
	if tags, err := s.ListTags(ctx, owner); err != nil || len(tags) != 1 || tags[0].Count != 2 {
		t.Errorf("tags %v, %v", tags, err)
	}
}
