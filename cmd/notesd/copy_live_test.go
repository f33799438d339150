package main

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/progress"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// restless is a store of which a note is changed before each of the first reads.
type restless struct {
	store.Dumper
	change func()
	times  int
}

func (r *restless) Dump(ctx context.Context) iter.Seq2[store.Record, error] {
	if r.times > 0 {
		r.times--
		r.change()
	}
	return r.Dumper.Dump(ctx)
}

// TestCopyOfAChangingDatabase copies a MongoDB that is written to between any two
// reads. That is verified when the writing ends, and not before.
func TestCopyOfAChangingDatabase(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		changes int
		err     string
	}{
		"for a while": {3, ""},
		"all along":   {100, "not verified: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			filledFile, from, to := "sqlite:"+t.TempDir()+"/notes.db", mongotest.URI(t), "sqlite:"+t.TempDir()+"/notes.db"
			fillDirectly(t, filledFile, 40)
			done(t, "copy", "--from", filledFile, "--to", from)
			c := quiet(t, from, to)
			source, target := openBoth(t, c)
			u, err := source.UserByKey(t.Context(), "user1")
			if err != nil {
				t.Fatal(err)
			}
			source.Dumper = &restless{source.Dumper, func() { writeDirectly(t, source, []store.Write{{Note: noteOf(u.ID, "late")}}) }, tt.changes}
			_, err = c.copyAll(t.Context(), source, target)
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.err)) {
				t.Fatalf("error is %v, want %q", err, tt.err)
			}
			if err := target.Close(); err != nil {
				t.Fatal(err)
			}
			refused(t, "not whole yet", "users", "list", "--store", to)
			wantVerified(t, done(t, "copy", "--from", from, "--to", to))
			if got, want := sums(t, to), sums(t, from); got != want {
				t.Errorf("the copy holds %+v, the source %+v", got, want)
			}
		})
	}
}

// quiet is a copier that says nothing.
func quiet(t *testing.T, from, to string) *copier {
	t.Helper()
	return &copier{from: from, to: to, out: &bytes.Buffer{}, line: progress.New(nil, time.Now), now: time.Now}
}

// openBoth opens the stores of a new copy. The source is closed with the test.
func openBoth(t *testing.T, c *copier) (source, store.Target) {
	t.Helper()
	from, err := openSource(t.Context(), "from", c.from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = from.Close() })
	to, _, err := c.openTarget(t.Context(), store.Copying{Source: sourceName(c.from)})
	if err != nil {
		t.Fatal(err)
	}
	return from, to
}

// lossy is a target that does something else with a note than it was told.
type lossy struct {
	store.Target
	spoil func(*store.Note) bool // reports whether to keep it
	lost  string                 // the note that it happened to
}

func (l *lossy) Add(ctx context.Context, records []store.Record) error {
	for i, r := range records {
		if r.Note == nil || l.lost != "" {
			continue
		}
		n := *r.Note
		l.lost = n.ID
		if !l.spoil(&n) {
			return l.Target.Add(ctx, append(records[:i:i], records[i+1:]...))
		}
		records[i].Note = &n
	}
	return l.Target.Add(ctx, records)
}

// TestCopyFindsWhatIsNotThere wants a target that does not hold what it was given
// never taken for a copy, and the note named.
func TestCopyFindsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	from := "sqlite:" + t.TempDir() + "/notes.db"
	fillDirectly(t, from, 40)
	for name, tt := range map[string]struct {
		spoil func(*store.Note) bool
		want  string
	}{
		"lost":    {func(*store.Note) bool { return false }, "is missing in --to"},
		"changed": {func(n *store.Note) bool { n.Body += "x"; return true }, "is not the same in both"},
	} {
		for engine, to := range stores(t) {
			c := quiet(t, from, to)
			source, target := openBoth(t, c)
			l := &lossy{Target: target, spoil: tt.spoil}
			_, err := c.copyAll(t.Context(), source, l)
			if err == nil || !strings.Contains(err.Error(), "does not hold what was put into it: note "+l.lost) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s, %s: error is %v", engine, name, err)
			}
			if err := target.Close(); err != nil {
				t.Fatal(err)
			}
			refused(t, "not whole yet", "users", "list", "--store", to)
			wantVerified(t, done(t, "copy", "--from", from, "--to", to)) // the same command mends it
		}
	}
}

// TestCopyVerifyFindsTheFirst changes one thing in a copy.
func TestCopyVerifyFindsTheFirst(t *testing.T) {
	t.Parallel()
	from := "sqlite:" + t.TempDir() + "/notes.db"
	fillDirectly(t, from, 40)
	for _, to := range stores(t) {
		done(t, "copy", "--from", from, "--to", to)
		st := openDirectly(t, to)
		u, err := st.UserByKey(t.Context(), "user2")
		if err != nil {
			t.Fatal(err)
		}
		n := noteOf(u.ID, "one more")
		writeDirectly(t, st, []store.Write{{Note: n}})
		refused(t, fmt.Sprintf("1 thing is not the same; the first: note %s of user %s is in --to alone", n.ID, u.ID),
			"copy", "--verify", "--from", from, "--to", to)
		done(t, "copy", "--verify", "--from", from, "--to", to, "--into-existing") // which may hold more
	}
}

// TestCopyUnderLoad copies a store while eight people write to its server: what was
// acknowledged before is in the copy, which is verified.
func TestCopyUnderLoad(t *testing.T) {
	t.Parallel()
	from := "sqlite:" + t.TempDir() + "/notes.db"
	server := serveStore(t, "--store", from)
	token := signUp(t, server.url, "ann")
	ann := as(t, server.url, token)
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	defer writers.Wait()
	defer cancel()
	written := make(chan struct{}, 1000)
	for i := range 8 {
		writers.Go(func() {
			for j := 0; ctx.Err() == nil; j++ {
				if _, err := ann.CreateNote(ctx, api.NewNote{Title: fmt.Sprint(i, "/", j)}); err != nil {
					return
				}
				select {
				case written <- struct{}{}:
				default:
				}
			}
		})
	}
	for engine, to := range stores(t) {
		for range 50 {
			<-written
		}
		before := titled(t, ann)
		wantVerified(t, done(t, "copy", "--from", from, "--to", to, "--leave-open"))
		refused(t, "not whole yet", "users", "list", "--store", to)
		wantVerified(t, done(t, "copy", "--from", from, "--to", to)) // what came since
		there := serveStore(t, "--store", to)
		got := titled(t, as(t, there.url, token))
		for title := range before {
			if _, ok := got[title]; !ok {
				t.Errorf("%s: %s was acknowledged and is missing", engine, title)
			}
		}
		t.Logf("%s: %d notes before, %d in the copy", engine, len(before), len(got))
		there.stop()
	}
}
