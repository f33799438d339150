//go:build man

// With the tag man, this package is a program that writes the manual pages of
// notes into a folder: go run -tags man ./cmd/notes bin/man (see make man). So
// what they need is not in notes. Cobra has a writer of its own, which takes the
// texts for Markdown and lets their columns run together.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/notesd/notesd/pkg/version"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run -tags man ./cmd/notes FOLDER")
	}
	date := time.Now()
	if epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		date = time.Unix(epoch, 0)
	}
	root := newRoot(&app{out: io.Discard, errOut: io.Discard, lookupenv: os.LookupEnv})
	root.InitDefaultHelpCmd()
	if err := writePages(root, os.Args[1], date.UTC().Format(time.DateOnly)); err != nil {
		log.Fatal(err)
	}
}

// writePages writes the page of a command and those of the commands below it.
func writePages(cmd *cobra.Command, dir, date string) error {
	for _, sub := range cmd.Commands() {
		if err := writePages(sub, dir, date); err != nil {
			return err
		}
	}
	cmd.InitDefaultHelpFlag()
	name, section := pageOf(cmd)
	file := filepath.Join(dir, "man"+section, name+"."+section)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(manPage(cmd, date)), 0o644)
}

// pageOf names a page: topics are in section 7.
func pageOf(cmd *cobra.Command) (name, section string) {
	section = "1"
	if cmd.IsAdditionalHelpTopicCommand() {
		section = "7"
	}
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-"), section
}

func manPage(cmd *cobra.Command, date string) string {
	var b strings.Builder
	name, section := pageOf(cmd)
	fmt.Fprintf(&b, ".TH %q %s %q %q %q\n", strings.ToUpper(name), section, date, "notes "+version.Version(), "notes")
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(cmd.Short))
	if section == "1" {
		fmt.Fprintf(&b, ".SH SYNOPSIS\n\\fB%s\\fR\n", roff(cmd.UseLine()))
	}
	b.WriteString(".SH DESCRIPTION\n")
	writeText(&b, cmd.Long+"\n\n"+otherNames(cmd))
	writeCommands(&b, cmd)
	if section == "1" {
		writeFlags(&b, "OPTIONS", cmd.NonInheritedFlags())
		writeFlags(&b, "GLOBAL OPTIONS", cmd.InheritedFlags())
	}
	if cmd.Example != "" {
		b.WriteString(".SH EXAMPLES\n")
		writePlain(&b, cmd.Example)
	}
	if cmd.HasParent() {
		parent, _ := pageOf(cmd.Parent())
		fmt.Fprintf(&b, ".SH SEE ALSO\n\\fB%s\\fR(1), \\fBnotes\\-exit\\-codes\\fR(7)\n", roff(parent))
	}
	return b.String()
}

func otherNames(cmd *cobra.Command) string {
	if len(cmd.Aliases) == 0 {
		return ""
	}
	return "Also: " + strings.Join(cmd.Aliases, ", ")
}

func writeCommands(b *strings.Builder, cmd *cobra.Command) {
	if !cmd.HasSubCommands() {
		return
	}
	b.WriteString(".SH COMMANDS\n")
	for _, sub := range cmd.Commands() {
		name, section := pageOf(sub)
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR(%s)\n%s\n", roff(name), section, roff(sub.Short))
	}
}

func writeFlags(b *strings.Builder, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			fmt.Fprintf(b, "\\fB\\-%s\\fR, ", f.Shorthand)
		}
		fmt.Fprintf(b, "\\fB\\-\\-%s\\fR", roff(f.Name))
		if value != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", roff(value))
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(b, "\n%s\n", roff(usage))
	})
}

// writeText writes paragraphs, and leaves alone those that have columns.
func writeText(b *strings.Builder, text string) {
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if strings.HasPrefix(block, " ") || strings.Contains(block, "  ") {
			writePlain(b, block)
		} else {
			fmt.Fprintf(b, ".PP\n%s\n", roff(block))
		}
	}
}

func writePlain(b *strings.Builder, text string) {
	fmt.Fprintf(b, ".PP\n.nf\n%s\n.fi\n", roff(strings.TrimRight(text, "\n")))
}

// roff escapes what roff would take for its own, or for typography: an example can
// be copied from the page.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return strings.ReplaceAll(text, "\n.", "\n\\&.")
}
