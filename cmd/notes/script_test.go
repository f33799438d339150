package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs testdata/script: one script for each command, and one for
// each thing that others got wrong.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("NOTES_CONFIG_DIR", filepath.Join(e.WorkDir, "config"))
			e.Values["servers"] = servers{}
			return os.WriteFile(filepath.Join(e.WorkDir, "password"), []byte(password+"\n"), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": scriptServer, "stopserver": scriptStop, "exits": scriptExits, "id": scriptID, "mode": scriptMode,
		},
	})
}

// servers are those of one script, by the variable that holds their URL.
type servers map[string]*testServer

// scriptServer is "server [VAR]": it starts notesd and puts its URL into VAR,
// NOTES_SERVER unless told. Started again after stopserver, it has the same
// address and the same notes. VAR_PID is its process.
func scriptServer(ts *testscript.TestScript, _ bool, args []string) {
	name, addr := serverName(args), "127.0.0.1:0"
	if url := ts.Getenv(name); url != "" {
		addr = strings.TrimPrefix(url, "http://")
	}
	s, err := startServer(addr, ts.MkAbs(name+".db"))
	ts.Check(err)
	ts.Setenv(name, s.url)
	ts.Setenv(name+"_PID", strconv.Itoa(s.cmd.Process.Pid))
	all := ts.Value("servers").(servers)
	all[name] = s
	ts.Defer(func() {
		if all[name] == s {
			ts.Check(s.stop())
		}
	})
}

// scriptStop is "stopserver [VAR]".
func scriptStop(ts *testscript.TestScript, _ bool, args []string) {
	all := ts.Value("servers").(servers)
	ts.Check(all[serverName(args)].stop())
	delete(all, serverName(args))
}

func serverName(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return "NOTES_SERVER"
}

// scriptExits is "exits CODE PROGRAM ARGS…".
func scriptExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s exits with %d, want %d", args[1], got, want)
	}
}

// scriptID is "id VAR": the last command's stdout is an id alone, and VAR gets
// it.
func scriptID(ts *testscript.TestScript, _ bool, args []string) {
	id, ok := strings.CutSuffix(ts.ReadFile("stdout"), "\n")
	if !ok || len(id) != 12 || strings.ContainsAny(id, " \n") {
		ts.Fatalf("%q is no id alone", id)
	}
	ts.Setenv(args[0], id)
}

// scriptMode is "mode 0600 FILE…".
func scriptMode(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args[1:] {
		info, err := os.Stat(ts.MkAbs(file))
		ts.Check(err)
		if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", file, got, args[0])
		}
	}
}
