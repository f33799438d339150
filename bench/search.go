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
	const mine = "000000000001"
	for owner, dir := range map[string]string{mine: files, "000000000002": ""} {
		if err := fillStore(ctx, s, words, owner, dir, n); err != nil {
			return nil, err
		}
	}
	for _, c := range []struct{ what, text, pattern string }{
		{"a common word", word(0), `\b` + word(0)},
		{"one letter", "x", `\bx\b`},
		{"two letters", word(1)[:2], `\b` + word(1)[:2]},
		{"a rare word", word(29_000), `\b` + word(29_000)},
		{"two words", word(20) + " " + word(400), `\b` + word(400)},
	} {
		q := store.ListQuery{State: api.StateActive, Search: search.Parse(c.text), Limit: 50, MaxBytes: api.MaxPageBytes}
		seconds, err := b.quickest(
			func() error { _, _, err := s.ListNotes(ctx, mine, q); return err },
			func() error {
				err := exec.CommandContext(ctx, "rg", "--files-with-matches", "--ignore-case", c.pattern, files).Run()
				if e, ok := errors.AsType[*exec.ExitError](err); ok && e.ExitCode() == 1 {
					return nil // nothing was found
				}
				return err
			})
		if err != nil {
			return nil, err
		}
		rows = append(rows, timeRow(fmt.Sprintf("search, %s, %d notes, SQLite", c.what, n), seconds, "ripgrep", ""))
		if n == 100_000 {
			rows[len(rows)-1].target = "at most 0.1"
		}
	}
	seconds, err := b.quickest(func() error { _, err := s.ListTags(ctx, mine); return err }, func() error { return nil })
	return append(rows, row{what: fmt.Sprintf("list tags, %d notes, SQLite", n), notes: fmt.Sprintf("%.2f ms", seconds[0]*1e3)}), err
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

// batch is how many notes are written at once.
const batch = 500

// fillStore adds a user with n notes of about 500 bytes and three tags, and writes
// them into dir, too, if there is one.
func fillStore(ctx context.Context, s store.Store, words vocabulary, owner, dir string, n int) error {
	if err := s.CreateUser(ctx, store.User{ID: owner, Username: owner, Key: owner, PasswordHash: "x"}); err != nil {
		return err
	}
	for range n / batch {
		writes := make([]store.Write, batch)
		for i := range writes {
			v := store.Note{Owner: owner}
			v.ID, v.Revision, v.Title, v.Body = api.NewID(), 1, words.text(5), words.text(85)
			v.TitleKey, v.Tags = v.Title, []string{"t" + v.ID[:1], "u" + v.ID[1:2], "v"}
			v.UpdatedAt = api.TimeOfMilli(1_500_000_000_000 + rand.Int64N(300_000_000_000))
			v.CreatedAt = v.UpdatedAt
			writes[i].Note = v
			if dir == "" {
				continue
			}
			folder := filepath.Join(dir, v.ID[:2])
			if err := os.MkdirAll(folder, 0o700); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(folder, v.ID+".md"), []byte(v.Title+"\n"+v.Body), 0o600); err != nil {
				return err
			}
		}
		if err := errors.Join(s.WriteNotes(ctx, writes)...); err != nil {
			return err
		}
	}
	return nil
}
