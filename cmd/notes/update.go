package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// updateFlags are the flags of update.
type updateFlags struct {
	title, body, file string
	tag, untag        []string
	pin, unpin        bool
	archive, unarch   bool
	format            format
}

func newUpdate(a *app) *cobra.Command {
	var f updateFlags
	cmd := &cobra.Command{
		Use:   "update ID…",
		Short: "Change a note's text, tags or place",
		Long: `Change a note: its title, its body, its tags, whether it is pinned or archived.
What is given replaces what is there, whoever wrote it.

Tags, pin and archive can be changed of several notes at once. "-" reads ids from
stdin, the first field of each line. With --json, one ID gives an object, several
or "-" an array.

When a text from stdin cannot be saved, it is kept in a file, which is named.`,
		Example: `  notes update k3 --title "Buy oat milk"
  notes update k3 --tag home --untag work --pin
  notes update k3 --body - < body.md
  notes update k3 -F draft.md
  notes update k3 p0 --archive
  notes search old | cut -f1 | notes update --archive -`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			if several(words) {
				return a.updateMany(cmd, words, f)
			}
			return a.updateOne(cmd, words[0], f)
		},
		ValidArgsFunction: a.completeManyIDs(api.StateAll),
	}
	f.addTo(cmd, a)
	return cmd
}

func (f *updateFlags) addTo(cmd *cobra.Command, a *app) {
	flags := cmd.Flags()
	flags.StringVar(&f.title, "title", "", "the new `title`")
	flags.StringVar(&f.body, "body", "", "the new body (`text`; - reads it from stdin)")
	flags.StringVarP(&f.file, "file", "F", "", "take title and body from this `file` (- is stdin)")
	flags.VarP((*tagList)(&f.tag), "tag", "t", "add this `tag` (may repeat)")
	flags.Var((*tagList)(&f.untag), "untag", "take this `tag` away (may repeat)")
	flags.BoolVar(&f.pin, "pin", false, "pin it")
	flags.BoolVar(&f.unpin, "unpin", false, "unpin it")
	flags.BoolVar(&f.archive, "archive", false, "put it into the archive")
	flags.BoolVar(&f.unarch, "unarchive", false, "take it out of the archive")
	must(cmd.RegisterFlagCompletionFunc("tag", a.completeTagFlag))
	must(cmd.RegisterFlagCompletionFunc("untag", a.completeTagFlag))
	cmd.MarkFlagsMutuallyExclusive("pin", "unpin")
	cmd.MarkFlagsMutuallyExclusive("archive", "unarchive")
	cmd.MarkFlagsMutuallyExclusive("file", "title")
	cmd.MarkFlagsMutuallyExclusive("file", "body")
	addFormatFlags(cmd, &f.format, noteFields)
}

// updateOne changes all there is of one note.
func (a *app) updateOne(cmd *cobra.Command, arg string, f updateFlags) error {
	ctx := cmd.Context()
	k := keepingFor("update", arg, updateCommand(cmd.Flags(), arg))
	text, err := a.textOf(ctx, cmd, f, k)
	if err != nil {
		return err
	}
	p, err := patchOf(cmd, f, text)
	if err != nil {
		return err
	}
	n, changed, err := a.update(ctx, arg, p, f)
	if err != nil && (f.file == "-" || f.body == "-") && strings.TrimSpace(*text) != "" {
		return a.keepText(err, k, *text)
	}
	if err != nil {
		return err
	}
	return a.printNote(ctx, &f.format, n, "%s", saidOf(n, changed, "saved"))
}

// textOf is what --body or -F give; nil: neither.
func (a *app) textOf(ctx context.Context, cmd *cobra.Command, f updateFlags, k keeping) (*string, error) {
	file := f.file
	switch given := cmd.Flags().Changed; {
	case f.body == "-":
		file = "-"
	case given("body"):
		return &f.body, nil
	case !given("file"):
		return nil, nil
	}
	text, err := a.readText(ctx, file, k)
	return &text, err
}

// patchOf is what the flags say of everything but the tags. Text is of textOf.
func patchOf(cmd *cobra.Command, f updateFlags, text *string) (api.NotePatch, error) {
	var p api.NotePatch
	given := cmd.Flags().Changed
	if given("title") {
		p.Title = &f.title
	}
	if given("body") {
		p.Body = text
	}
	if given("file") {
		title, body := splitText(*text)
		p.Title, p.Body = &title, &body
	}
	if given("pin") || given("unpin") {
		p.Pinned = new(f.pin && !f.unpin)
	}
	if given("archive") || given("unarchive") {
		p.Archived = new(f.archive && !f.unarch)
	}
	if p == (api.NotePatch{}) && len(f.tag)+len(f.untag) == 0 {
		return p, withHint(usagef("there is nothing to change"), "see: notes update --help")
	}
	return p, nil
}

// updateCommand is the command line of the same update with a text from a file,
// whose name is to follow.
func updateCommand(flags *pflag.FlagSet, arg string) string {
	var b strings.Builder
	b.WriteString("notes update " + quoteArg(arg))
	end := " -F"
	flags.Visit(func(f *pflag.Flag) {
		switch value := f.Value.String(); {
		case f.Name == "file":
		case f.Name == "body":
			end = " --body - <"
		case value != "" && value == f.NoOptDefVal: // --pin
			b.WriteString(" --" + f.Name)
		default:
			b.WriteString(" --" + f.Name + "=" + quoteArg(value))
		}
	})
	return b.String() + end
}

func (a *app) update(ctx context.Context, arg string, p api.NotePatch, f updateFlags) (n api.Note, changed bool, err error) {
	c, err := a.client()
	if err != nil {
		return api.Note{}, false, err
	}
	return updateNote(ctx, c, arg, p, f, client.WithOperation(api.NewID()))
}

// updateMany changes what several notes can have in common.
func (a *app) updateMany(cmd *cobra.Command, words []string, f updateFlags) error {
	for _, name := range []string{"title", "body", "file"} {
		if cmd.Flags().Changed(name) {
			return withHint(usagef("--%s is for one note", name), "of several notes --tag, --untag, --pin, --unpin, --archive and --unarchive change")
		}
	}
	p, err := patchOf(cmd, f, nil)
	if err != nil {
		return err
	}
	ids, err := a.idWords(cmd.Context(), words)
	if err != nil {
		return err
	}
	operation := client.WithOperation(api.NewID())
	b := bulk{app: a, format: &f.format, do: func(ctx context.Context, c *client.Client, arg string) done {
		n, changed, err := updateNote(ctx, c, arg, p, f, operation)
		return done{n, saidOf(n, changed, "saved"), err}
	}}
	return b.run(cmd.Context(), ids)
}

// updateNote makes the change, unless it is one of tags alone that the note has
// already: then changed is false. Tags are added to those that are there, so where
// somebody else changes the note at the same time, it is done over with theirs.
func updateNote(ctx context.Context, c *client.Client, arg string, p api.NotePatch, f updateFlags, operation client.CallOption) (n api.Note, changed bool, err error) {
	if len(f.tag)+len(f.untag) == 0 {
		id, err := noteID(ctx, c, arg)
		if err != nil {
			return api.Note{}, false, err
		}
		n, err := c.UpdateNote(ctx, id, client.AnyRevision, p, operation)
		return n, true, aboutNote(arg, err)
	}
	n, err = getNote(ctx, c, arg)
	if err != nil {
		return n, false, err
	}
	tagsAlone := p == api.NotePatch{}
	for tries := 0; err == nil && tries < 5; tries++ {
		tags := withTags(n.Tags, f.tag, f.untag)
		if tagsAlone && slices.Equal(tags, n.Tags) {
			return n, false, nil
		}
		p.Tags = &tags
		var saved api.Note
		if saved, err = c.UpdateNote(ctx, n.ID, n.Revision, p, operation); err == nil {
			return saved, true, nil
		}
		if e, ok := errors.AsType[*client.Error](err); ok && errors.Is(err, api.ErrStale) && e.Note != nil {
			n, err = *e.Note, nil
		}
	}
	if err == nil {
		err = api.ErrStale
	}
	return n, false, aboutNote(arg, err)
}

// saidOf is what a person is told of an update.
func saidOf(n api.Note, changed bool, what string) string {
	if !changed {
		what = "nothing was changed in"
	}
	return what + " " + named(n)
}
