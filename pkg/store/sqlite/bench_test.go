package sqlite

import (
	"fmt"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// filled returns a store with n notes, added by one statement. Every hundredth
// has the tag rare, every second the tag common. It is opened anew, because after
// a transaction that large the cache, which all connections share, is full of it.
func filled(tb testing.TB, n int) *Store {
	tb.Helper()
	s := openTest(tb)
	count, err := s.exec(tb.Context(), `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?2)
		INSERT INTO notes (owner, id, pinned, archived, created_at, updated_at, revision, tags, operations, title, title_key, excerpt, body)
		SELECT ?1, printf('%012d', n), n % 100 = 0, n % 10 = 1, n * 7919 % ?2, n * 104729 % ?2, 1,
			CASE WHEN n % 100 = 0 THEN 'common,rare' WHEN n % 2 = 0 THEN 'common' ELSE '' END,
			'', 'Title ' || n, 'title ' || n, 'The body of the note is a line.', 'The body of the note is a line.'
		FROM i`, owner, n)
	if err != nil || count != n {
		tb.Fatal(count, err)
	}
	must(tb, s.Close())
	return mustOpen(tb, s.path)
}

func BenchmarkCreateNote(b *testing.B) {
	for _, parallel := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("%d at once", parallel), func(b *testing.B) {
			s := openTest(b)
			work := make(chan store.Note)
			done := make(chan error)
			for range parallel {
				go func() {
					var err error
					for n := range work {
						if err == nil {
							w := store.Operation{Owner: n.Owner, ID: n.ID, At: n.CreatedAt, Action: api.ActionCreate}.Created(n)
							err = s.CreateNote(b.Context(), w.Note, w.Trace)
						}
					}
					done <- err
				}()
			}
			b.ResetTimer()
			for i := range b.N {
				work <- testNote(fmt.Sprintf("%012d", i), int64(i))
			}
			close(work)
			for range parallel {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBareCommit is what BenchmarkCreateNote is compared with: the same
// rows, the same durability, one connection and one row a commit.
func BenchmarkBareCommit(b *testing.B) {
	db, err := openDB(openTest(b).path, writing, 1)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	insert, err := db.PrepareContext(b.Context(), insertNote)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for i := range b.N {
		if _, err := insert.Exec(noteArgs(testNote(fmt.Sprintf("%012d", i), int64(i)), nil)...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead wants the same times for both sizes.
func BenchmarkRead(b *testing.B) {
	for _, size := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) { benchmarkRead(b, size) })
	}
}

func benchmarkRead(b *testing.B, size int) {
	s := filled(b, size)
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := s.Note(b.Context(), owner, fmt.Sprintf("%012d", i%size+1)); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, q := range benchQueries(size / 2) {
		b.Run("list "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := s.ListNotes(b.Context(), owner, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// benchQueries are the lists whose time must not grow with the number of notes.
func benchQueries(middle int) map[string]store.ListQuery {
	queries := map[string]store.ListQuery{
		"first":     {State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc},
		"middle":    {State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, After: &store.Place{Time: timeOf(int64(middle))}},
		"summaries": {State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, Summary: true},
		"title":     {State: api.StateActive, Sort: api.SortTitle, Order: api.OrderAsc},
		"all":       {State: api.StateAll, Sort: api.SortUpdated, Order: api.OrderDesc},
		"pinned":    {State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, Pinned: new(true)},
		"tag":       {State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, Tags: []string{"common"}},
		"tags":      {State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, Tags: []string{"common", "rare"}},
	}
	for name, q := range queries {
		q.Limit, q.MaxBytes = 50, api.MaxPageBytes
		queries[name] = q
	}
	return queries
}

// BenchmarkCountNotes is what the limit of notes costs, each time it looks.
func BenchmarkCountNotes(b *testing.B) {
	s := filled(b, 100_000)
	for b.Loop() {
		if _, err := s.CountNotes(b.Context(), owner); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkClear takes all notes of one user away, by either way.
func BenchmarkClear(b *testing.B) {
	const size = 5_000
	b.Run("empty trash", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := filled(b, size)
			if _, err := s.exec(b.Context(), `UPDATE notes SET trashed_at = updated_at`); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if n, err := s.EmptyTrash(b.Context(), owner, timeOf(1)); n != size || err != nil {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("delete user", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := filled(b, size)
			b.StartTimer()
			if err := s.DeleteUser(b.Context(), owner, timeOf(1)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
