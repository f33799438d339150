package main

import (
	"context"
	"errors"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
)

// A command line that begins with an alias is rewritten before cobra sees it, so
// that flags, completion and errors are those of the command it stands for. The
// configuration is read only when the first word is no command of ours, and for
// help, which lists the aliases.

// expandAliases returns args with the alias that they begin with expanded, if they
// begin with one; or, for an alias of the shell, what to give to sh.
func (a *app) expandAliases(root *cobra.Command, args []string) (expanded, script []string, err error) {
	completing := len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
	from := 0
	if completing {
		from = 1
	}
	at := from + commandWord(root, args[from:])
	word := ""
	if at < len(args) {
		word = args[at]
	}
	switch {
	case slices.Contains(args, "--version") && word == "":
		return args, nil, nil
	case !completing && word != "" && word != "help" && isCommand(root, word):
		return args, nil, nil
	}
	c, err := a.config()
	if err != nil {
		if word == "" || word == "help" || completing {
			err = nil // it has nothing to do with the configuration
		}
		return args, nil, err
	}
	listAliases(root, c.Aliases)
	if completing && at == len(args)-1 {
		return args, nil, nil // the word itself is what is to be completed
	}
	var seen []string
	for {
		line, ok := c.Aliases[word]
		if !ok || isCommand(root, word) {
			return args, nil, nil
		}
		if slices.Contains(seen, word) {
			return args, nil, aliasLoop(word)
		}
		seen = append(seen, word)
		shell, isShell := strings.CutPrefix(line, "!")
		if completing && (isShell || strings.Contains(line, "$")) {
			return args, nil, nil
		}
		if isShell {
			return nil, append([]string{"-c", shell, "notes"}, args[at+1:]...), nil
		}
		words, err := expandAlias(word, line, args[at+1:])
		if err != nil {
			return args, nil, err
		}
		args = slices.Concat(args[:at], words)
		word = words[0]
	}
}

// commandWord is where in args the name of a command stands, behind the global
// flags.
func commandWord(root *cobra.Command, args []string) int {
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "-")
		if !isFlag {
			return i
		}
		f := root.PersistentFlags().Lookup(strings.TrimPrefix(name, "-"))
		if f != nil && f.NoOptDefVal == "" {
			i++ // its value
		}
	}
	return len(args)
}

// isCommand reports whether a word is one of our commands, which no alias can be.
func isCommand(root *cobra.Command, word string) bool {
	return word == "help" || slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool {
		return c.GroupID != groupAliases && (c.Name() == word || c.HasAlias(word))
	})
}

const groupAliases = "aliases"

// listAliases lets help and completion know the aliases.
func listAliases(root *cobra.Command, aliases map[string]string) {
	if len(aliases) == 0 || root.ContainsGroup(groupAliases) {
		return
	}
	root.AddGroup(&cobra.Group{ID: groupAliases, Title: "Aliases:"})
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		if checkAliasName(root, name) == nil {
			line := sanitizeLine(aliases[name])
			addVerbs(root, groupAliases, &cobra.Command{
				Use: name, Short: truncate(line, 60), Long: "An alias of yours: " + line,
				DisableFlagParsing: true, Run: func(*cobra.Command, []string) {},
			})
		}
	}
}

// expandAlias is the command line of an alias with these words behind it. A word
// that takes the place of $1 stays one word, whatever is in it.
func expandAlias(name, line string, rest []string) ([]string, error) {
	words, err := splitWords(line)
	if err != nil {
		return nil, usagef("the alias %q: %w", name, err)
	}
	if len(words) == 0 {
		return nil, usagef("the alias %q is empty", name)
	}
	used, missing := map[int]bool{}, false
	for i, w := range words {
		words[i] = fill(w, func(n int) string {
			if n > len(rest) {
				missing = true
				return ""
			}
			used[n-1] = true
			return rest[n-1]
		})
	}
	if missing {
		return nil, withHint(usagef("the alias %q wants more words", name), "it is: %s", line)
	}
	for i, w := range rest {
		if !used[i] {
			words = append(words, w)
		}
	}
	return words, nil
}

// fill puts values in the place of $1 to $9 in a word.
func fill(word string, value func(n int) string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(word, "$")
		b.WriteString(before)
		switch {
		case !found:
			return b.String()
		case after != "" && '1' <= after[0] && after[0] <= '9':
			b.WriteString(value(int(after[0] - '0')))
			after = after[1:]
		default:
			b.WriteByte('$')
		}
		word = after
	}
}

// splitWords splits a line as a shell does: at spaces, outside of quotes.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun, escaped, quote := false, false, rune(0)
	for _, r := range line {
		switch {
		case escaped:
			escaped = false
			word.WriteRune(r)
		case r == '\\' && quote != '\'':
			begun, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			begun, quote = true, r
		case quote == 0 && unicode.IsSpace(r):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			begun = true
			word.WriteRune(r)
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("a quote is not closed")
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}

func checkAliasName(root *cobra.Command, name string) error {
	switch {
	case isCommand(root, name):
		return usagef("%q is a command already", name)
	case name == "" || name[0] == '-' || strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return usagef("%q cannot be the name of a command: it is one word", name)
	}
	return nil
}

// checkAlias refuses an alias that leads to no command.
func checkAlias(root *cobra.Command, all map[string]string, name string) error {
	var seen []string
	for word := name; ; {
		line := all[word]
		if strings.HasPrefix(line, "!") {
			return nil
		}
		words, err := splitWords(line)
		switch {
		case err != nil:
			return usageError{err}
		case len(words) == 0:
			return usagef("the alias %q is empty", word)
		}
		seen = append(seen, word)
		word = words[0]
		_, known := all[word]
		switch {
		case isCommand(root, word):
			return nil
		case !known:
			return withHint(usagef("there is no command %q", "notes "+word), "a line for the shell begins with !")
		case slices.Contains(seen, word):
			return aliasLoop(name)
		}
	}
}

func aliasLoop(name string) error { return usagef("the alias %q leads back to itself", name) }

// runScript runs an alias of the shell, in whose place notes stands.
func (a *app) runScript(ctx context.Context, script []string) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "sh", script...) //nolint:gosec // the user's own command
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.out, a.errOut
	if err := cmd.Start(); err != nil {
		return err
	}
	a.catchInterrupts(ctx)
	err := a.foreground(cmd.Wait, passTo(cmd.Process))
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return told{exitStatus(exitCodeOf(exit))}
	}
	return err
}
