package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/notesd/notesd/pkg/api"
)

func newPick(a *app) *cobra.Command {
	var show, edit bool
	var f filterFlags
	cmd := &cobra.Command{
		Use:   "pick [QUERY]",
		Short: "Pick a note by typing parts of its title",
		Long: `Pick a note by typing parts of its title and its tags: the characters of each word
in their order, whatever is in between. It prints the id, for other commands.

Enter picks, Esc and Ctrl-C leave (exit code 130). The arrows, Ctrl-P and Ctrl-N
and the page keys go up and down; Ctrl-W takes a word away and Ctrl-U all.

It is for a terminal, which it uses by stdin and stderr. For scripts there are
"notes search" and "notes ls".`,
		Example: `  notes edit "$(notes pick)"
  notes pick --show
  notes pick --edit shop
  notes rm $(notes pick --tag old)`,
		RunE: func(cmd *cobra.Command, words []string) error {
			if !isTerminal(a.in) || !isTerminal(a.errOut) {
				return withHint(usagef("picking needs a terminal"), "for scripts: notes search QUERY, or notes ls")
			}
			o, err := f.options(a.now())
			if err != nil {
				return err
			}
			id, err := a.pick(cmd.Context(), o, strings.Join(words, " "))
			switch {
			case err != nil:
				return err
			case show:
				return runVerb(cmd, "show", id)
			case edit:
				return runVerb(cmd, "edit", id)
			}
			_, err = fmt.Fprintln(a.out, id)
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	addFilterFlags(cmd, a, &f)
	cmd.Flags().BoolVar(&show, "show", false, "show the note, as notes show does")
	cmd.Flags().BoolVar(&edit, "edit", false, "edit the note, as notes edit does")
	cmd.MarkFlagsMutuallyExclusive("show", "edit")
	return cmd
}

// runVerb goes on as another command.
func runVerb(cmd *cobra.Command, verb, id string) error {
	other, _, err := cmd.Root().Find([]string{verb})
	if err != nil {
		return err
	}
	other.SetContext(cmd.Context())
	return other.RunE(other, []string{id})
}

// pick lets a person pick a note and returns its id.
func (a *app) pick(ctx context.Context, o api.ListOptions, query string) (string, error) {
	c, err := a.client()
	if err != nil {
		return "", err
	}
	in, ok := a.in.(*os.File)
	if !ok {
		return "", errors.New("stdin is no file")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return "", err
	}
	_, _ = io.WriteString(a.errOut, enterScreen)
	defer func() {
		_, _ = io.WriteString(a.errOut, leaveScreen)
		_ = term.Restore(int(in.Fd()), state)
	}()
	s := &pickSession{
		app: a, client: c,
		picker:  &picker{query: []rune(sanitizeLine(query)), loading: true},
		view:    &pickView{p: newPrinter(a.errOut, a.getenv, a.color, a.now), preview: map[string][]string{}},
		want:    make(chan struct{}, 1),
		typed:   make(chan string),
		pages:   make(chan pickPage, 16),
		fetched: make(chan pickNote, 1),
	}
	go s.read(ctx, in)
	go s.load(ctx, o)
	return s.run(ctx)
}
