package server

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// errCursorGone is the answer to a cursor from which nobody can go on.
var errCursorGone = &api.Error{Code: api.CodeGone, Field: "since", Message: "the cursor is too old: ask for the present one, then list the notes again"}

// listChanges answers with what became of the user's notes since the cursor.
func (s *Server) listChanges(c *fiber.Ctx) error {
	values, err := rawQuery(c)
	if err != nil {
		return err
	}
	o, err := api.ParseChangeOptions(values)
	if err != nil {
		return err
	}
	after, err := parsePosition(o.Since)
	if err != nil {
		return err
	}
	part, err := s.store.ListChanges(c.UserContext(), who(c).user.ID, store.ChangesQuery{After: after, Limit: o.Limit, MaxBytes: api.MaxPageBytes})
	if err != nil {
		return cursorGone(err)
	}
	list := api.ChangeList{Changes: make([]api.Change, len(part.Notes)), Cursor: positionText(part.End), More: part.More}
	for i, n := range part.Notes {
		list.Changes[i] = api.Change{ChangeMeta: changeMeta(n)}
		if n.PurgedAt == nil {
			list.Changes[i].Note = new(shown(n))
		}
	}
	return send(c, fiber.StatusOK, list)
}

func changeMeta(n store.Note) api.ChangeMeta {
	m := api.ChangeMeta{Kind: api.ChangeSaved, ID: n.ID, Revision: n.Revision}
	switch {
	case n.PurgedAt != nil:
		m.Kind = api.ChangePurged
	case n.TrashedAt != nil:
		m.Kind = api.ChangeTrashed
	}
	return m
}

func cursorGone(err error) error {
	if errors.Is(err, api.ErrGone) {
		return errCursorGone
	}
	return err
}

// positionText is the cursor of a place in a feed. It is not secret and not
// signed: whatever it says, only changes of the user's own notes follow.
func positionText(p store.Position) string { return p.Epoch + "-" + strconv.FormatInt(p.Seq, 10) }

// parsePosition is its inverse; an empty cursor asks for the present end.
func parsePosition(cursor string) (store.Position, error) {
	if cursor == "" {
		return store.Position{}, nil
	}
	epoch, number, _ := strings.Cut(cursor, "-")
	seq, err := strconv.ParseInt(number, 10, 64)
	p := store.Position{Epoch: epoch, Seq: seq}
	if err != nil || !api.ValidID(epoch) || positionText(p) != cursor {
		return p, api.Invalid("since", "this cursor is not one of this server's")
	}
	return p, nil
}
