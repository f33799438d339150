package server

import (
	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// operation is what the writes of a request belong to. Its Operation-Id makes
// it one with other requests of the same command, and safe to repeat; one
// without still can be undone.
func (s *Server) operation(c *fiber.Ctx, action api.Action) (store.Operation, error) {
	id := c.Get(api.HeaderOperation)
	switch {
	case id == "":
		id = api.NewID()
	case !api.ValidID(id):
		return store.Operation{}, api.Invalid(api.HeaderOperation,
			"an Operation-Id has the form of an id: %d characters of 0-9 and a-z without i, l, o and u", api.IDLength)
	}
	w := who(c)
	return store.Operation{
		Owner: w.user.ID, ID: id, At: api.TimeOf(s.now()), Action: action,
		Session: w.session.ID, Label: w.session.Label,
	}, nil
}

// listOperations answers with what the user did last.
func (s *Server) listOperations(c *fiber.Ctx) error {
	owner := who(c).user.ID
	operations, err := s.store.ListOperations(c.UserContext(), owner)
	if err != nil {
		return err
	}
	titles, err := s.store.Titles(c.UserContext(), owner, onlyNotes(operations))
	if err != nil {
		return err
	}
	list := api.OperationList{Operations: make([]api.Operation, len(operations))}
	for i, o := range operations {
		list.Operations[i] = api.Operation{ID: o.ID, At: o.At, Action: o.Action, Label: o.Label, Notes: o.Notes}
		if o.Notes == 1 {
			list.Operations[i].Note = &api.NoteRef{ID: o.Note, Title: titles[o.Note]}
		}
	}
	return send(c, fiber.StatusOK, list)
}

// onlyNotes returns the ids of the notes that are the only ones of an operation.
func onlyNotes(operations []store.Operation) []string {
	ids := make([]string, 0, len(operations))
	for _, o := range operations {
		if o.Notes == 1 {
			ids = append(ids, o.Note)
		}
	}
	return ids
}
