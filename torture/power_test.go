//go:build linux

package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/store/sqlite"
)

// TestPowerCut records every system call of a server under eight writers, over a
// clean stop, a kill and the recovery from it. Then it cuts the power at many
// moments: before and after answers and fsyncs, and in between. Each time it
// makes the files that a disk with a cache may have left, has the engine open
// them, and wants what had been answered by then.
//
// The same with a disk that lies about fsyncs must lose notes, or this test
// would prove nothing.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	path := filepath.Join(root, "data", "notes.db")
	r, l := &recorder{}, newLedger(t, 8)
	owner := recordLives(t, r, l, path)
	sums := l.sums(owner)

	lines := moments(r, count(150, 4000))
	lost, cuts := replay(t, r, root, sums, lines, func(string) bool { return true })
	for _, problem := range lost {
		t.Error(problem)
	}
	t.Logf("%d system calls recorded, %d writes acknowledged; power cut at %d moments, nothing acknowledged lost, every store intact",
		len(r.events), l.acked.Load(), cuts)

	for what, honours := range map[string]func(path string) bool{
		"no fsync":                 func(string) bool { return false },
		"no fsync of the log":      func(path string) bool { return !strings.HasSuffix(path, "-wal") },
		"no fsync of the database": func(path string) bool { return !strings.HasSuffix(path, ".db") },
		"no fsync of a folder":     func(path string) bool { return filepath.Ext(path) != "" },
	} {
		lost, cuts := replay(t, r, root, sums, moments(r, 24), honours)
		if len(lost) == 0 {
			t.Errorf("on a disk that carries out %s nothing is lost: this test cannot fail", what)
		}
		t.Logf("control: on a disk that carries out %s, %d of %d cuts lose something, as %q", what, len(lost), cuts, append(lost, "")[0])
	}
}

// recordLives has the writers write through three lives of a server, and returns
// the id of the notes' owner.
func recordLives(t *testing.T, r *recorder, l *ledger, path string) (owner string) {
	t.Helper()
	for life := range 3 {
		p, wait := r.record(t, "--store", "sqlite:"+path)
		enter := logIn
		if life == 0 {
			enter = signUp
		}
		login := enter(t, p.URL, "ann")
		ctx, stop := context.WithCancel(t.Context())
		stopped := l.run(ctx, as(t, p.URL, login), 0)
		goal := l.acked.Load() + int64(count(250, 1000))
		eventually(t, 2*time.Minute, "writes under strace", func() bool { return l.acked.Load() >= goal })
		stop()
		stopped()
		l.settle(t.Context(), as(t, p.URL, login))
		owner = login.User.ID
		if life == 0 {
			p.Stop()
		} else {
			p.Kill()
		}
		wait()
		wantModel(t, r, filepath.Dir(filepath.Dir(path)))
	}
	return owner
}

// wantModel compares the model, had the disk kept everything, with the files as
// they are: what the trace does not show would be missing.
func wantModel(t *testing.T, r *recorder, root string) {
	t.Helper()
	d := newDisk(root, func(string) bool { return true })
	for _, tick := range timeline(r) {
		if err := d.apply(tick.event); err != nil {
			t.Fatal(err)
		}
	}
	for path, data := range d.left(func() bool { return true }) {
		if strings.HasSuffix(path, ".lock") || strings.HasSuffix(path, "-shm") {
			continue
		}
		if real, err := os.ReadFile(path); err != nil || !bytes.Equal(real, data) {
			t.Fatalf("the model of %s has %d bytes, the file %d others (%v)", path, len(data), len(real), err)
		}
	}
}

// tick is an event at the line where it counts: an fsync when it has ended, all
// else when it begins.
type tick struct {
	line int
	event
}

func timeline(r *recorder) []tick {
	var ticks []tick
	for _, e := range r.events {
		line := e.begin
		if e.call == "fsync" || e.call == "fdatasync" {
			line = e.end
		}
		ticks = append(ticks, tick{line, e})
	}
	slices.SortStableFunc(ticks, func(a, b tick) int { return a.line - b.line })
	return ticks
}

// moments are the lines before which the power is cut: about n in all, of which
// a third are right behind the beginning of an answer, a third before or behind
// the end of an fsync, and a third anywhere.
func moments(r *recorder, n int) []int {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	var answers, syncs []int
	for _, e := range r.events {
		switch {
		case answerOf(e) != nil:
			answers = append(answers, e.begin+1)
		case e.call == "fsync" || e.call == "fdatasync":
			syncs = append(syncs, e.end, e.end+1)
		}
	}
	lines := append(pick(rng, answers, n/3), pick(rng, syncs, n/3)...)
	for range n / 3 {
		lines = append(lines, 1+rng.IntN(r.line+1))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func pick(rng *rand.Rand, from []int, n int) []int {
	from = slices.Clone(from)
	rng.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	return from[:min(n, len(from))]
}

// answer is what a 2xx that was sent acknowledges, one of them.
type answer struct {
	user, session, note string
	revision            int64
}

var (
	noteAnswer    = regexp.MustCompile(`^\{"id":"(\w{12})","title".*?"revision":(\d+)`)
	userAnswer    = regexp.MustCompile(`^\{"id":"(\w{12})","username"`)
	sessionAnswer = regexp.MustCompile(`"session":\{"id":"(\w{12})"`)
)

// answerOf returns what an event tells a client, or nil. The first bytes of an
// answer count for all of it.
func answerOf(e event) *answer {
	target, args := e.fd()
	if e.call != "write" || !strings.HasPrefix(target, "socket:") || !strings.HasPrefix(args, `"HTTP/1.1 20`) {
		return nil
	}
	text, _, err := unquote(args)
	if err != nil {
		return nil
	}
	_, body, _ := bytes.Cut(text, []byte("\r\n\r\n"))
	if m := noteAnswer.FindSubmatch(body); m != nil {
		revision, _ := strconv.ParseInt(string(m[2]), 10, 64)
		return &answer{note: string(m[1]), revision: revision}
	}
	if m := userAnswer.FindSubmatch(body); m != nil {
		return &answer{user: string(m[1])}
	}
	if m := sessionAnswer.FindSubmatch(body); m != nil {
		return &answer{session: string(m[1])}
	}
	return nil
}

// replay cuts the power before each of these lines, and returns what was lost
// and how often it cut.
func replay(t *testing.T, r *recorder, root string, sums noteSums, lines []int, honours func(string) bool) (lost []string, cuts int) {
	t.Helper()
	d := newDisk(root, honours)
	rng := rand.New(rand.NewPCG(3, uint64(len(lines))))
	var answered []answer
	ticks := timeline(r)
	for _, line := range lines {
		for len(ticks) > 0 && ticks[0].line < line {
			if a := answerOf(ticks[0].event); a != nil {
				answered = append(answered, *a)
			}
			if err := d.apply(ticks[0].event); err != nil {
				t.Fatal(err)
			}
			ticks = ticks[1:]
		}
		dir := t.TempDir()
		if err := d.cut(dir, rng); err != nil {
			t.Fatal(err)
		}
		if err := wantAnswered(t.Context(), filepath.Join(dir, "data", "notes.db"), answered, sums); err != nil {
			lost = append(lost, fmt.Sprintf("power cut before line %d, after %d answers: %v", line, len(answered), err))
		}
		cuts++
		_ = os.RemoveAll(dir) // thousands would not fit
	}
	return lost, cuts
}

// wantAnswered opens what a power cut has left.
func wantAnswered(ctx context.Context, path string, answered []answer, sums noteSums) (err error) {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := checkIntact(ctx, path); err != nil {
		return err
	}
	for _, a := range answered {
		switch {
		case a.user != "":
			_, err = s.User(ctx, a.user)
		case a.session != "":
			_, err = s.Session(ctx, a.session)
		default:
			n, noteErr := s.Note(ctx, sums.owner, a.note)
			err = noteErr
			if known := sums.notes[a.note]; err == nil && (n.Revision < a.revision || n.Revision > int64(len(known)) || known[n.Revision-1] != sum(n.Body)) {
				err = fmt.Errorf("it is at revision %d, or not what that was", n.Revision)
			}
		}
		if err != nil {
			return fmt.Errorf("%+v was answered: %w", a, err)
		}
	}
	return nil
}
