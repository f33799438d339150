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
