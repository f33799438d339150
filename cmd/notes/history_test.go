package main

import "testing"

// TestHistoryOnATerminal wants colours, the pager, and nothing that a text of
// the past could do to the terminal.
func TestHistoryOnATerminal(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	id := output(t, env, "Plan\n\n\x1b]0;owned\x07\nmilk\n", "add", "-")
	output(t, env, "bread\n", "update", id, "--title", "Plan B", "--body", "-")
	env = append(env, "NO_COLOR=")

	s := open(t, env, "notes", "history", id[:4])
	s.exits(0)
	s.expect("\x1b[4mREPLACED BY\x1b[0m")
	s.expect("\x1b[36m2\x1b[0m")
	s.expect("\x1b[2m(present)\x1b[0m")
	s.expect("\x1b[32mupdate\x1b[0m")

	s = open(t, append(env, "PAGER=sed s/milk/PAGED/"), "notes", "history", id[:4], "--diff", "1")
	s.exits(0)
	s.expect("\x1b[1m--- " + id)
	s.expect("\x1b[31m-Plan\x1b[0m")
	s.expect("\x1b[32m+Plan B\x1b[0m")
	s.expect(`\x1b]0;owned\x07`)
	s.expect("\x1b[31m-PAGED\x1b[0m")
	s.expect("\x1b[32m+bread\x1b[0m")

	s = open(t, env, "notes", "history", id[:4], "--diff", "2")
	s.exits(0)
	s.expect("nothing has changed")

	s = open(t, env, "notes", "history", id[:4], "1")
	s.exits(0)
	s.expect("saved just now")
	s.expect(`\x1b]0;owned\x07`)
}
