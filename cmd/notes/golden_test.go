package main

import (
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/version"
)

// What scripts see of each command stands in testdata/golden, one file a command:
// lines that begin with "$ " are run by a shell, and what follows is what they
// write. Lines that begin with "2> " came on stderr, and "[exit 3]" is an exit
// code other than 0. A change there breaks somebody's script: see
// docs/scripting.md. -update writes what the commands write now.

var update = flag.Bool("update", false, "write testdata/golden")

// elsewhere are the commands whose output is no contract.
var elsewhere = map[string]string{
	"notes help":                  "help.txtar",
	"notes completion bash":       "completion.txtar",
	"notes completion fish":       "completion.txtar",
	"notes completion powershell": "cobra's",
	"notes completion zsh":        "completion.txtar",
}

// seed are the notes that each file finds.
var seed = [][]string{
	{
		"-f", "id=aaaaaaaaaaaa", "-f", "title=Buy milk", "-f", "body=- oats\n- bread\n", "-f", "tags[]=home", "-f", "tags[]=shop",
		"-F", "pinned=true", "-f", "created_at=2020-01-01T08:00:00Z", "-f", "updated_at=2020-01-02T09:30:00.123Z",
	},
	{"-f", "id=bbbbbbbbbbbb", "-f", "title=Tabs\tand \"quotes\"", "-f", "created_at=2020-02-01T08:00:00Z", "-f", "updated_at=2020-02-01T08:00:00Z"},
	{
		"-f", "id=cccccccccccc", "-f", "body=No title.\n", "-f", "tags[]=home", "-F", "archived=true",
		"-f", "created_at=2020-03-01T08:00:00Z", "-f", "updated_at=2020-03-01T08:00:00Z",
	},
	{"-f", "id=dddddddddddd", "-f", "title=Old", "-f", "created_at=2020-04-01T08:00:00Z", "-f", "updated_at=2020-04-01T08:00:00Z"},
}

func TestGolden(t *testing.T) {
	t.Parallel()
	var used []string
	for cmd := range commands(newRoot(&app{out: io.Discard, errOut: io.Discard, lookupenv: os.LookupEnv})) {
		if elsewhere[cmd.CommandPath()] != "" {
			continue
		}
		file := filepath.Join("testdata", "golden", strings.ReplaceAll(strings.TrimPrefix(cmd.CommandPath(), "notes "), " ", "_")+".txt")
		used = append(used, file)
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "_"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("%q has no %s: write its command lines there, and run this test with -update", cmd.CommandPath(), file)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := transcribe(t, string(want))
			checkCoverage(t, cmd, got)
			if *update {
				err = os.WriteFile(file, []byte(got), 0o644)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" && !*update || err != nil {
				t.Errorf("%s (-want +got): %v\n%s", file, err, diff)
			}
		})
	}
	there, err := filepath.Glob("testdata/golden/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range there {
		if !slices.Contains(used, file) {
			t.Errorf("%s is of no command", file)
		}
	}
}

// commands yields what can be run.
func commands(parent *cobra.Command) func(yield func(*cobra.Command) bool) {
	return func(yield func(*cobra.Command) bool) {
		for _, cmd := range parent.Commands() {
			switch {
			case cmd.HasSubCommands():
				for sub := range commands(cmd) {
					if !yield(sub) {
						return
					}
				}
			case cmd.Runnable() && !yield(cmd):
				return
			}
		}
	}
}

// checkCoverage fails where a file leaves out a part of the contract that every
// command has.
func checkCoverage(t *testing.T, cmd *cobra.Command, text string) {
	t.Helper()
	if !strings.Contains(text, "[exit 2]") {
		t.Error("no command line is a wrong one")
	}
	complete, ok := cmd.GetFlagCompletionFunc("json")
	if !ok {
		return
	}
	fields, _ := complete(cmd, nil, "")
	for _, want := range []string{"--json " + strings.Join(fields, ","), "--jq ", "--template ", `2> {"code":"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no command line shows %s", want)
		}
	}
}

// transcribe runs the command lines of a file against a server of its own and
// returns the file as it would be now.
func transcribe(t *testing.T, file string) string {
	t.Helper()
	server, dir := serveNotes(t), t.TempDir()
	env := []string{"NOTES_SERVER=" + server, "NOTES_CONFIG_DIR=" + filepath.Join(dir, "config"), "NOTES_TOKEN=", "TZ=UTC", "EDITOR=true", "VISUAL=", "NOTES_EDITOR="}
	signUp(t, env)
	for _, fields := range seed {
		output(t, env, "", append([]string{"api", "POST", "/notes"}, fields...)...)
	}
	output(t, env, "", "rm", "dddddddddddd")

	var got strings.Builder
	for line := range strings.Lines(file) {
		command, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "$ ")
		if !ok {
			continue
		}
		var out, errOut strings.Builder
		cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
		cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), dir, &out, &errOut
		err := cmd.Run()
		exit, failed := errors.AsType[*exec.ExitError](err)
		if err != nil && !failed {
			t.Fatal(err)
		}
		got.WriteString(line)
		got.WriteString(steady(out.String(), server, dir))
		if s := out.String(); s != "" && !strings.HasSuffix(s, "\n") {
			got.WriteString("[no line end]\n")
		}
		for said := range strings.Lines(steady(errOut.String(), server, dir)) {
			got.WriteString("2> " + said)
		}
		if failed {
			got.WriteString("[exit " + strings.TrimPrefix(exit.String(), "exit status ") + "]\n")
		}
	}
	return got.String()
}

var (
	anyID    = regexp.MustCompile(`\b[0-9a-hjkmnp-tv-z]{12}\b`)
	anyTime  = regexp.MustCompile(`\b20(2[1-9]|[3-9][0-9])-[0-9]{2}-[0-9]{2}(T[0-9:]{8}\.[0-9]{3}Z)?`) // the seed is of 2020
	anyToken = regexp.MustCompile(`npat_[-_0-9A-Za-z]+`)
	anyBuild = regexp.MustCompile(`"(server_version|version|commit|go)":"[^"]*"`)
	anyGo    = regexp.MustCompile(`\bgo1\.[0-9.]+|(?m:^version\t.*|^dev$)`)
	anyDraft = regexp.MustCompile(`-[0-9]+\.md`)
)

// steady puts names in the place of what is another each time.
func steady(text, server, dir string) string {
	host, _ := os.Hostname()
	text = strings.NewReplacer(server, "http://SERVER", strings.TrimPrefix(server, "http://"), "SERVER", dir, "DIR",
		version.Line("notes"), "VERSION", " on "+host, " on HOST").Replace(text)
	text = anyToken.ReplaceAllString(text, "TOKEN")
	text = anyBuild.ReplaceAllString(text, `"$1":"VERSION"`)
	text = anyGo.ReplaceAllString(text, "VERSION")
	text = anyDraft.ReplaceAllString(text, "-N.md")
	text = anyTime.ReplaceAllStringFunc(text, func(s string) string {
		if strings.Contains(s, "T") {
			return "TIME"
		}
		return "DATE"
	})
	return anyID.ReplaceAllStringFunc(text, func(id string) string {
		if strings.Trim(id, id[:1]) == "" { // of the seed
			return id
		}
		return "ID"
	})
}
