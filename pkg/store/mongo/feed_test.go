package mongo

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.mongodb.org/mongo-driver/bson"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// feedEnd returns the present end of the feed of user u.
func feedEnd(t *testing.T, s *Store) store.Position {
	t.Helper()
	c, err := s.ListChanges(t.Context(), "u", store.ChangesQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return c.End
}

// What the feed costs: a write nothing, a poll two commands, whoever reads what was
// written three more for each twenty-five notes or less.
func TestCommandsOfAFeed(t *testing.T) {
	t.Parallel()
	var r recorder
	s, err := open(t.Context(), mongotest.URI(t), r.monitor())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	owners := make([]string, 200)
	for i := range owners {
		owners[i] = fmt.Sprint("o", i)
	}
	q := store.ChangesQuery{After: feedEnd(t, s), Limit: 200, MaxBytes: 1 << 20}
	write := func(owners ...string) {
		t.Helper()
		for _, owner := range owners {
			n := plainNote(api.NewID())
			n.Owner = owner
			if err := s.CreateNote(t.Context(), n, nil); err != nil {
				t.Fatal(err)
			}
		}
		r.names()
	}
	look := []string{"find notes", "find feeds"}
	give := []string{"update feeds", "update notes", "update feeds"}
	give100 := slices.Concat(give[:1], slices.Repeat(give[1:2], 4), give[2:])
	for _, tt := range []struct {
		name   string
		writes []string // by their owners
		do     func() error
		want   []string
	}{
		{"changes, none", nil, func() error { _, err := s.ListChanges(t.Context(), "u", q); return err }, look},
		{
			"changes, 100", slices.Repeat([]string{"u"}, 100),
			func() error { _, err := s.ListChanges(t.Context(), "u", q); return err },
			slices.Concat(look, give100, []string{"find notes", "find feeds"}),
		},
		{
			"changes, 100 with numbers", nil, func() error { _, err := s.ListChanges(t.Context(), "u", q); return err },
			slices.Concat(look, []string{"find notes", "find feeds"}),
		},
		{"poll, no feeds", nil, func() error { _, err := s.FeedEnds(t.Context(), owners); return err }, look},
		{
			"poll, feeds to begin", owners[:20], func() error { _, err := s.FeedEnds(t.Context(), owners); return err },
			slices.Concat(look, []string{"insert feeds"}, look, give),
		},
		{
			"poll, 20 writers", owners[:20], func() error { _, err := s.FeedEnds(t.Context(), owners); return err },
			slices.Concat(look, give),
		},
		{"poll, nothing", nil, func() error { _, err := s.FeedEnds(t.Context(), owners); return err }, look},
	} {
		write(tt.writes...)
		if err := tt.do(); err != nil {
			t.Fatal(err)
		}
		if got := r.names(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// writeMany makes so many notes of user u, and returns them.
func writeMany(t *testing.T, s *Store, count int) (notes []store.Note) {
	t.Helper()
	const atOnce = 25 // which FerretDB takes in well less time than a command may
	for len(notes) < count {
		var writes []store.Write
		for range min(atOnce, count-len(notes)) {
			n := plainNote(api.NewID())
			notes, writes = append(notes, n), append(writes, store.Write{Note: n})
		}
		if err := errors.Join(s.WriteNotes(t.Context(), writes)...); err != nil {
			t.Fatal(err)
		}
	}
	return notes
}

// An owner who has written more than is numbered at once keeps nobody from being
// told, and is told in parts, unless he asks for the end.
func TestFeedOfManyWrites(t *testing.T) {
	t.Parallel()
	s := openAt(t, mongotest.URI(t))
	q := store.ChangesQuery{After: feedEnd(t, s), Limit: 10 * batch, MaxBytes: 1 << 20}
	written := writeMany(t, s, batch+1)
	var read []store.Note
	for _, want := range []int{batch, 1} {
		c, err := s.ListChanges(t.Context(), "u", q)
		if err != nil || len(c.Notes) != want || c.More != (want > 1) {
			t.Errorf("a part has %d notes, more: %t, %v; want %d", len(c.Notes), c.More, err, want)
		}
		read, q.After = append(read, c.Notes...), c.End
	}
	if d := cmp.Diff(written, read, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("the feed is not what was written:\n%s", d)
	}

	late := plainNote("late")
	late.Owner = "v"
	_, err := updateAll(t.Context(), s.notes, bson.M{}, bson.M{"$set": bson.M{"seq": newMark()}})
	if err := errors.Join(err, s.CreateNote(t.Context(), late, nil)); err != nil {
		t.Fatal(err)
	}
	ends, err := s.FeedEnds(t.Context(), []string{"v", "u"})
	if err != nil || ends["u"].Seq != q.After.Seq+batch || ends["v"].Seq != 1 {
		t.Errorf("a poll finds %v, %v; the feed ended at %v", ends, err, q.After)
	}
	if end := feedEnd(t, s); end.Seq != q.After.Seq+batch+1 {
		t.Errorf("the feed ends at %v, want all numbered behind %v", end, q.After)
	}
}

// Who deletes an account leaves no feed, also when he is late.
func TestNoFeedOfADeletedUser(t *testing.T) {
	t.Parallel()
	s := openAt(t, mongotest.URI(t))
	ctx := t.Context()
	err := errors.Join(s.CreateUser(ctx, store.User{ID: "u", Key: "u"}), s.CreateNote(ctx, plainNote("n"), nil))
	feedEnd(t, s)
	err = errors.Join(err, s.DeleteUser(ctx, "u", api.Time{}), s.CreateNote(ctx, plainNote("late"), nil))
	if err != nil {
		t.Fatal(err)
	}
	if ends, err := s.FeedEnds(ctx, []string{"u"}); len(ends) != 1 || err != nil {
		t.Errorf("what was written late: %v, %v", ends, err)
	}
	if _, err := s.ExpireUsers(ctx, api.Time{Time: api.Time{}.AddDate(1, 0, 0)}); err != nil {
		t.Fatal(err)
	}
	if left, err := s.feeds.CountDocuments(ctx, bson.M{}); left != 0 || err != nil {
		t.Errorf("%d feeds are left, %v", left, err)
	}
}

// Who followed a feed when a copy was put among the notes lists them again, and then
// goes on as before.
func TestFeedOfACopy(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	s, ctx := openAt(t, uri), t.Context()
	kept, replaced := plainNote("kept"), plainNote("replaced")
	if err := errors.Join(s.CreateNote(ctx, kept, nil), s.CreateNote(ctx, replaced, nil)); err != nil {
		t.Fatal(err)
	}
	f := newFollower(t, s)
	before := f.at
	target, _, err := OpenTarget(ctx, uri, store.Copying{Source: "elsewhere", Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	replaced.Body, replaced.Revision = "from elsewhere", 9
	if err := errors.Join(target.Replace(ctx, []store.Record{{Note: &replaced}}), target.Finish(ctx)); err != nil {
		t.Fatal(err)
	}
	if f.wantAll(t, "after the copy"); f.at.Epoch == before.Epoch {
		t.Error("the feed goes on as if nothing had come")
	}
	for _, n := range []store.Note{kept, replaced} {
		w := extended(n)
		if err := s.UpdateNote(ctx, w.Note, w.Revision, nil); err != nil {
			t.Fatal(err)
		}
		f.wantAll(t, "after a write")
	}
}
