package main

import (
	"bufio"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/exchange"
)

func newExport(a *app) *cobra.Command {
	var o api.ExportOptions
	var state string
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write all notes into a folder, or to stdout",
		Long: `Write all notes, those in the archive and in the trash too, into a folder: a
Markdown file each, with every field before the text. Or, to -, write them to
stdout as lines of JSON. "notes import" reads both, and then all is as it was.

A folder that is not there is made; one that has other things in it is refused.
No file is overwritten: an export into the folder of an earlier one adds what is
missing, so that one that was interrupted can be repeated, and names the files
that say something else than the notes do now. Then the exit code is 5.`,
		Example: `  notes export backup
  notes export - > notes.ndjson
  notes export --tag work --state active work`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			o.State = api.State(state)
			c, err := a.client()
			if err != nil {
				return err
			}
			if words[0] == "-" {
				return a.exportLines(ctx, c, o)
			}
			return a.exportFolder(ctx, c, o, words[0])
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	flags := cmd.Flags()
	addChoice(cmd, flags, &state, "state", "all", "export notes in this `state`: active, archived, trashed or all", "active", "archived", "trashed", "all")
	flags.VarP((*tagList)(&o.Tags), "tag", "t", "export only notes with this `tag` (may repeat: with all of them)")
	return cmd
}

// exportLines writes the notes as the server does.
func (a *app) exportLines(ctx context.Context, c *client.Client, o api.ExportOptions) error {
	p := a.printer()
	if p.tty {
		for line, err := range c.ExportLines(ctx, o) {
			if err == nil {
				err = p.writeSafe(string(line) + "\n")
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	w := bufio.NewWriterSize(p, 64<<10)
	for line, err := range c.ExportLines(ctx, o) {
		if err != nil {
			return errors.Join(w.Flush(), err)
		}
		_, _ = w.Write(line)
		if err := w.WriteByte('\n'); err != nil {
			return err
		}
	}
	return w.Flush()
}

// exportFolder writes the notes as files.
func (a *app) exportFolder(ctx context.Context, c *client.Client, o api.ExportOptions, path string) (err error) {
	folder, err := exchange.OpenFolder(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	line := a.progress()
	defer line.clear()
	var count [3]int // by exchange.Outcome
	total := 0
	for n, err := range c.Export(ctx, o) {
		if err != nil {
			return withHint(err, "%d notes are written; the same command again goes on with the rest", total)
		}
		outcome, err := folder.Write(n)
		if err != nil {
			return err
		}
		if outcome == exchange.Differs {
			line.clear()
			a.say("the file of note %s says something else, and is as it was", n.ID)
		}
		count[outcome]++
		total++
		line.draw(total, 0)
	}
	line.clear()
	a.say("exported to %s: %d written, %d were there, %d differ", path, count[exchange.Written], count[exchange.Same], count[exchange.Differs])
	if count[exchange.Differs] > 0 {
		return told{api.ErrConflict}
	}
	return nil
}
