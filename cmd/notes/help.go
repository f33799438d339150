package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// newHelp is "notes help", which does not explain what is not there.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command or topic]",
		Short: "Explain a command or a topic",
		Long:  "Explain a command or a topic. \"notes\" alone lists them.",
		ValidArgsFunction: func(cmd *cobra.Command, words []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var offers []cobra.Completion
			of, _, err := cmd.Root().Find(words)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			for _, c := range of.Commands() {
				if strings.HasPrefix(c.Name(), begun) && (c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand()) {
					offers = append(offers, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return offers, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, words []string) error {
			of, rest, err := cmd.Root().Find(words)
			if err != nil {
				return usageError{err}
			}
			if len(rest) > 0 {
				return noSuchCommand(of, rest[0])
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}

// helpTopics are shown by "notes help TOPIC".
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "aliases", Short: "Commands of your own", Long: helpAliases},
		{Use: "environment", Short: "The environment variables", Long: helpEnvironment},
		{Use: "exit-codes", Short: "What the exit codes mean", Long: helpExitCodes},
		{Use: "formatting", Short: "Output for people and for programs", Long: helpFormatting},
		{Use: "ids", Short: "How notes are named", Long: helpIDs},
		{Use: "recovery", Short: "How to get things back", Long: helpRecovery},
		{Use: "scripting", Short: "What scripts can rely on", Long: helpScripting},
		{Use: "times", Short: "How points in time are written", Long: helpTimes},
	}
}

const helpEnvironment = `NOTES_SERVER      the URL of the server, unless --server is given
NOTES_TOKEN       a personal access token (see "notes token create") to use in place
                  of the stored login; while it is set, login, logout and what is
                  about the account refuse
NOTES_CONFIG_DIR  where the configuration and the drafts are, in place of
                  $XDG_CONFIG_HOME/notes (~/.config/notes) and
                  $XDG_STATE_HOME/notes (~/.local/state/notes)
NOTES_EDITOR      the editor, before VISUAL and EDITOR; may have arguments
NOTES_PAGER       the pager, before PAGER; empty or "cat" turns it off
NOTES_FORCE_TTY   write as for a terminal; a number is its width
NOTES_DEBUG       tell of each request on stderr, without tokens and texts
BROWSER           the browser of "notes open"
NO_COLOR          no colours, unless --color is given`

const helpExitCodes = `0    done
1    anything else that went wrong
2    the command line is wrong, or a name or text that it gives; or it wants an
     answer that nobody is there to give
3    there is no such note, or the beginning of its id fits several
4    not logged in, or not allowed
5    a conflict: the note was changed meanwhile, or the name is taken; not all was
     exported, imported or undone, because something else is there
6    the server is away
130  interrupted (143, 129, 131: ended by SIGTERM, SIGHUP or SIGQUIT)

"notes run", and an alias that begins with !, end with the exit code of what they
run: 126 when it cannot be run, 127 when it is not there, and 128 and the signal's
number when a signal ended it.

With --json, an error is one JSON object on stderr:
{"code", "message", "hint", "request_id", "retryable"}`

const helpFormatting = `On a terminal, lists are tables with colours and relative times, and notes are
rendered. When the output is piped, lists are lines with tabs between their
fields, without a header, and with times in RFC 3339 (UTC); a tab or a line feed
within a field is written as \t or \n.

  notes ls           id, title, tags, marks, time of the last save
  notes trash ls     the same, and the time when the trash lets go of it
  notes search       the same as ls, and the line with the first match
  notes tags         tag, how many notes have it
  notes history ID   revision, time of its last save, bytes of the body, title,
                     what it was replaced by and when
  notes undo --list  operation, time, what was done, to how many notes, title of
                     the only one, login or token
  notes sessions ls  id, kind, label, last use, end, whether it is this one
  notes token ls     id, scope, label, last use, end
  notes alias ls     name, command
  notes status       name of the value, value

Programs had better ask for fields by name:

  --json id,title                  one JSON value with these fields
  --json title --jq '.[].title'    filtered by a jq expression
  --json title --template '{{range .}}{{.title}}{{"\n"}}{{end}}'

--json without fields says which there are. Templates have the functions json,
join, timeago, timefmt and truncate.`

const helpTimes = `--since and --before take

  2026-01-31                 a day: its midnight in your time zone (see TZ)
  today, yesterday           likewise
  2026-01-31T12:00:00Z       a time in RFC 3339, also as 2026-01-31T13:00:00+01:00
  12h, 7d, 2w                so many hours, days or weeks ago

and look at the time of the last save of a note's title, body or tags. --since
counts from there on, --before up to there: --since 2026-01-01 --before 2026-02-01
is January, whole.`

const helpIDs = `A note's id is 12 characters of 0-9 and a-z without i, l, o and u. Every command
takes any beginning of it that no other of your notes shares, in whatever state
they are. "notes ls" shows the shortest such beginning in bold on a terminal.

Where a command takes several, "-" reads them from stdin: the first field of each
line, so that "notes ls --tag old | notes rm -" works. They are changed as one
operation, which one "notes undo" takes back; one that fails is told and keeps
none of the others from being done.

Case does not matter, and i, l and o are read as 1, 1 and 0. A beginning that
fits several notes does nothing, lists them, and ends with the exit code 3.`
