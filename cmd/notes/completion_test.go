package main

import (
	"os"
	"testing"
)

// The tab key completes ids and tags in the real shells.
func TestCompletionInShells(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(bashCompletion); err != nil {
		missing(t, "bash-completion")
	}
	for _, shell := range []struct {
		name    string
		args    []string
		prepare string
	}{
		{"bash", []string{"--norc", "--noprofile", "-i"}, "source " + bashCompletion + "; source <(notes completion bash)"},
		{"zsh", []string{"-f", "-i"}, "autoload -U compinit; compinit -u -D; source <(notes completion zsh)"},
		{"fish", []string{"--no-config", "-i"}, "notes completion fish | source"},
	} {
		t.Run(shell.name, func(t *testing.T) {
			t.Parallel()
			require(t, shell.name, shell.name)
			env := person(t)
			signUp(t, env)
			id := output(t, env, "", "add", "Buy", "milk", "--tag", "hand-made,été")
			s := open(t, append(env, "PS1=> ", "LC_ALL=C.UTF-8", "HOME="+t.TempDir()), shell.name, shell.args...)
			s.send(shell.prepare + "; echo pre''pared" + enter)
			s.expect("prepared")
			s.send("notes show " + id[:2] + "\t")
			s.expect(id)
			s.send(enter)
			s.expect("Buy milk")
			s.send("notes tag rename han\t")
			s.expect("hand-made ")
			s.send("ét\t" + enter)
			s.expect("merged hand-made into été: 1 note changed")
		})
	}
}

const bashCompletion = "/usr/share/bash-completion/bash_completion"
