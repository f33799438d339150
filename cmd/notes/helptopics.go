package main

const helpRecovery = `Nothing that you do to a note is lost at once.

  notes undo            takes back what you did last, from whichever program: an
                        edit, a delete, a revert, a change of many notes, an import
  notes undo --list     the last 20 operations; notes undo ID takes back one of them
  notes undo            after an undo: takes that back
  notes history ID      the texts that a note had, up to 100
  notes revert ID 7     brings one of them back
  notes restore ID      takes a note out of the trash, where it stays 30 days

One command is one operation, to however many notes. Notes that were changed since
stay as they are and are listed; then the exit code is 5. What cannot be taken back
is what asks before it is done: rm --purge, trash empty, account delete.`

const helpScripting = `Data comes on stdout, talk on stderr, and the exit code says how it ended (see
"notes help exit-codes"). Without a terminal nothing asks, nothing is coloured and
nothing is cut.

  id=$(notes add Buy milk)                      commands that make a note print its id
  notes ls --json id --jq '.[].id'              fields by name (notes help formatting)
  notes ls --tag old | notes rm -               ids from stdin, one operation
  notes run -q --tag log -- make test           a command's output as a note
  notes api /notes -f limit=1                   any request of the API
  notes export - | gzip > notes.gz              all notes, as lines of JSON

A machine logs in by a token: "notes token create" makes one that may only add, or
only read, and NOTES_TOKEN holds it. Where the server is away, a text that was to
be saved is kept in a file, which is named on stderr.

docs/scripting.md says what will not change, with ten worked examples.`

const helpAliases = `An alias is a command of your own, kept in config.json:

  notes alias set work 'ls --tag work'
  notes work -n 5                          is: notes ls --tag work -n 5

What is typed behind it follows, but for what takes the place of $1 to $9, where a
word stays one word:

  notes alias set todo 'add --tag todo --title "$1"'
  notes todo 'Call the plumber' about the tap

With ! at the beginning it is a line for sh, which gets the words as "$1" and "$@":

  notes alias set count '!notes ls --tag "$1" | wc -l'

An alias can begin with another one, and none can take the name of a command.
"notes alias ls" lists them, "notes alias rm" forgets them; help and the shell's
completion know them.`
