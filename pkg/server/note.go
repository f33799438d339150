package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// createNote adds a note, or finds that it was added before: a repeat of the
// same request never makes two.
func (s *Server) createNote(c *fiber.Ctx) error {
	var in api.NewNote
	if err := decode(c, &in); err != nil {
		return err
	}
	n, status, err := s.addNote(c, in)
	if err != nil {
		return err
	}
	c.Location(api.Prefix + "/notes/" + n.ID)
	return sendNote(c, status, n)
}

// addNote makes and keeps a note. Its status tells a new one from one that was
// added before.
func (s *Server) addNote(c *fiber.Ctx, in api.NewNote) (n store.Note, status int, err error) {
	in.Tags = normalTags(in.Tags)
	if err := in.Validate(); err != nil {
		return n, 0, err
	}
	operation, err := s.operation(c, api.ActionCreate)
	if err != nil {
		return n, 0, err
	}
	owner := operation.Owner
	if in.ID == "" {
		if in.ID, err = newNoteID(owner, c.Get(api.HeaderOperation), in); err != nil {
			return n, 0, err
		}
	}
	w := operation.Created(newNote(owner, in, operation.At))
	n = w.Note
	status = fiber.StatusCreated
	err = s.keep(c.UserContext(), w)
	if errors.Is(err, api.ErrConflict) {
		n, err = s.createdBefore(c, n, in)
		status = fiber.StatusOK
	}
	if errors.Is(err, api.ErrGone) {
		err = &api.Error{Code: api.CodeGone, Field: "id", Message: "a note with this id was deleted for good"}
	}
	return n, status, err
}

// keep adds a note, if the user may have one more. Where not, a note that is
// there already is still found by whoever repeats its request.
func (s *Server) keep(ctx context.Context, w store.Write) error {
	full := s.quota.take(ctx, w.Note.Owner)
	if full == nil {
		return s.store.CreateNote(ctx, w.Note, w.Trace)
	}
	if _, err := s.store.Note(ctx, w.Note.Owner, w.Note.ID); err == nil {
		return api.ErrConflict
	}
	return full
}

// createdBefore returns the note that has the id of n, if it came from the same
// operation or still says the same.
func (s *Server) createdBefore(c *fiber.Ctx, n store.Note, in api.NewNote) (store.Note, error) {
	old, err := s.store.Note(c.UserContext(), n.Owner, n.ID)
	if errors.Is(err, api.ErrNotFound) {
		return old, api.ErrGone // purged a moment ago
	}
	if err != nil {
		return old, err
	}
	// Of a note that was changed since, the operation tells what the content no longer can. A
	// token that may only add notes does not get to see what became of its own.
	sameOperation := who(c).session.Scope != api.ScopeCreate && old.Revision > 1 && len(n.Operations) > 0 && slices.Contains(old.Operations, n.Operations[0])
	sameContent := old.Title == n.Title && old.Body == n.Body && slices.Equal(old.Tags, n.Tags) &&
		old.Pinned == n.Pinned && old.Archived == n.Archived &&
		(in.CreatedAt == nil || old.CreatedAt == n.CreatedAt) &&
		(in.UpdatedAt == nil || old.UpdatedAt == n.UpdatedAt)
	if !sameOperation && !sameContent {
		return old, &api.Error{Code: api.CodeConflict, Field: "id", Message: "another note has this id"}
	}
	return old, nil
}

// note answers with one note, or with its body alone for Accept: text/markdown.
func (s *Server) note(c *fiber.Ctx) error {
	n, err := s.store.Note(c.UserContext(), who(c).user.ID, c.Params("id"))
	if err != nil {
		return err
	}
	c.Vary(fiber.HeaderAccept)
	if c.Accepts(fiber.MIMEApplicationJSON, "text/markdown") == "text/markdown" {
		if notModified(c, markdownTag(n.Revision)) {
			return c.SendStatus(fiber.StatusNotModified)
		}
		c.Set(fiber.HeaderContentType, "text/markdown; charset=utf-8")
		return c.SendString(n.Body)
	}
	if notModified(c, noteTag(n.Revision)) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return sendNote(c, fiber.StatusOK, n)
}

// updateNote changes what the patch names, if the note is still at the revision
// that If-Match says.
func (s *Server) updateNote(c *fiber.Ctx) error {
	var p api.NotePatch
	if err := decode(c, &p); err != nil {
		return err
	}
	if p.Tags != nil {
		tags := normalTags(*p.Tags)
		p.Tags = &tags
	}
	if err := p.Validate(); err != nil {
		return err
	}
	revision, err := ifMatch(c)
	if err != nil {
		return err
	}
	return s.changeNote(c, api.ActionUpdate, revision, func(n *store.Note) (bool, error) {
		return applyPatch(n, p, api.TimeOf(s.now())), nil
	})
}

// appendNote adds to the end of the body, whatever its revision.
func (s *Server) appendNote(c *fiber.Ctx) error {
	var in api.Append
	if err := decode(c, &in); err != nil {
		return err
	}
	if err := in.Validate(); err != nil {
		return err
	}
	return s.changeNote(c, api.ActionAppend, store.AnyRevision, func(n *store.Note) (bool, error) {
		body := n.Body
		if body != "" && body[len(body)-1] != '\n' {
			body += "\n"
		}
		body += in.Text
		if len(body) > api.MaxBody {
			return false, &api.Error{Code: api.CodeTooLarge, Field: "text", Message: "with this text the body would be longer than 1 MiB"}
		}
		return applyPatch(n, api.NotePatch{Body: &body}, api.TimeOf(s.now())), nil
	})
}

// deleteNote puts a note into the trash, or from there away for good.
func (s *Server) deleteNote(c *fiber.Ctx) error {
	params, err := query(c, "purge")
	if err != nil {
		return err
	}
	purge := params.Get("purge") == "true"
	if params.Has("purge") && !purge && params.Get("purge") != "false" {
		return api.Invalid("purge", "purge is true or false")
	}
	if err := noBody(c); err != nil {
		return err
	}
	revision, err := ifMatchOrAny(c)
	if err != nil {
		return err
	}
	now := s.trash.stamp(api.TimeOf(s.now()))
	_, err = s.change(c, api.ActionTrash, c.Params("id"), revision, func(n *store.Note) (bool, error) {
		switch {
		case purge && n.TrashedAt == nil:
			return false, &api.Error{Code: api.CodeUnprocessable, Message: "only a note in the trash can be deleted for good; delete it without purge first"}
		case purge:
			*n = tombstone(*n, now)
			return true, nil
		}
		return trash(n, now), nil
	})
	if err != nil {
		return err
	}
	if purge {
		s.quota.freed(who(c).user.ID, 1)
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// trash puts a note into the trash and reports whether it was not there. It was
// not put there before it was saved: a clock that was set back must not make it
// look as if its time there were over.
func trash(n *store.Note, now api.Time) bool {
	if n.TrashedAt != nil {
		return false
	}
	if now.Before(n.UpdatedAt.Time) {
		now = n.UpdatedAt
	}
	n.TrashedAt = &now
	return true
}

// restoreNote takes a note out of the trash, to where it was.
func (s *Server) restoreNote(c *fiber.Ctx) error {
	if err := noBody(c); err != nil {
		return err
	}
	return s.changeNote(c, api.ActionRestore, store.AnyRevision, func(n *store.Note) (bool, error) {
		trashed := n.TrashedAt != nil
		n.TrashedAt = nil
		return trashed, nil
	})
}

// emptyTrash deletes for good all that is in the trash. The state must be said,
// so that a forgotten id in DELETE /notes/{id} deletes nothing.
func (s *Server) emptyTrash(c *fiber.Ctx) error {
	params, err := query(c, "state")
	if err != nil {
		return err
	}
	if api.State(params.Get("state")) != api.StateTrashed {
		return api.Invalid("state", "only the trash can be emptied: state=trashed")
	}
	if err := noBody(c); err != nil {
		return err
	}
	n, err := s.store.EmptyTrash(c.UserContext(), who(c).user.ID, s.trash.stamp(api.TimeOf(s.now())))
	s.quota.freed(who(c).user.ID, n)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, api.Purged{Purged: n})
}

// changeNote makes one change to the note of the path and answers with it.
func (s *Server) changeNote(c *fiber.Ctx, action api.Action, revision int64, apply func(*store.Note) (bool, error)) error {
	n, err := s.change(c, action, c.Params("id"), revision, apply)
	if err != nil {
		return err
	}
	return sendNote(c, fiber.StatusOK, n)
}

// change makes one change to one of the user's notes.
func (s *Server) change(c *fiber.Ctx, action api.Action, id string, revision int64, apply func(*store.Note) (bool, error)) (store.Note, error) {
	operation, err := s.operation(c, action)
	if err != nil {
		return store.Note{}, err
	}
	return s.makeChange(c, store.Change{
		Owner:     operation.Owner,
		ID:        id,
		Revision:  revision,
		Operation: operation,
		Apply:     apply,
	})
}

func (s *Server) makeChange(c *fiber.Ctx, change store.Change) (store.Note, error) {
	n, err := store.ChangeNote(c.UserContext(), s.store, change)
	if errors.Is(err, api.ErrStale) {
		return n, &staleError{note: shown(n)}
	}
	return n, err
}

func sendNote(c *fiber.Ctx, status int, n store.Note) error {
	out := shown(n)
	body, err := json.Marshal(&out)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderETag, noteTag(n.Revision))
	c.Set(fiber.HeaderCacheControl, cacheable)
	return sendJSON(c, status, body)
}

// newNoteID is random. When the write can be told from another by its
// operation, the id follows from that and the content, so that a repeat meets
// the note it made.
func newNoteID(owner, operation string, in api.NewNote) (string, error) {
	if operation == "" {
		return api.NewID(), nil
	}
	content, err := json.Marshal(in, json.Deterministic(true))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(slices.Concat([]byte(owner+"/"+operation+"/"), content))
	return api.IDOf(sum[:]), nil
}
