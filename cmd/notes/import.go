package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/exchange"
)

// importFlags are the flags of import.
type importFlags struct {
	options api.ImportOptions
	from    string
	format  format
}

func newImport(a *app) *cobra.Command {
	var f importFlags
	formats := importFormats()
	cmd := &cobra.Command{
		Use:   "import PATH",
		Short: "Bring notes in from files",
		Long: `Bring notes in, with their ids, times, tags and places: from a folder of Markdown
files or from lines of JSON, as "notes export" writes both, or from - (stdin).

Or from another program: what it exports is told by what is in it, and each note
has the same id whenever the same export is read. What has no place in a note is
listed at the end. See docs/moving.md for how to get each program's export.

A note that is there already with the same content stays as it is, so an import
can be repeated, and one that was interrupted goes on where it was. A note that
is there with other content is kept and named; with --overwrite it is replaced,
and its text goes to its history. A note that was deleted for good stays deleted.
What is wrong with one note is told with its line or file, and the rest is done.
"notes undo" takes an import back.

The exit code is 1 when notes failed, and 5 when none did and some were kept.

What --from names, where it is not plain:
` + formatHelp(formats),
		Example: `  notes import backup/
  notes import notes.ndjson
  notes export - --server https://old.example.org | notes import -
  notes import --dry-run ~/vault
  notes import export.jex`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			return a.importNotes(cmd.Context(), exchange.Input{Path: words[0], Stdin: a.in}, f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.options.Overwrite, "overwrite", false, "replace notes that are there with other content")
	flags.BoolVar(&f.options.DryRun, "dry-run", false, "change nothing, and say what would be")
	names := make([]string, len(formats))
	for i, format := range formats {
		names[i] = format.Name
	}
	addChoice(cmd, flags, &f.from, "from", "", "read PATH as this `format`", names...)
	addFormatFlags(cmd, &f.format, importFields)
	return cmd
}

func formatHelp(formats []exchange.Format) string {
	var b strings.Builder
	for _, f := range formats {
		fmt.Fprintf(&b, "  %-12s %s\n", f.Name, f.About)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// importFields are what --json offers of an import.
var importFields = []string{"added", "unchanged", "kept", "replaced", "failed", "kept_ids", "warnings"}

// importReport is what became of an import.
type importReport struct {
	Added     int             `json:"added"`
	Unchanged int             `json:"unchanged"`
	Kept      int             `json:"kept"`
	Replaced  int             `json:"replaced"`
	KeptIDs   []string        `json:"kept_ids"`
	Failed    []importFailure `json:"failed"`
	Warnings  []importFailure `json:"warnings"`

	unanswered int // notes that were sent and of which nobody knows
}

func (r *importReport) notes() int {
	return r.Added + r.Unchanged + r.Kept + r.Replaced + len(r.Failed)
}

// add counts what the server says of a batch.
func (r *importReport) add(b *importBatch, got api.ImportResult) {
	r.Added += got.Added
	r.Unchanged += got.Unchanged
	r.Kept += got.Kept
	r.Replaced += got.Replaced
	r.KeptIDs = append(r.KeptIDs, got.KeptIDs...)
	for _, f := range got.Failed {
		place := fmt.Sprintf("line %d of a batch", f.Line)
		if 0 < f.Line && f.Line <= len(b.places) {
			place = b.places[f.Line-1]
		}
		b.failed = append(b.failed, importFailure{place, f.Detail})
	}
	r.Failed = append(r.Failed, b.failed...)
	r.Warnings = append(r.Warnings, b.warnings...)
}

// err is what an import of these ends with.
func (r *importReport) err(o api.ImportOptions) error {
	if len(r.Failed) > 0 {
		return fmt.Errorf("%d of %s failed", len(r.Failed), countNotes(r.notes()))
	}
	if r.Kept == 0 {
		return nil
	}
	err := error(&api.Error{Code: api.CodeConflict, Message: fmt.Sprintf("%d of %s kept: the content there is another", r.Kept, countNotes(r.notes()))})
	if !o.Overwrite {
		err = withHint(err, "%s", overwriteHint)
	}
	return err
}

func (a *app) importNotes(ctx context.Context, in exchange.Input, f importFlags) error {
	format, err := await(ctx, func() (exchange.Format, error) { return formatOf(in, f.from) }) // it may be a pipe that nobody writes
	if err != nil {
		return err
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	r := &importReport{KeptIDs: []string{}, Failed: []importFailure{}, Warnings: []importFailure{}}
	err = a.importAll(ctx, c, format, in, f.options, r, func(one importFailure) {
		if !f.format.active() {
			a.say("notes: %s: %s", one.Place, one.Detail)
		}
	})
	switch {
	case err != nil && r.unanswered > 0 && (r.notes() > 0 || ctx.Err() != nil):
		err = withHint(err, "%d notes are done, and perhaps the %d after them; the same command again goes on with the rest", r.notes(), r.unanswered)
	case err != nil && r.notes() > 0:
		err = withHint(err, "%d notes are done; the same command again goes on with the rest", r.notes())
	}
	switch {
	case err != nil && r.notes() == 0: // there is nothing to tell
	case f.format.active():
		unwritten := f.format.write(ctx, a.printer(), *r)
		err = cmp.Or(err, unwritten)
	default:
		a.sayImported(r, f.options)
	}
	if err != nil {
		return err
	}
	err = r.err(f.options)
	if err != nil && !f.format.active() {
		err = told{err}
	}
	return err
}

// importAll sends a source batch by batch. What fails it gives to failed as it
// comes.
func (a *app) importAll(ctx context.Context, c *client.Client, f exchange.Format, in exchange.Input, o api.ImportOptions, r *importReport, failed func(importFailure)) (err error) {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	batches, ended := importBatches(own, f, in)
	operation := client.WithOperation(api.NewID())
	line := a.progress()
	defer line.clear()
	for b := range sendBatches(own, batches, func(lines []byte) (api.ImportResult, error) {
		return c.ImportLines(own, lines, o, operation)
	}) {
		if <-b.answered; b.err != nil {
			err = cmp.Or(err, b.err)
			r.unanswered += len(b.places)
			cancel()
			continue
		}
		r.add(b.importBatch, b.got)
		for _, one := range b.failed {
			line.clear()
			failed(one)
		}
		line.draw(r.notes(), b.part)
	}
	select {
	case unread := <-ended:
		return cmp.Or(err, unread)
	default:
		return cmp.Or(err, ctx.Err())
	}
}

const overwriteHint = "--overwrite replaces what was kept; its text goes to its history"

// keptNamed is how many of the notes that were kept are named. --json names all.
const keptNamed = 20

// sayImported tells what became of the notes.
func (a *app) sayImported(r *importReport, o api.ImportOptions) {
	for _, id := range r.KeptIDs[:min(len(r.KeptIDs), keptNamed)] {
		a.say("kept as it is there: %s", id)
	}
	if more := len(r.KeptIDs) - keptNamed; more > 0 {
		a.say("kept as they are there: %d more", more)
	}
	if len(r.Warnings) > 0 {
		a.say("not carried over:")
		for _, w := range r.Warnings {
			a.say("  %s: %s", w.Place, w.Detail)
		}
	}
	done := "imported"
	if o.DryRun {
		done = "would be imported"
	}
	a.say("%s: %d added, %d unchanged, %d kept, %d replaced, %d failed", done, r.Added, r.Unchanged, r.Kept, r.Replaced, len(r.Failed))
	if r.Kept > 0 && !o.Overwrite {
		a.say("hint: %s", overwriteHint)
	}
}
