package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

var outputNotes = []api.Summary{
	{
		NoteMeta: api.NoteMeta{
			ID: "k3", Title: `<say> "hi" & go`, Tags: []string{"a", "b"}, Revision: 3,
			UpdatedAt: api.TimeOf(time.Date(2026, 1, 31, 11, 0, 0, 0, time.UTC)),
		},
		Excerpt: "line\u009b",
	},
	{NoteMeta: api.NoteMeta{ID: "m9", Title: "second", Tags: []string{}, Revision: 12345678}, Excerpt: "\x1b[2J"},
}

// runFormat runs a command that has the flags, and returns what it wrote.
func runFormat(t *testing.T, p *printer, v any, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	p.Writer = &out
	p.now = func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }
	var f format
	cmd := &cobra.Command{Use: "x", SilenceErrors: true, SilenceUsage: true}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !f.active() {
			_, err := io.WriteString(p, "own form\n")
			return err
		}
		return f.write(cmd.Context(), p, v)
	}
	addFormatFlags(cmd, &f, []string{"id", "title", "tags", "revision", "updated_at", "trashed_at", "excerpt", "prefix"})
	cmd.SetArgs(append([]string{}, args...))
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "own form\n"},
		{[]string{"--json", "title,id"}, `[{"title":"<say> \"hi\" & go","id":"k3"},{"title":"second","id":"m9"}]` + "\n"},
		{[]string{"--json", "trashed_at,prefix", "--jq", ".[0]"}, `{"prefix":null,"trashed_at":null}` + "\n"},
		{[]string{"--json=id,title", "--jq", ".[].title"}, "<say> \"hi\" & go\nsecond\n"},
		{[]string{"--json", "revision", "--jq", "map(.revision)|add"}, "12345681\n"},
		{[]string{"--json", "tags", "--jq", ".[].tags[]?, (.[1].tags|length)"}, "a\nb\n0\n"},
		{[]string{"--json", "id", "--jq", ".[0].id, halt, .[1].id"}, "k3\n"},
		{[]string{"--json", "id,revision", "--template", `{{range .}}{{.id}}={{.revision}} {{end}}`}, "k3=3 m9=12345678 "},
		{
			[]string{
				"--json", "tags,updated_at,title", "--template",
				`{{with index . 0}}{{join "+" .tags}} {{timeago .updated_at}} {{timefmt "2 Jan" .updated_at}} {{truncate 5 .title}} {{json .tags}}{{end}}`,
			},
			`a+b 1 hour ago 31 Jan <say… ["a","b"]`,
		},
	} {
		got, err := runFormat(t, &printer{}, outputNotes, tt.args...)
		if err != nil || got != tt.want {
			t.Errorf("%q:\n got %q, %v\nwant %q", tt.args, got, err, tt.want)
		}
	}
}

func TestFormatOne(t *testing.T) {
	t.Parallel()
	got, err := runFormat(t, &printer{}, outputNotes[0], "--json", "id,revision")
	if want := `{"id":"k3","revision":3}` + "\n"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	got, err = runFormat(t, &printer{}, []api.Summary(nil), "--json", "id")
	if want := "[]\n"; err != nil || got != want {
		t.Errorf("no notes: got %q, %v; want %q", got, err, want)
	}
}

// TestFormatOnTerminal: JSON is laid out, still JSON, and controls nothing.
func TestFormatOnTerminal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{
			[]string{"--json", "id,excerpt"},
			"[\n  {\n    \"id\": \"k3\",\n    \"excerpt\": \"line\\u009b\"\n  },\n  {\n    \"id\": \"m9\",\n    \"excerpt\": \"\\u001b[2J\"\n  }\n]\n",
		},
		{[]string{"--json", "excerpt", "--jq", ".[].excerpt"}, "line\\u009b\n\\x1b[2J\n"},
		{[]string{"--json", "excerpt", "--template", "{{(index . 1).excerpt}}"}, `\x1b[2J`},
	} {
		got, err := runFormat(t, &printer{tty: true}, outputNotes, tt.args...)
		if err != nil || got != tt.want {
			t.Errorf("%q:\n got %q, %v\nwant %q", tt.args, got, err, tt.want)
		}
	}
}

func TestFormatErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args  []string
		want  string
		usage bool
	}{
		{[]string{"--json"}, "--json wants fields, separated by commas: id, title,", true},
		{[]string{"--json="}, "--json wants fields, separated by commas: id, title,", true},
		{[]string{"--json", "id,body"}, `there is no field "body": the fields are id, title,`, true},
		{[]string{"--jq", "."}, "add --json FIELDS", true},
		{[]string{"--template", "x"}, "add --json FIELDS", true},
		{[]string{"--json", "id", "--jq", ".", "--template", "x"}, "exclude each other", true},
		{[]string{"--json", "id", "--jq", ".["}, "--jq: unexpected", true},
		{[]string{"--json", "id", "--jq", "nosuch"}, "function not defined", true},
		{[]string{"--json", "id", "--template", "{{"}, "--template: ", true},
		{[]string{"--nosuch"}, "unknown flag", true},
		{[]string{"--json", "id", "--jq", ".id"}, "--jq: expected an object", false},
		{[]string{"--json", "id", "--template", "{{.id}}"}, "--template: ", false},
	} {
		out, err := runFormat(t, &printer{}, outputNotes, tt.args...)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %q", tt.args, err, tt.want)
		}
		if _, ok := errors.AsType[usageError](err); ok != tt.usage {
			t.Errorf("%q: a usage error: %v, want %v", tt.args, ok, tt.usage)
		}
		if out != "" {
			t.Errorf("%q wrote %q", tt.args, out)
		}
	}
}
