package server

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// renameTime is when a rename begins no other batch of notes: with what the
	// last one takes it is well within the time of a request.
	renameTime = 3 * time.Second
	// renameBatch is how many notes are read and written at once.
	renameBatch = 100
	// tagsKey is the place of the tags among the pages. No query has its character.
	tagsKey = "#tags"
)

// listTags answers with the user's tags.
func (s *Server) listTags(c *fiber.Ctx) error {
	owner := who(c).user.ID
	tag, body, err := s.lists.get(pageKey{owner, tagsKey}, func() (string, []byte, error) {
		tags, err := s.store.ListTags(c.UserContext(), owner)
		if err != nil {
			return "", nil, err
		}
		body, err := json.Marshal(api.TagList{Tags: tags})
		return listTag(owner, body), body, err
	})
	if err != nil {
		return err
	}
	if notModified(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return sendJSON(c, fiber.StatusOK, body)
}

// renameTag calls a tag by another name in all the user's notes.
func (s *Server) renameTag(c *fiber.Ctx) error {
	var in api.TagRename
	if err := decode(c, &in); err != nil {
		return err
	}
	name, err := url.PathUnescape(c.Params("tag"))
	if err != nil {
		return api.Invalid("tag", "the tag in the path is not percent-encoded")
	}
	in.Name = normalTag(in.Name)
	if err := in.Validate(); err != nil {
		return err
	}
	operation, err := s.operation(c, api.ActionRename)
	if err != nil {
		return err
	}
	r := rename{server: s, operation: operation, from: normalTag(name), to: in.Name}
	more, err := r.run(c.UserContext())
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, api.TagRenamed{Tag: r.to, Changed: r.changed, More: more})
}

// rename is the change of one tag, or a part of it.
type rename struct {
	server    *Server
	operation store.Operation
	from, to  string

	found   bool // a note with the tag
	changed int
}

// run changes notes until all are done or the time is over. It walks by the time
// of creation, which does not change, so that no note is passed over and none is
// met twice. Whatever ends it, those that are done stay so, and the same
// operation does the rest.
func (r *rename) run(ctx context.Context) (more bool, err error) {
	end := r.server.now().Add(renameTime)
	q := store.ListQuery{
		State: api.StateAll, Tags: []string{r.from}, Sort: api.SortCreated, Order: api.OrderAsc,
		Limit: renameBatch, MaxBytes: api.MaxPageBytes,
	}
	for more = true; more && r.server.now().Before(end); {
		var notes []store.Note
		notes, more, err = r.server.store.ListNotes(ctx, r.operation.Owner, q)
		if err != nil {
			return false, err
		}
		if len(notes) == 0 {
			break
		}
		r.found = true
		if r.from == r.to {
			return false, nil
		}
		if err := r.batch(ctx, notes); err != nil {
			return false, err
		}
		q.After = new(store.PlaceOf(notes[len(notes)-1], q.Sort))
	}
	if !r.found {
		return false, r.doneBefore(ctx)
	}
	return more, nil
}

// batch changes notes as they were read, and once more each that somebody else
// has changed meanwhile.
func (r *rename) batch(ctx context.Context, notes []store.Note) error {
	writes := make([]store.Write, 0, len(notes))
	for _, n := range notes {
		if slices.Contains(n.Operations, r.operation.ID) {
			continue // it got the tag back since
		}
		if w, changed, _ := r.change(n.ID).Plan(n); changed {
			writes = append(writes, w)
		}
	}
	for i, err := range r.server.store.WriteNotes(ctx, writes) {
		if errors.Is(err, api.ErrStale) {
			_, err = store.ChangeNote(ctx, r.server.store, r.change(writes[i].Note.ID))
		}
		switch {
		case err == nil:
			r.changed++
		case !errors.Is(err, api.ErrNotFound): // purged meanwhile
			return err
		}
	}
	return nil
}

// change puts the one tag in the place of the other. Nobody has edited the note,
// so it keeps its time and its place in the lists.
func (r *rename) change(id string) store.Change {
	return store.Change{
		Owner: r.operation.Owner, ID: id, Operation: r.operation,
		Apply: func(n *store.Note) (bool, error) {
			if !slices.Contains(n.Tags, r.from) {
				return false, nil
			}
			tags := slices.Clone(n.Tags)
			tags[slices.Index(tags, r.from)] = r.to
			n.Tags = normalTags(tags)
			return true, nil
		},
	}
}

// doneBefore is the answer where no note has the tag. One that comes again after
// all was done finds the tag no more, but the operation.
func (r *rename) doneBefore(ctx context.Context) error {
	_, err := r.server.store.Operation(ctx, r.operation.Owner, r.operation.ID)
	if errors.Is(err, api.ErrNotFound) {
		return &api.Error{Code: api.CodeNotFound, Field: "tag", Message: fmt.Sprintf("there is no tag %q", r.from)}
	}
	return err
}

// normalTag is normalTags of one.
func normalTag(tag string) string { return normalTags([]string{tag})[0] }
