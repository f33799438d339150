package sqlite

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// planOf returns how SQLite would run a query.
func planOf(t *testing.T, s *Store, query string, args []any) []string {
	t.Helper()
	rows, err := s.readDB.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, args...)
	must(t, err)
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		must(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	must(t, rows.Err())
	return steps
}

// listQueries are all lists there are: by state, sort, order, view and filter.
func listQueries() []store.ListQuery {
	var all []store.ListQuery
	for _, state := range []api.State{api.StateActive, api.StateArchived, api.StateTrashed, api.StateAll} {
		for _, sort := range []api.Sort{api.SortUpdated, api.SortCreated, api.SortTitle} {
			for _, order := range []api.Order{api.OrderAsc, api.OrderDesc} {
				for _, pinned := range []*bool{nil, new(true), new(false)} {
					for _, tags := range [][]string{nil, {"a"}, {"a", "b", "c"}} {
						for _, prefix := range []string{"", "0k"} {
							all = append(all, store.ListQuery{
								State: state, Sort: sort, Order: order, Pinned: pinned, Tags: tags, IDPrefix: prefix, Limit: 50,
							})
						}
					}
				}
			}
		}
	}
	return all
}

// TestListsUseTheirIndex wants that no list reads all notes, and that none but
// those by prefix, which few notes share, are sorted.
func TestListsUseTheirIndex(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for _, q := range listQueries() {
		query, args := listQuery(owner, q, "a")
		for _, step := range planOf(t, s, query, args) {
			if strings.HasPrefix(step, "SCAN") || strings.Contains(step, "TEMP B-TREE") && q.IDPrefix == "" {
				t.Errorf("%s in the plan of\n%s", step, query)
			}
		}
	}
}

// TestSearchesWalkTheIndex wants that what the index gives is neither sorted nor
// looked through, with whatever filters.
func TestSearchesWalkTheIndex(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	all, none := []clause{{tokens: []string{"ami"}, broad: true}, {tokens: []string{"amilk", "amilky"}}}, []clause{{tokens: []string{"abread"}}}
	for _, q := range listQueries() {
		q.From, q.Before = new(timeOf(1)), new(timeOf(9))
		f := &finder{store: s, owner: owner, list: q}
		query, args := f.query(all, none)
		plan := planOf(t, s, query, args)
		if !regexp.MustCompile(`^SCAN w VIRTUAL TABLE INDEX \d+:<?>?.*M`).MatchString(plan[0]) {
			t.Errorf("%s in the plan of\n%s", plan[0], query)
		}
		for _, step := range plan[1:] {
			if strings.HasPrefix(step, "SCAN") && step != "SCAN index_state" || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s in the plan of\n%s", step, query)
			}
		}
	}
}

// TestStatementsUseAnIndex makes every call once, and then looks at the plan of
// everything that was prepared.
func TestStatementsUseAnIndex(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	callEverything(t, s)
	for _, p := range []*statements{s.reads, s.writer.statements} {
		for query := range p.byQuery {
			verb, _, _ := strings.Cut(query, " ")
			if !slices.Contains([]string{"SELECT", "UPDATE", "DELETE"}, verb) || strings.Contains(query, "sqlite_schema") {
				continue
			}
			for _, step := range planOf(t, s, query, make([]any, parameters(query))) {
				if table, ok := strings.CutPrefix(step, "SCAN "); ok && !notATable.MatchString(table) {
					t.Errorf("%s in the plan of\n%s", step, query)
				}
			}
		}
	}
}

// notATable is what a plan may scan: the list of a parameter, and what a
// subquery or a recursion has limited; and a table of one row.
var notATable = regexp.MustCompile(`VIRTUAL TABLE|^CONSTANT ROW$|^\(subquery|^index_state$|^form$`)

// parameters returns how many parameters a query has.
func parameters(query string) int {
	highest := 0
	for _, numbered := range regexp.MustCompile(`\?(\d+)`).FindAllStringSubmatch(query, -1) {
		n, _ := strconv.Atoi(numbered[1])
		highest = max(highest, n)
	}
	if highest > 0 {
		return highest
	}
	return strings.Count(query, "?")
}

// callEverything makes every call of a store once. Their errors do not matter
// here.
func callEverything(t *testing.T, s *Store) {
	ctx, at := t.Context(), timeOf(1)
	n := testNote("00000000000a", 1)
	_, _ = s.UserByKey(ctx, "ada")
	_ = s.SetPassword(ctx, owner, "y", "z")
	_ = s.CreateSession(ctx, store.Session{ID: "a", UserID: owner})
	_, _ = s.Session(ctx, "a")
	_, _ = s.ListSessions(ctx, owner)
	_ = s.UpdateSession(ctx, store.Session{ID: "a"}, 1)
	_ = s.DeleteSession(ctx, owner, "b")
	_, _ = s.DeleteSessions(ctx, owner, "a")
	_, _ = s.ExpireSessions(ctx, at)
	_ = s.CreateNote(ctx, n, nil)
	_ = s.CreateNote(ctx, n, nil)
	_ = s.UpdateNote(ctx, n, 5, nil)
	_, _ = s.Note(ctx, owner, n.ID)
	_, _ = s.NoteIDs(ctx, owner, []string{"0", "1"}, 1)
	_, _, _ = s.ListNotes(ctx, owner, store.ListQuery{State: api.StateAll, Sort: api.SortTitle, Order: api.OrderAsc, Tags: []string{"a", "b"}})
	_, _, _ = s.ListNotes(ctx, owner, store.ListQuery{State: api.StateAll, Tags: []string{"a"}, Search: search.Parse("milk -bread"), Limit: 1})
	_, _ = s.ListTags(ctx, owner)
	_, _ = s.EmptyTrash(ctx, owner, at)
	_, _ = s.ExpireNotes(ctx, at, at)
	_, _ = s.ExpireTombstones(ctx, at)
	_, _ = s.CreateSetting(ctx, "key", []byte("x"))
	_, _ = s.Setting(ctx, "key")
	_ = s.SetThrottle(ctx, store.Throttle{Key: "a", Revision: 1}, 0)
	_ = s.SetThrottle(ctx, store.Throttle{Key: "a", Revision: 2}, 1)
	_, _ = s.Throttle(ctx, "a")
	_ = s.DeleteThrottle(ctx, "a")
	_, _ = s.ExpireThrottles(ctx, at)
	_, _ = s.User(ctx, owner)
	_ = s.DeleteUser(ctx, owner, at)
}

// TestTimesDoNotGrow reads from two stores, one with a hundred times the notes.
// A query that reads them all takes a hundred times as long there, one that
// sorts more than that; the margin is for a busy machine.
func TestTimesDoNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("leave out -short: it fills a store with 100,000 notes")
	}
	small, large := filled(t, 1000), filled(t, 100_000)
	for name, q := range benchQueries(50_000) {
		if name == "tags" {
			continue // its time is that of the rarer tag
		}
		times := map[*Store][]time.Duration{}
		for range 21 {
			for _, s := range []*Store{small, large} {
				begun := time.Now()
				_, _, err := s.ListNotes(t.Context(), owner, q)
				must(t, err)
				times[s] = append(times[s], time.Since(begun))
			}
		}
		a, b := median(times[small]), median(times[large])
		t.Logf("%s: %s among 1,000 and %s among 100,000", name, a, b)
		if b > 8*a+time.Millisecond {
			t.Errorf("%s: %s among 1,000 and %s among 100,000", name, a, b)
		}
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// TestRareQueriesAreNotKept asks in more ways than are kept prepared.
func TestRareQueriesAreNotKept(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	must(t, s.CreateNote(t.Context(), testNote("0k0000000000", 1), nil))
	for _, q := range listQueries() {
		q.MaxBytes = 1
		notes, _, err := s.ListNotes(t.Context(), owner, q)
		must(t, err)
		want := 0
		if (q.State == api.StateActive || q.State == api.StateAll) && q.Tags == nil && (q.Pinned == nil || !*q.Pinned) {
			want = 1
		}
		if len(notes) != want {
			t.Errorf("%d notes for %+v, want %d", len(notes), q, want)
		}
	}
	if n := len(s.reads.byQuery); n != maxStatements {
		t.Errorf("%d statements are kept, want %d", n, maxStatements)
	}
}
