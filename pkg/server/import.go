package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// importWrites are written at a time: others must not wait long for their turn.
	importWrites = 1000
	// importReads are read at a time of what is there, until it has importBytes.
	importReads = 50
	importBytes = 16 << 20
	// importTries is how often a note is looked at again that others write to at
	// the same moment.
	importTries = 5
)

// importNotes adds the notes of the body's lines, or replaces those that are
// there, and answers what became of each.
func (s *Server) importNotes(c *fiber.Ctx) error {
	o, err := importOptions(c)
	if err != nil {
		return err
	}
	body, err := bodyOf(c, api.MediaNDJSON)
	if err != nil {
		return err
	}
	if bytes.Count(body, []byte("\n")) > api.MaxImport {
		return &api.Error{Code: api.CodeTooLarge, Message: fmt.Sprintf("an import of more than %d lines: send it in parts", api.MaxImport)}
	}
	operation, err := s.operation(c, api.ActionImport)
	if err != nil {
		return err
	}
	i := &importer{
		server: s, operation: operation, options: o, trashNow: s.trash.stamp(operation.At), written: map[string]bool{},
		result: api.ImportResult{KeptIDs: []string{}, Failed: []api.ImportFailure{}},
	}
	if err := i.run(c.UserContext(), body); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, i.answer())
}

func importOptions(c *fiber.Ctx) (o api.ImportOptions, err error) {
	values, err := query(c, "overwrite", "dry_run")
	if err != nil {
		return o, err
	}
	for name, option := range map[string]*bool{"overwrite": &o.Overwrite, "dry_run": &o.DryRun} {
		switch v := values.Get(name); {
		case !values.Has(name):
		case v == "true" || v == "false":
			*option = v == "true"
		default:
			return o, api.Invalid(name, "%s is true or false", name)
		}
	}
	return o, nil
}

// importer is one request.
type importer struct {
	server    *Server
	operation store.Operation
	options   api.ImportOptions
	trashNow  api.Time // what the time in the trash is counted by

	written map[string]bool // ids that this request has written
	kept    []imported
	result  api.ImportResult
}

// imported is a note of one line.
type imported struct {
	line  int
	note  store.Note
	tries int
}

func (i *importer) run(ctx context.Context, body []byte) error {
	batch := make([]imported, 0, importWrites)
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(body, []byte("\ufeff"))) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		n, err := i.parse(line)
		if err != nil {
			i.fail(number, err.Error())
			continue
		}
		if batch = append(batch, imported{line: number, note: n}); len(batch) < importWrites {
			continue
		}
		if err := i.settle(ctx, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return i.settle(ctx, batch)
}

// settle imports a batch. What somebody else wrote in between, and an id that is
// there twice, it looks at again.
func (i *importer) settle(ctx context.Context, batch []imported) error {
	for len(batch) > 0 {
		writes, from, again, err := i.plan(ctx, batch)
		if err != nil {
			return err
		}
		if writes, from, err = i.limit(ctx, writes, from); err != nil {
			return err
		}
		if i.options.DryRun {
			i.pretend(writes)
			batch = again
			continue
		}
		for at, err := range i.server.store.WriteNotes(ctx, writes) {
			in := from[at]
			switch {
			case err == nil:
				i.wrote(writes[at])
			case errors.Is(err, api.ErrGone):
				i.fail(in.line, "this note was deleted for good")
			case !errors.Is(err, api.ErrConflict) && !errors.Is(err, api.ErrStale) && !errors.Is(err, api.ErrNotFound):
				return err
			case in.tries == importTries:
				i.fail(in.line, "the note is being changed by somebody else, again and again")
			default:
				in.tries++
				again = append(again, in)
			}
		}
		batch = again
	}
	return nil
}

// plan compares a batch with what is there, counts what stays, and returns what
// is to be written, which note each write is from, and what to look at again.
func (i *importer) plan(ctx context.Context, batch []imported) (writes []store.Write, from, again []imported, err error) {
	there, known, err := i.stored(ctx, batch)
	if err != nil {
		return nil, nil, nil, err
	}
	batch, later := batch[:known], batch[known:]
	writes, from = make([]store.Write, 0, len(batch)), make([]imported, 0, len(batch))
	seen := make(map[string]bool, len(batch))
	for _, in := range batch {
		if seen[in.note.ID] {
			again = append(again, in)
			continue
		}
		seen[in.note.ID] = true
		old, ok := there[in.note.ID]
		if !ok && i.written[in.note.ID] { // only in a dry run, or purged a moment ago
			i.result.Unchanged++
			continue
		}
		if w, changes := i.write(in, old, ok); changes {
			writes, from = append(writes, w), append(from, in)
		}
	}
	return writes, from, append(again, later...), nil
}

// stored returns the notes that the first of a batch are compared with, and how
// many that are: all, or as many as there is memory for.
func (i *importer) stored(ctx context.Context, batch []imported) (there map[string]store.Note, known int, err error) {
	there = map[string]store.Note{}
	for size := 0; known < len(batch) && size < importBytes; {
		some := batch[known:min(known+importReads, len(batch))]
		ids := make([]string, len(some))
		for at, in := range some {
			ids[at] = in.note.ID
		}
		notes, err := i.server.store.NotesByID(ctx, i.operation.Owner, ids)
		if err != nil {
			return nil, 0, err
		}
		for _, n := range notes {
			there[n.ID] = n
			size += len(n.Body)
		}
		known += len(some)
	}
	return there, known, nil
}

// write returns the write that a line comes to, or counts it as one that changes
// nothing.
func (i *importer) write(in imported, old store.Note, there bool) (w store.Write, changes bool) {
	if !there {
		return i.operation.Created(in.note), true
	}
	before := slices.Contains(old.Operations, i.operation.ID)
	switch same := i.same(in.note, old); {
	case same && before && !i.written[old.ID]: // by this very request, the first time it came
		i.count(old.Revision)
		i.written[old.ID] = true
	case same:
		i.result.Unchanged++
	case before || !i.options.Overwrite:
		i.kept = append(i.kept, in)
	default:
		w, changes, _ = i.change(in.note).Plan(old) // its Apply knows no error
		return w, changes
	}
	return store.Write{}, false
}

// same reports whether a note says what the stored one does. A time in the trash
// that was over when it was imported is another one there.
func (i *importer) same(n, old store.Note) bool {
	a, b := portable(n), portable(old)
	trashed := a.TrashedAt == nil && b.TrashedAt == nil ||
		a.TrashedAt != nil && b.TrashedAt != nil && (*a.TrashedAt == *b.TrashedAt || *a.TrashedAt == i.trashNow)
	return trashed && a.Title == b.Title && a.Body == b.Body && slices.Equal(a.Tags, b.Tags) &&
		a.Pinned == b.Pinned && a.Archived == b.Archived && a.CreatedAt == b.CreatedAt && a.UpdatedAt == b.UpdatedAt
}

// change replaces the note that is there, whose text is kept.
func (i *importer) change(in store.Note) store.Change {
	return store.Change{Operation: i.operation, Keep: true, Apply: func(n *store.Note) (bool, error) {
		n.Title, n.Body, n.Tags, n.Pinned, n.Archived = in.Title, in.Body, in.Tags, in.Pinned, in.Archived
		n.CreatedAt, n.UpdatedAt, n.TrashedAt = in.CreatedAt, in.UpdatedAt, in.TrashedAt
		derive(n)
		return true, nil
	}}
}

// limit leaves out the new notes for which the user has no room.
func (i *importer) limit(ctx context.Context, writes []store.Write, from []imported) ([]store.Write, []imported, error) {
	added := 0
	for _, w := range writes {
		if w.Revision == 0 {
			added++
		}
	}
	room, full := i.server.quota.takeSome(ctx, i.operation.Owner, added)
	if full == nil || api.ErrorCode(full) != api.CodeUnprocessable {
		return writes, from, full
	}
	var within []store.Write
	var origins []imported
	for at, w := range writes {
		switch {
		case w.Revision == 0 && room == 0:
			i.fail(from[at].line, full.Error())
			continue
		case w.Revision == 0:
			room--
		}
		within, origins = append(within, w), append(origins, from[at])
	}
	return within, origins, nil
}

func (i *importer) wrote(w store.Write) {
	i.written[w.Note.ID] = true
	i.count(w.Note.Revision)
}

// count counts a note that the operation has brought to this revision.
func (i *importer) count(revision int64) {
	if revision == 1 {
		i.result.Added++
	} else {
		i.result.Replaced++
	}
}

// pretend counts writes that are not made.
func (i *importer) pretend(writes []store.Write) {
	for _, w := range writes {
		i.wrote(w)
	}
}

func (i *importer) fail(line int, detail string) {
	i.result.Failed = append(i.result.Failed, api.ImportFailure{Line: line, Detail: detail})
}

// answer is the result in the order of the lines.
func (i *importer) answer() api.ImportResult {
	slices.SortFunc(i.kept, func(a, b imported) int { return a.line - b.line })
	for _, in := range i.kept {
		i.result.KeptIDs = append(i.result.KeptIDs, in.note.ID)
	}
	i.result.Kept = len(i.kept)
	slices.SortFunc(i.result.Failed, func(a, b api.ImportFailure) int { return a.Line - b.Line })
	return i.result
}
