package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

// search measures the first page of a search in the engine against ripgrep over
// the same notes as files, and the list of the tags. Another user has as many
// notes beside.
func (b *bench) search(ctx context.Context) ([]row, error) {
	var rows []row
	for _, n := range []int{1000, 100_000} {
		more, err := b.searchAmong(ctx, n)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func (b *bench) searchAmong(ctx context.Context, n int) (rows []row, err error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("search-%d", n))
	s, err := sqlite.Open(ctx, filepath.Join(dir, "notes.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	files := filepath.Join(dir, "files")
	words := vocabulary{rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 3, 30_000)}
	const mine, another = "000000000001", "000000000002"
	if err := fillStore(ctx, s, words, another, "", n); err != nil {
		return nil, err
	}
	if err := fillStore(ctx, s, words, mine, files, n); err != nil {
		return nil, err
	}
	for _, c := range queries {
		q := store.ListQuery{State: api.StateActive, Search: search.Parse(c.text), Limit: 50, MaxBytes: api.MaxPageBytes}
		seconds, err := b.quickest(
			func() error { _, _, err := s.ListNotes(ctx, mine, q); return err },
			func() error { return ripgrep(ctx, files, c.pattern...) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, timeRow(fmt.Sprintf("search, %s, %d notes, SQLite", c.what, n), seconds, "ripgrep", ""))
		if n == 100_000 && !c.slow {
			rows[len(rows)-1].target = "at most 0.1"
		}
	}
	seconds, err := b.quickest(func() error { _, err := s.ListTags(ctx, mine); return err }, func() error { return nil })
	return append(rows, row{what: fmt.Sprintf("list %d tags, %d notes, SQLite", tags+1, n), notes: fmt.Sprintf("%.2f ms", seconds[0]*1e3)}), err
}

// queries are what is searched for, and how ripgrep finds as much. The first words
// of the vocabulary are in nearly every note.
var queries = []struct {
	what, text string
	pattern    []string
	slow       bool // without places of words in a note there is no quick answer
}{
	{what: "a common word", text: word(0), pattern: []string{`\b` + word(0)}},
	{what: "one letter", text: "x", pattern: []string{`\bx\b`}},
	{what: "two letters", text: word(1)[:2], pattern: []string{`\b` + word(1)[:2]}},
	{what: "a rare word", text: word(29_000), pattern: []string{`\b` + word(29_000)}},
	{what: "two common words", text: word(0) + " " + word(2), pattern: []string{`\b` + word(2)}},
	{what: "five words", text: strings.Join([]string{word(20), word(21), word(22), word(23), word(24)}, " "), pattern: []string{`\b` + word(24)}},
	{what: "a word within a tag", text: "tag:t7 " + word(20), pattern: []string{`\b` + word(20)}},
	{what: "all but a common word", text: "-" + word(0), pattern: []string{"--files-without-match", `\b` + word(0) + `\b`}},
	{what: "a word without a common one", text: word(20) + " -" + word(0), pattern: []string{"--files-without-match", `\b` + word(0) + `\b`}},
	{what: "a phrase", text: phrase(0, 1), pattern: []string{phrasePattern(0, 1)}},
	{what: "a phrase of common words that is hardly there", text: phrase(3, 3, 3), pattern: []string{phrasePattern(3, 3, 3)}, slow: true},
}

func phrase(numbers ...uint64) string { return `"` + strings.Join(wordsOf(numbers), " ") + `"` }

func phrasePattern(numbers ...uint64) string {
	return `\b` + strings.Join(wordsOf(numbers), `\W+`) + `\b`
}

func wordsOf(numbers []uint64) (list []string) {
	for _, n := range numbers {
		list = append(list, word(n))
	}
	return list
}

func ripgrep(ctx context.Context, dir string, pattern ...string) error {
	args := append(append([]string{"--files-with-matches", "--ignore-case"}, pattern...), dir)
	err := exec.CommandContext(ctx, "rg", args...).Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok && e.ExitCode() == 1 {
		return nil // nothing was found
	}
	if err != nil {
		return fmt.Errorf("rg (apt-get install ripgrep): %w", err)
	}
	return nil
}

// quickest measures two calls in turn and returns the shortest time of each.
func (b *bench) quickest(ours, theirs func() error) (seconds [2]float64, err error) {
	seconds = [2]float64{1e9, 1e9}
	for begun := time.Now(); time.Since(begun) < b.cell; {
		for i, f := range []func() error{ours, theirs} {
			start := time.Now()
			if err := f(); err != nil {
				return seconds, err
			}
			seconds[i] = min(seconds[i], time.Since(start).Seconds())
		}
	}
	return seconds, nil
}

// vocabulary gives words as a language does: few are most of a text.
type vocabulary struct{ zipf *rand.Zipf }

func (v vocabulary) text(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = word(v.zipf.Uint64())
	}
	return strings.Join(list, " ")
}

func word(i uint64) string {
	const syllables = "tadoremilunokasepirofubagetivozu"
	w := ""
	for i += 16; i > 0; i /= 16 {
		w += syllables[i%16*2 : i%16*2+2]
	}
	return w
}

// batch is how many notes are written at once: the more, the less the index is
// merged.
const batch = 5000

// tags is how many there are besides the one that every note has.
const tags = 50

// fillStore adds a user with n notes of about 500 bytes and two tags, and writes
// them into dir, too, if there is one.
func fillStore(ctx context.Context, s store.Store, words vocabulary, owner, dir string, n int) error {
	if err := s.CreateUser(ctx, store.User{ID: owner, Username: owner, Key: owner, PasswordHash: "x"}); err != nil {
		return err
	}
	for done := 0; done < n; {
		writes := make([]store.Write, min(batch, n-done))
		for i := range writes {
			writes[i].Note = words.note(owner)
			if err := writeFile(dir, writes[i].Note); err != nil {
				return err
			}
		}
		for _, err := range s.WriteNotes(ctx, writes) {
			if err != nil {
				return err // of a batch that fails, all have it
			}
		}
		done += len(writes)
	}
	return nil
}

func (v vocabulary) note(owner string) store.Note {
	n := store.Note{Owner: owner}
	n.ID, n.Revision, n.Title, n.Body = api.NewID(), 1, v.text(5), v.text(85)
	n.TitleKey, n.Tags = n.Title, []string{fmt.Sprintf("t%d", rand.IntN(tags)), "v"}
	n.UpdatedAt = api.TimeOfMilli(1_500_000_000_000 + rand.Int64N(300_000_000_000))
	n.CreatedAt = n.UpdatedAt
	return n
}

// writeFile writes a note into dir, if there is one.
func writeFile(dir string, n store.Note) error {
	if dir == "" {
		return nil
	}
	folder := filepath.Join(dir, n.ID[:2])
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, n.ID+".md"), []byte(n.Title+"\n"+n.Body), 0o600)
}
