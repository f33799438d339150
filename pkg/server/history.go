package server

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// listRevisions answers with the texts that a note had and has.
func (s *Server) listRevisions(c *fiber.Ctx) error {
	owner, id := who(c).user.ID, c.Params("id")
	n, err := s.store.Note(c.UserContext(), owner, id)
	if err != nil {
		return err
	}
	steps, err := s.store.ListRevisions(c.UserContext(), owner, id)
	if err != nil {
		return err
	}
	list := api.RevisionList{Revisions: make([]api.Revision, 0, len(steps)+1)}
	list.Revisions = append(list.Revisions, presentRevision(n).Revision)
	for _, v := range steps {
		if v.Revision < n.Revision { // else it was replaced since the note was read
			r := pastRevision(v).Revision
			r.Size = v.Size
			list.Revisions = append(list.Revisions, r)
		}
	}
	return send(c, fiber.StatusOK, list)
}

// revision answers with one of these texts.
func (s *Server) revision(c *fiber.Ctx) error {
	owner, id := who(c).user.ID, c.Params("id")
	revision, err := strconv.ParseInt(c.Params("revision"), 10, 64)
	if err != nil || revision < 1 {
		return api.Invalid("revision", "a revision is a number from 1 on")
	}
	n, err := s.store.Note(c.UserContext(), owner, id)
	if err != nil {
		return err
	}
	if revision == n.Revision {
		return send(c, fiber.StatusOK, presentRevision(n))
	}
	v, err := s.store.Revision(c.UserContext(), owner, id, revision)
	if err != nil {
		return noRevision(revision, err)
	}
	return send(c, fiber.StatusOK, pastRevision(v))
}

// revertNote gives a note a text of its past. What it has now becomes history,
// however short a time it was there.
func (s *Server) revertNote(c *fiber.Ctx) error {
	var in api.Revert
	if err := decode(c, &in); err != nil {
		return err
	}
	if err := in.Validate(); err != nil {
		return err
	}
	revision, err := ifMatchOrAny(c)
	if err != nil {
		return err
	}
	operation, err := s.operation(c, api.ActionRevert)
	if err != nil {
		return err
	}
	id := c.Params("id")
	var text *store.Text
	n, err := s.makeChange(c, store.Change{
		Owner: operation.Owner, ID: id, Revision: revision, Operation: operation, Keep: true,
		// Looked up no earlier than here: when the request is repeated, the text may
		// have left the history.
		Apply: func(n *store.Note) (bool, error) {
			if in.Revision == n.Revision {
				return false, nil
			}
			if text == nil {
				v, err := s.store.Revision(c.UserContext(), operation.Owner, id, in.Revision)
				if err != nil {
					return false, noRevision(in.Revision, err)
				}
				text = v.Text
			}
			return applyPatch(n, api.NotePatch{Title: &text.Title, Body: &text.Body, Tags: &text.Tags}, operation.At), nil
		},
	})
	if err != nil {
		return err
	}
	return sendNote(c, fiber.StatusOK, n)
}

// noRevision says of an absent revision that it is not the note that is absent.
func noRevision(revision int64, err error) error {
	if !errors.Is(err, api.ErrNotFound) {
		return err
	}
	return &api.Error{
		Code: api.CodeNotFound, Field: "revision",
		Message: fmt.Sprintf("revision %d is not in the history of this note", revision),
	}
}

func presentRevision(n store.Note) api.RevisionText {
	return api.RevisionText{Body: n.Body, Revision: api.Revision{
		Number: n.Revision, Title: n.Title, Tags: n.Tags, Size: len(n.Body), UpdatedAt: n.UpdatedAt,
	}}
}

func pastRevision(v store.Step) api.RevisionText {
	return api.RevisionText{Body: v.Text.Body, Revision: api.Revision{
		Number: v.Revision, Title: v.Text.Title, Tags: v.Text.Tags, Size: len(v.Text.Body), UpdatedAt: v.UpdatedAt,
		ReplacedAt: &v.At, ReplacedBy: v.Action, Operation: v.Operation,
	}}
}
