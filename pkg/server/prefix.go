package server

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
)

// prefixIDs bounds how many ids one look at the store may bring.
const prefixIDs = 2000

// addPrefixes gives each summary the shortest beginning of its id that no other
// note of the user shares.
//
// An id's neighbours in order decide that. So all ids are read that share their
// first character with one of these; where that would be too many, those that
// share the first two, and so on. A longer beginning is then the least that is
// shown, but with ids that many no shorter one is likely to be unique.
func (s *Server) addPrefixes(c *fiber.Ctx, notes []api.Summary) error {
	ids := make([]string, len(notes))
	for i, n := range notes {
		ids[i] = n.ID
	}
	slices.Sort(ids)
	for length := 1; length <= api.IDLength; length++ {
		near, err := s.store.NoteIDs(c.UserContext(), who(c).user.ID, beginnings(ids, length), prefixIDs)
		if err != nil {
			return err
		}
		if len(near) == prefixIDs && length < api.IDLength {
			continue
		}
		for i := range notes {
			notes[i].Prefix = uniquePrefix(notes[i].ID, near, length)
		}
		return nil
	}
	return nil
}

// beginnings returns the first characters of sorted ids, each once.
func beginnings(ids []string, length int) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id[:length]
	}
	return slices.Compact(out)
}

// uniquePrefix returns the shortest beginning of id, least characters at least,
// that none of the other sorted ids has.
func uniquePrefix(id string, sorted []string, least int) string {
	i, found := slices.BinarySearch(sorted, id)
	length := least
	if i > 0 {
		length = max(length, shared(id, sorted[i-1])+1)
	}
	if found {
		i++
	}
	if i < len(sorted) {
		length = max(length, shared(id, sorted[i])+1)
	}
	return id[:min(length, len(id))]
}

// shared returns how many characters two ids have in common from the start.
func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
