package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// editor is the command line of the user's editor.
func (a *app) editor() (string, error) {
	for _, variable := range []string{"NOTES_EDITOR", "VISUAL", "EDITOR"} {
		if line := strings.TrimSpace(a.getenv(variable)); line != "" {
			return line, nil
		}
	}
	for _, name := range []string{"vi", "nano", "notepad"} {
		if _, err := exec.LookPath(name); err == nil {
			return name, nil
		}
	}
	return "", withHint(errors.New("there is no editor"), "name yours in NOTES_EDITOR, VISUAL or EDITOR")
}

// edit lets the user edit a draft and returns its text. It needs a terminal.
func (a *app) edit(d draft) (string, error) {
	line, err := a.editor()
	if err != nil {
		return "", err
	}
	cmd := editorCommand(line, d.path)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.out, a.errOut
	if !isTerminal(a.out) { // as in id=$(notes add)
		cmd.Stdout = a.errOut
	}
	if err := a.foreground(cmd.Run, ours); err != nil {
		return "", fmt.Errorf("the editor %q: %w", line, err)
	}
	data, err := os.ReadFile(d.path)
	return string(data), err
}

// editorCommand runs an editor, whose name may come with arguments, without the
// login in its environment.
func editorCommand(line, path string) *exec.Cmd {
	unix := runtime.GOOS != "windows"
	if unix && !strings.ContainsAny(line, shellSyntax) {
		line = "exec " + line // a shell in between would die of the editor's Ctrl-C
	}
	if unix {
		line += ` "$1"`
	}
	cmd := shellCommand(line)
	if unix {
		cmd.Args = append(cmd.Args, "notes") // $0
	}
	cmd.Args = append(cmd.Args, path)
	cmd.Env = withoutLogin(cmd.Environ())
	return cmd
}
