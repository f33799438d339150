package mongo

import (
	"context"
	"errors"
	"sync"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// A write is up to three commands, one after the other: its operation, its step,
// then the note, which is the compare-and-set. Where that fails the step is taken
// back. What is left of a write that is cut short, or whose server went away,
// behind the
//
//   - operation: one without steps, which is in no list;
//   - step: a step of something that was not done. Its text, if it has one, is
//     true all the same: the note once said it, or still does. While it does, the
//     history leaves it out;
//   - note: nothing. What is too old is forgotten by a later write.
//
// A purge is the other way round: the steps go after the note's text. Cut short,
// it leaves them to ExpireTombstones, and nobody can read them.

// writers is how many updates of [Store.WriteNotes] are under way at once, so that
// they share the waits for the journals.
const writers = 16

// CreateNote implements [store.Notes].
func (s *Store) CreateNote(ctx context.Context, n store.Note, t *store.Trace) error {
	return wrap("create note", s.traced(ctx, t, func() error {
		err := insert(ctx, s.notes, docOf(n, newMark()))
		if hasCode(err, codeDuplicateKey) {
			return s.taken(ctx, n.Owner, n.ID)[0]
		}
		return err
	}))
}

// UpdateNote implements [store.Notes].
func (s *Store) UpdateNote(ctx context.Context, n store.Note, revision int64, t *store.Trace) error {
	return wrap("update note", s.traced(ctx, t, func() error { return s.replaceNote(ctx, n, revision) }))
}

// traced makes a write between its trace and what that makes too old.
func (s *Store) traced(ctx context.Context, t *store.Trace, write func() error) error {
	if t == nil {
		return write()
	}
	traces := []*store.Trace{t}
	keys, err := s.keep(ctx, traces)
	if err != nil {
		return err
	}
	if err := write(); err != nil {
		if !away(err) {
			s.takeBack(ctx, t.Step.Owner, keys...)
		}
		return err
	}
	_ = s.forget(ctx, traces) // the write is made, and another one will forget as well
	return nil
}

// replaceNote is one update command with the revision in its filter.
// findAndModify would do the same and cost more: the old note comes back, up to
// 1 MiB (FerretDB has no projection for it), and a replica set keeps an image of
// it so that a retry can be answered.
func (s *Store) replaceNote(ctx context.Context, n store.Note, revision int64) error {
	filter := noteFilter(n.Owner, n.ID)
	filter["revision"] = revision
	found, err := replace(ctx, s.notes, filter, docOf(n, newMark()))
	switch {
	case err != nil:
		return err
	case !found:
		return missed(ctx, s.notes, noteFilter(n.Owner, n.ID))
	case n.PurgedAt != nil:
		return s.removeStepsOf(ctx, []string{noteKey(n.Owner, n.ID)}, n.Owner)
	}
	return nil
}

// taken says for each of these ids what is in the way of a note: ErrGone where it
// is a tombstone, else ErrConflict. What no majority has yet, or nobody any more,
// counts as a note: a repeat will tell.
func (s *Store) taken(ctx context.Context, owner string, ids ...string) []error {
	errs := make([]error, len(ids))
	keys := noteKeys(owner, ids)
	tombstones, err := find[keyDoc](ctx, s.notes,
		bson.M{"_id": bson.M{"$in": keys}, "owner": owner, "state": statePurged},
		options.Find().SetProjection(keyAlone))
	gone := map[string]bool{}
	for _, d := range tombstones {
		gone[d.Key] = true
	}
	for i, key := range keys {
		switch {
		case err != nil:
			errs[i] = err
		case gone[key]:
			errs[i] = api.ErrGone
		default:
			errs[i] = api.ErrConflict
		}
	}
	return errs
}

// WriteNotes implements [store.Notes]. It sends the traces of many writes at once,
// and the notes that are new; updates are one command each, since MongoDB does not
// say which of many have matched.
func (s *Store) WriteNotes(ctx context.Context, writes []store.Write) []error {
	errs := make([]error, len(writes))
	var gone error // the server; what is left is not tried any more
	for done := 0; done < len(writes); {
		n := together(writes[done:])
		b := noteBatch{s, writes[done:][:n], errs[done:][:n]}
		if gone == nil {
			gone = b.write(ctx)
		} else {
			b.fail(gone)
		}
		done += n
	}
	for i := range errs {
		errs[i] = wrap("write notes", errs[i])
	}
	return errs
}

// together returns how many of the first writes are to different notes of one
// owner, and no more than one command takes.
func together(writes []store.Write) int {
	seen := map[string]bool{}
	size := 0
	for i, w := range writes {
		size += len(w.Note.Title) + len(w.Note.Body)
		if w.Trace != nil && w.Trace.Step.Text != nil {
			size += len(w.Trace.Step.Text.Title) + len(w.Trace.Step.Text.Body)
		}
		if i > 0 && (i == loadDocs || size > loadBytes || seen[w.Note.ID] || w.Note.Owner != writes[0].Note.Owner) {
			return i
		}
		seen[w.Note.ID] = true
	}
	return len(writes)
}

// noteBatch are writes to different notes of one owner, and their errors.
type noteBatch struct {
	*Store
	writes []store.Write
	errs   []error
}

func (b noteBatch) fail(err error) {
	for i := range b.errs {
		b.errs[i] = err
	}
}

// write returns an error where the server is away.
func (b noteBatch) write(ctx context.Context) error {
	traces := make([]*store.Trace, len(b.writes))
	var created, updated []int
	for i, w := range b.writes {
		traces[i] = w.Trace
		if w.Revision == 0 {
			created = append(created, i)
		} else {
			updated = append(updated, i)
		}
	}
	keys, err := b.keep(ctx, traces)
	if err != nil {
		b.fail(err)
		return err
	}
	if err := b.create(ctx, created); err != nil {
		return err
	}
	if err := b.update(ctx, updated); err != nil {
		return err
	}
	var undone []string
	for i, err := range b.errs {
		if err == nil {
			continue
		}
		if keys[i] != "" && !away(err) {
			undone = append(undone, keys[i])
		}
		traces[i] = nil
	}
	b.takeBack(ctx, b.writes[0].Note.Owner, undone...)
	_ = b.forget(ctx, traces) // as in traced
	return nil
}

// create inserts the notes of these writes with one command.
func (b noteBatch) create(ctx context.Context, which []int) error {
	if len(which) == 0 {
		return nil
	}
	docs := make([]any, len(which))
	for i, at := range which {
		docs[i] = docOf(b.writes[at].Note, newMark())
	}
	err := insertAll(ctx, b.notes, docs)
	var some mongo.BulkWriteException
	if err != nil && (away(err) || !errors.As(err, &some)) {
		b.fail(err)
		return err
	}
	var taken []int
	for _, e := range some.WriteErrors {
		at := which[e.Index]
		b.errs[at] = e
		if hasCode(e, codeDuplicateKey) {
			taken = append(taken, at)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	ids := make([]string, len(taken))
	for i, at := range taken {
		ids[i] = b.writes[at].Note.ID
	}
	for i, err := range b.taken(ctx, b.writes[0].Note.Owner, ids...) {
		b.errs[taken[i]] = err
	}
	return nil
}

// update makes the updates, some at once. When one finds the server away the
// others are given up: nobody knows what became of them.
func (b noteBatch) update(ctx context.Context, which []int) error {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(writers, len(which)) {
		wg.Go(func() {
			for at := range next {
				w := b.writes[at]
				b.errs[at] = b.replaceNote(ctx, w.Note, w.Revision)
				if away(b.errs[at]) {
					giveUp(b.errs[at])
				}
			}
		})
	}
	for _, at := range which {
		next <- at
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}
