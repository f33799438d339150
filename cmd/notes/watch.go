package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// watchFlags are the flags of watch.
type watchFlags struct {
	since  string
	tags   []string
	query  string
	limit  int
	exec   string
	format format
}

// changeFields are what --json offers of a change.
var changeFields = append([]string{"kind", "cursor"}, noteFields...)

func newWatch(a *app) *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Show what becomes of the notes, as it happens",
		Long: `Show what becomes of the notes, as it happens, by whichever program and on
whichever server: each note that is saved, trashed or deleted for good (purged),
as it is then. It goes on until you press Ctrl-C, or until -n changes have come.

While the server is away it waits, and goes on where it was: nothing is left out.
A note that is saved several times at once may come once, and a change may come
twice. Each change has a cursor; --since goes on behind it, up to 30 days later,
where an earlier watch has ended.

With --tag or --query come the notes that have the tags and match the query when
they are saved, and not those that are purged, of which nothing is known any more.

With --exec a shell runs the command for each change, one after the other, with
what "notes show" writes of the note on its standard input (with --json, the JSON)
and NOTES_CHANGE, NOTES_ID, NOTES_TITLE and NOTES_CURSOR in its environment. One
that fails is reported, and the next change waits for its end.`,
		Example: `  notes watch --tag inbox
  notes watch --json kind,id,title --jq '"\(.kind) \(.title)"'
  notes watch --query is:pinned --exec 'cat > ~/pinned.md'
  notes watch --since "$(notes api GET /changes --jq .cursor)" -n 1`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			w := watcher{app: a, client: c, flags: &f, printer: a.printer()}
			w.table = newTable(w.printer, "change", "id", "title", "tags", "marks", "updated")
			w.table.shrink = 2
			w.table.least = watchWidths(w.printer.width)
			return w.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.since, "since", "", "go on behind this `cursor` of an earlier change")
	flags.VarP((*tagList)(&f.tags), "tag", "t", "only notes with this `tag` (may repeat: with all of them)")
	must(cmd.RegisterFlagCompletionFunc("tag", a.completeTagFlag))
	flags.StringVarP(&f.query, "query", "q", "", "only notes that match this `query` (see: notes search --help)")
	must(cmd.RegisterFlagCompletionFunc("query", a.completeQuery))
	flags.VarP((*count)(&f.limit), "limit", "n", "end after `n` changes")
	flags.StringVar(&f.exec, "exec", "", "run this `command` for each change")
	addFormatFlags(cmd, &f.format, changeFields)
	return cmd
}

// watchWidths are those of the columns on a terminal: the rows come one by one,
// and are to stand under each other. What the others leave is the title's.
func watchWidths(terminal int) []int {
	widths := []int{len(api.ChangeTrashed), 12, 0, 12, len("archived"), len(time.TimeOnly)}
	widths[2] = max(terminal-sum(widths)-len(columnGap)*(len(widths)-1), 0)
	return widths
}

// watcher is one run of watch.
type watcher struct {
	*app

	client  *client.Client
	flags   *watchFlags
	printer *printer
	table   *table
	away    bool // the user knows that the server is
}

// run shows the changes until there were enough.
func (w *watcher) run(ctx context.Context) error {
	w.flags.tags = lower(w.flags.tags)
	if w.flags.query != "" {
		if _, err := w.matches(ctx, ""); err != nil { // now, and not at the first change
			return err
		}
	}
	if w.printer.tty && !w.flags.format.active() && w.flags.exec == "" {
		w.say("watching; Ctrl-C ends it")
	}
	shown, events := 0, 0
	for e, err := range w.client.Follow(ctx, client.FollowOptions{Since: w.flags.since, Away: w.sayAway}) {
		events, w.away = events+1, false
		switch {
		case api.ErrorCode(err) == api.CodeInvalid:
			return withHint(err, "--since takes the cursor of a change, as --json cursor shows it")
		case err != nil:
			return err
		case e.Change == nil && events == 1 && w.flags.since != "":
			return withHint(&api.Error{Code: api.CodeGone, Field: "since", Message: "this cursor is too old: what was changed since is not known"},
				"list the notes, and go on without --since")
		case e.Change == nil && events > 1:
			w.say("notes: the server cannot go on from the last change: what was changed since is not known")
		}
		if e.Change == nil {
			continue
		}
		told, err := w.tell(ctx, e)
		if err != nil {
			return err
		}
		if told {
			shown++
		}
		if shown == w.flags.limit && shown > 0 {
			return nil
		}
	}
	return nil
}

// sayAway tells once that the server is away.
func (w *watcher) sayAway(err error) {
	if !w.away {
		w.say("notes: %v; waiting for it", err)
	}
	w.away = true
}

// insistEvery is the pause of insist, beside those that the client makes.
const insistEvery = time.Second

// insist asks the server until it is there: of a change that has come nothing else
// would come again.
func insist[T any](ctx context.Context, w *watcher, ask func() (T, error)) (T, error) {
	for {
		got, err := ask()
		if !retryable(err) {
			return got, err
		}
		w.sayAway(err)
		select {
		case <-ctx.Done():
			return got, ctx.Err()
		case <-time.After(insistEvery):
		}
	}
}

// changeRecord is a change as --json sees it. Of a note that is gone for good there
// is nothing else.
type changeRecord struct {
	Kind     api.ChangeKind `json:"kind"`
	Cursor   string         `json:"cursor"`
	ID       string         `json:"id"`
	Revision int64          `json:"revision"`
	*noteRecord
}

// tell shows a change if it is asked for.
func (w *watcher) tell(ctx context.Context, e client.Event) (told bool, err error) {
	if ok, err := w.wants(ctx, e.Change); !ok || err != nil {
		return false, err
	}
	r := changeRecord{Kind: e.Change.Kind, Cursor: e.Cursor, ID: e.Change.ID, Revision: e.Change.Revision}
	if s := e.Change.Note; s != nil {
		r.noteRecord = &noteRecord{api.Note{NoteMeta: s.NoteMeta}, s.Excerpt}
	}
	if r.noteRecord != nil && (w.flags.exec != "" || slices.Contains(w.flags.format.JSON, "body")) {
		n, err := insist(ctx, w, func() (api.Note, error) { return w.client.Note(ctx, r.ID) })
		if errors.Is(err, api.ErrNotFound) {
			return false, nil // it was purged since, which comes as a change
		}
		if err != nil {
			return false, err
		}
		*r.noteRecord, r.Revision = recordOf(n), n.Revision
	}
	switch {
	case w.flags.exec != "":
		return true, w.runFor(ctx, r)
	case w.flags.format.active():
		return true, w.writeLine(ctx, r)
	}
	return true, w.row(r)
}

// wants reports whether a note has the tags and matches the query.
func (w *watcher) wants(ctx context.Context, c *api.LiveChange) (bool, error) {
	if len(w.flags.tags) == 0 && w.flags.query == "" {
		return true, nil
	}
	if c.Note == nil {
		return false, nil
	}
	for _, tag := range w.flags.tags {
		if !slices.Contains(c.Note.Tags, tag) {
			return false, nil
		}
	}
	if w.flags.query == "" {
		return true, nil
	}
	return w.matches(ctx, c.ID)
}

// matches asks the server, so that a query finds here what it finds in a search.
func (w *watcher) matches(ctx context.Context, id string) (bool, error) {
	o := api.ListOptions{Query: w.flags.query, State: api.StateAll, ID: id, Limit: 1}
	p, err := insist(ctx, w, func() (api.SummaryPage, error) { return w.client.ListSummaries(ctx, o) })
	return len(p.Notes) > 0, err
}

// writeLine writes what --json asks for, a line a change on a terminal, too.
func (w *watcher) writeLine(ctx context.Context, r changeRecord) error {
	f := &w.flags.format
	if f.query != nil || f.template != nil {
		return f.write(ctx, w.printer, r)
	}
	data, err := selectFields(r, f.JSON)
	if err != nil {
		return err
	}
	return w.printer.writeSafe(string(data) + "\n")
}

func (w *watcher) row(r changeRecord) error {
	row := []cell{kindCell(r.Kind), idCell(r.ID, 0), {}, {}, {}, {}}
	if r.noteRecord != nil {
		row = append(row[:1], noteRow(w.table, api.Summary{NoteMeta: r.NoteMeta, Excerpt: r.Excerpt})...)
		if now := w.printer.now(); now.Sub(r.UpdatedAt.Time) < time.Minute {
			row[len(row)-1].text = r.UpdatedAt.In(now.Location()).Format(time.TimeOnly)
		}
	}
	if err := w.table.row(row...); err != nil {
		return err
	}
	return w.table.flush()
}

func kindCell(k api.ChangeKind) cell {
	style := map[api.ChangeKind]style{api.ChangeSaved: green, api.ChangeTrashed: yellow, api.ChangePurged: red}[k]
	return textCell(string(k), style)
}

// environment is what the command of --exec knows of a change.
func (r changeRecord) environment() []string {
	title := ""
	if r.noteRecord != nil {
		title = strings.ReplaceAll(r.Title, "\x00", "")
	}
	return []string{
		"NOTES_CHANGE=" + string(r.Kind), "NOTES_ID=" + r.ID, "NOTES_TITLE=" + title,
		"NOTES_REVISION=" + strconv.FormatInt(r.Revision, 10), "NOTES_CURSOR=" + r.Cursor,
	}
}

func (r changeRecord) String() string { return fmt.Sprintf("%s %s", r.Kind, r.ID) }
