package storetest

import (
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// OpenTarget opens an engine's store to become a copy, a new one for each name.
type OpenTarget func(t *testing.T, name string, c store.Copying) (target store.Target, resumed bool, err error)

// RunTarget checks what an engine's OpenTarget opens. Reopen opens the store of
// that name as a server does.
func RunTarget(t *testing.T, open OpenTarget, reopen func(t *testing.T, name string) (store.Store, error)) {
	whole := store.Copying{Source: "elsewhere"}
	begin := func(t *testing.T, c store.Copying) store.Target {
		t.Helper()
		target, _, err := open(t, t.Name(), c)
		ok(t, err)
		return target
	}
	t.Run("NobodyOpensItBeforeTheEnd", func(t *testing.T) {
		target := begin(t, whole)
		want := fill(t, target)
		ok(t, target.Close())
		if s, err := reopen(t, t.Name()); err == nil {
			t.Errorf("a store that is not whole was opened: %v", s.Close())
		}
		for _, c := range []store.Copying{{Source: "another"}, {Source: "elsewhere", Existing: true}} {
			if other, _, err := open(t, t.Name(), c); err == nil {
				t.Errorf("%+v went on with another copy: %v", c, other.Close())
			}
		}
		target, resumed, err := open(t, t.Name(), whole)
		ok(t, err)
		if !resumed {
			t.Error("the copy was begun anew")
		}
		equal(t, dump(t, target), want)
		ok(t, target.Finish(t.Context()))
		ok(t, target.Close())
		s, err := reopen(t, t.Name())
		ok(t, err)
		equal(t, dump(t, s), want)
		ok(t, s.Close())
		_, _, err = open(t, t.Name(), whole)
		wantErr(t, err, api.ErrConflict)
		target = begin(t, store.Copying{Source: "elsewhere", Existing: true})
		equal(t, dump(t, target), want)
		ok(t, target.Close())
	})
	t.Run("ACopyOfNothingDoesNotBegin", func(t *testing.T) {
		if target, _, err := open(t, t.Name(), store.Copying{Existing: true}); err == nil {
			t.Errorf("it began: %v", target.Close())
		}
		s, err := reopen(t, t.Name())
		ok(t, err)
		ok(t, s.Close())
	})
	t.Run("AddReplaceRemove", func(t *testing.T) {
		target := begin(t, whole)
		defer func() { ok(t, target.Close()) }()
		testTargetWrites(t, target)
	})
}

// testTargetWrites moves what another store holds record by record, changes each,
// and takes all but the users away.
func testTargetWrites(t *testing.T, target store.Target) {
	ctx := t.Context()
	fill(t, target)
	ann := addUser(t, target)
	changed(t, target, created(t, target, newNote(ann.ID), 1), 2, body("new"))
	records := dump(t, target)
	var users, others []store.Record
	for _, r := range records {
		if r.User != nil {
			users = append(users, r)
		} else {
			others = append(others, r)
		}
	}
	ok(t, target.Remove(ctx, others))
	equal(t, dump(t, target), users)
	ok(t, target.Remove(ctx, others)) // they are not there
	ok(t, target.Add(ctx, others))
	equal(t, dump(t, target), records)
	for _, r := range records {
		if r.Step == nil {
			wantErr(t, target.Add(ctx, []store.Record{r}), api.ErrConflict)
		}
	}
	others = make([]store.Record, len(records))
	notes := map[string]int{} // of each owner, that have a tag
	for i, r := range records {
		others[i] = changedRecord(r)
		if n := others[i].Note; n != nil && n.TrashedAt == nil {
			notes[n.Owner]++
		}
	}
	ok(t, target.Replace(ctx, others))
	equal(t, dump(t, target), others)
	for _, r := range others {
		if r.Note == nil {
			continue
		}
		wantNote(t, target, *r.Note)
		tags, err := target.ListTags(ctx, r.Note.Owner)
		ok(t, err)
		equal(t, tags, []api.TagCount{{Tag: "changed", Count: notes[r.Note.Owner]}})
	}
}

// changedRecord is another record of the same thing. A tombstone becomes a note,
// and keeps its key.
func changedRecord(r store.Record) store.Record {
	switch {
	case r.Setting != nil:
		return store.Record{Setting: &store.Setting{Name: r.Setting.Name, Value: []byte("changed")}}
	case r.User != nil:
		u := *r.User
		u.PasswordHash, u.DisabledAt = "changed", ptr(at(7))
		return store.Record{User: &u}
	case r.Session != nil:
		v := *r.Session
		v.Generation, v.LastUsedAt = v.Generation+1, at(70)
		return store.Record{Session: &v}
	case r.Tombstone != nil:
		n := newNote(r.Tombstone.Owner)
		n.ID, n.Tags = r.Tombstone.ID, []string{"changed"}
		return store.Record{Note: &n}
	case r.Operation != nil:
		o := *r.Operation
		o.Label = "changed"
		return store.Record{Operation: &o}
	case r.Step != nil:
		v := *r.Step
		v.At = at(70)
		return store.Record{Step: &v}
	default:
		n := *r.Note
		n.Body, n.Tags, n.Revision = "changed", []string{"changed"}, n.Revision+1
		return store.Record{Note: &n}
	}
}
