package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

func TestCopyRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from := "sqlite:" + dir + "/notes.db"
	filled(t, from)
	served := "sqlite:" + t.TempDir() + "/served.db"
	serveStore(t, "--store", served)
	before := filesIn(t, dir)
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--to", from}, exitUsage, "--from is missing"},
		{[]string{"--from", from}, exitUsage, "--to is missing"},
		{[]string{"--from", from, "--to", "sqlite:"}, exitUsage, "--to sqlite: needs a path"},
		{[]string{"--from", from, "--to", "postgres://ann:hunter2@h/db"}, exitUsage, "--to is sqlite:PATH or mongodb://…"},
		{[]string{"--from", from, "--to", from}, exitUsage, "the same store"},
		{[]string{"--from", from, "--to", "sqlite:" + dir + "/../" + filepath.Base(dir) + "/notes.db"}, exitUsage, "the same store"},
		{[]string{"--from", "mongodb://ann:hunter2@h/notes", "--to", "mongodb://bob:hunter2@h/notes"}, exitUsage, "the same store"},
		{[]string{"--from", from, "--to", served, "--verify", "--leave-open"}, exitUsage, "say one"},
		{[]string{"--from", from, "--to", served}, 1, "in use by process"},
		{[]string{"--from", "sqlite:" + dir + "/none.db", "--to", served}, 1, "--from, or NOTESD_FROM"},
		{[]string{"--from", from, "--to", "sqlite:" + dir + "/none.db", "--verify"}, 1, "--to, or NOTESD_TO"},
		{[]string{"--to", "sqlite:" + dir + "/none.db", "--give-up"}, 1, "--to, or NOTESD_TO"},
		{[]string{"--from", from, "--to", "mongodb://ann:hunter2@" + freeAddr(t) + "/notes"}, 1, "cannot be reached"},
		{[]string{"--from", "mongodb://ann:hunter2@" + freeAddr(t) + "/notes", "--to", "sqlite:" + dir + "/new.db"}, 1, "cannot be reached"},
		{[]string{"--from", mongotest.URI(t), "--to", "sqlite:" + dir + "/new.db"}, 1, "there is no store in mongodb://"},
	} {
		said, code := notesd(t, append([]string{"copy"}, tt.args...)...)
		if code != tt.code || !strings.Contains(said, tt.want) || strings.Contains(said, "hunter2") {
			t.Errorf("notesd copy %q: exit code %d, want %d; %q lacks %q, or tells a password", tt.args, code, tt.code, said, tt.want)
		}
	}
	if d := cmp.Diff(before, filesIn(t, dir)); d != "" {
		t.Errorf("the folder of the source (-before +after):\n%s", d)
	}
}

// TestCopyKeepsNoSecret wants the name of the source, and not its password, in the
// target and in what is said of it.
func TestCopyKeepsNoSecret(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"mongodb://ann:hunter2@a:1,b:2/notes?replicaSet=rs0": "mongodb://a:1,b:2/notes",
		"mongodb://a:1,b:2/notes":                            "mongodb://a:1,b:2/notes",
		"mongodb+srv://ann:hunter2@h":                        "mongodb+srv://h",
		"sqlite:/no/such/folder/notes.db":                    "sqlite:/no/such/folder/notes.db",
	} {
		if got := sourceName(url); got != want {
			t.Errorf("the name of %s is %s, want %s", url, got, want)
		}
	}
}

// TestCopyProgress: on a terminal a bar shows how far a copy is, and is gone at
// the end.
func TestCopyProgress(t *testing.T) {
	t.Parallel()
	from, to := "sqlite:"+t.TempDir()+"/notes.db", mongotest.URI(t)
	fillDirectly(t, from, 1200)
	cmd := program(t)
	cmd.Args = append(cmd.Args, "copy")
	cmd.Env = append(cmd.Env, "NOTESD_FROM="+from, "NOTESD_TO="+to)
	screen, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	said, _ := io.ReadAll(screen) // that it ends is an error on Linux
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	for _, want := range []string{"[###", " %  1", " records copied", " records verified", "\r\x1b[Kcopied in "} {
		if !strings.Contains(string(said), want) {
			t.Errorf("%q lacks %q", said, want)
		}
	}
}
