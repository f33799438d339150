package server

import (
	"encoding/base64"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// listNotes answers with one page of the user's notes.
func (s *Server) listNotes(c *fiber.Ctx) error {
	key := pageKey{owner: who(c).user.ID, query: string(c.Context().URI().QueryString())}
	tag, body, err := s.lists.get(key, func() (string, []byte, error) {
		page, err := s.readPage(c, key.owner)
		if err != nil {
			return "", nil, err
		}
		body, err := json.Marshal(page)
		return listTag(key.owner, body), body, err
	})
	if err != nil {
		return err
	}
	if notModified(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return sendJSON(c, fiber.StatusOK, body)
}

// readPage reads the page that the query describes.
func (s *Server) readPage(c *fiber.Ctx, owner string) (any, error) {
	values, err := rawQuery(c)
	if err != nil {
		return nil, err
	}
	o, err := api.ParseListOptions(values)
	if err != nil {
		return nil, err
	}
	o.Tags = normalTags(o.Tags)
	if err := api.ValidateTags(o.Tags); err != nil {
		return nil, api.Invalid("tag", "%s", err)
	}
	after, err := parseCursor(o)
	if err != nil {
		return nil, err
	}
	search := searchOf(o)
	notes, more, err := s.store.ListNotes(c.UserContext(), owner, store.ListQuery{
		Search:   search,
		State:    o.State,
		Tags:     o.Tags,
		Pinned:   o.Pinned,
		IDPrefix: o.ID,
		From:     o.Since,
		Before:   o.Before,
		Sort:     o.Sort,
		Order:    o.Order,
		After:    after,
		Limit:    o.Limit,
		MaxBytes: api.MaxPageBytes,
		Summary:  o.View == api.ViewSummary,
	})
	if err != nil {
		return nil, err
	}
	next := ""
	if rank := markMatches(search, notes); more {
		next = cursorOf(o, notes[len(notes)-1], rank)
	}
	return s.page(c, o, notes, next)
}

// page brings notes into the view that was asked for.
func (s *Server) page(c *fiber.Ctx, o api.ListOptions, notes []store.Note, next string) (any, error) {
	if o.View == api.ViewFull {
		p := api.NotePage{Notes: make([]api.Note, len(notes)), NextCursor: next}
		for i := range notes {
			p.Notes[i] = shown(notes[i])
		}
		return &p, nil
	}
	p := api.SummaryPage{Notes: make([]api.Summary, len(notes)), NextCursor: next}
	for i := range notes {
		p.Notes[i] = api.Summary{NoteMeta: shown(notes[i]).NoteMeta, Excerpt: notes[i].Excerpt}
	}
	if o.Prefix {
		return &p, s.addPrefixes(c, p.Notes)
	}
	return &p, nil
}

// cursor says where the next page begins, and in which order it goes on. It is
// not secret and not signed: whatever it says, only the user's own notes follow.
type cursor struct {
	Sort  api.Sort  `json:"s"`
	Order api.Order `json:"o"`
	Title string    `json:"k,omitzero"`
	Time  int64     `json:"t,omitzero"` // milliseconds since 1970
	ID    string    `json:"i"`
	Rank  int       `json:"r,omitzero"` // in a search, which has no sort
}

// cursorOf returns the cursor of the page behind the last note, which has this
// rank in a search.
func cursorOf(o api.ListOptions, last store.Note, rank int) string {
	at := store.PlaceOf(last, o.Sort)
	c := cursor{Sort: o.Sort, Order: o.Order, Title: at.Title, ID: at.ID, Rank: rank}
	if byTime(o.Sort) {
		c.Time = at.Time.UnixMilli()
	}
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor returns the place that the page comes after, nil for the first.
func parseCursor(o api.ListOptions) (*store.Place, error) {
	if o.Cursor == "" {
		return nil, nil
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(o.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &c, json.RejectUnknownMembers(true))
	}
	if err != nil || !api.ValidID(c.ID) {
		return nil, api.Invalid("cursor", "this cursor is not one of this server's")
	}
	if c.Sort == "" && o.Sort != "" {
		return nil, api.Invalid("cursor", "the cursor belongs to a search")
	}
	if c.Sort != o.Sort || c.Order != o.Order {
		return nil, api.Invalid("cursor", "the cursor belongs to a list sorted by %s %s", c.Sort, c.Order)
	}
	at := &store.Place{Rank: c.Rank, Title: c.Title, ID: c.ID}
	if byTime(o.Sort) {
		at.Time = api.TimeOfMilli(c.Time)
	}
	return at, nil
}

// byTime reports whether a list is ordered by a time. A search is, within a rank.
func byTime(s api.Sort) bool { return s == api.SortUpdated || s == api.SortCreated || s == "" }
