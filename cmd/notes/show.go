package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

func newShow(a *app) *cobra.Command {
	var raw bool
	var f format
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a note",
		Long: `Show a note: rendered on a terminal; when piped, its title, an empty line and its
body, which "notes add" takes back as the same note. --raw is the body alone,
byte for byte, on a terminal too, which does what the bytes tell it to.`,
		Example: `  notes show k3
  notes show k3 --raw > body.md
  notes show k3 --json title,body`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			n, err := getNote(cmd.Context(), c, words[0])
			if err != nil {
				return err
			}
			switch p := a.printer(); {
			case f.active():
				return f.write(cmd.Context(), p, recordOf(n))
			case raw:
				_, err = io.WriteString(a.out, n.Body)
			case p.tty:
				err = p.page(a.lookupenv, func(w io.Writer) error { return renderNote(w, p, n) })
			default:
				_, err = io.WriteString(a.out, joinText(n.Title, n.Body))
			}
			return err
		},
		ValidArgsFunction: a.completeIDs(),
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "write the body alone, byte for byte, on a terminal too")
	addFormatFlags(cmd, &f, noteFields)
	cmd.MarkFlagsMutuallyExclusive("raw", "json")
	return cmd
}

// renderNote writes a note for a person to read.
func renderNote(w io.Writer, p *printer, n api.Note) error {
	facts := []string{n.ID, "saved " + relativeTime(p.now(), n.UpdatedAt.Time)}
	for _, t := range n.Tags {
		facts = append(facts, "#"+sanitizeLine(t))
	}
	facts = append(facts, markWords(n.NoteMeta)...)
	_, err := fmt.Fprintf(w, "%s\n%s\n", p.paint(bold, sanitizeLine(n.Title)), p.paint(dim, strings.Join(facts, " · ")))
	if err != nil || n.Body == "" {
		return err
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return renderMarkdown(w, n.Body, p.width, p.color)
}
