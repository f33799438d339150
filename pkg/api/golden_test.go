package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
)

var update = flag.Bool("update", false, "write the golden files anew")

// wires are one value of each type that goes over the wire, with every member
// filled. Its golden file in testdata is named as the type.
func wires() []any {
	at := func(minute int) api.Time {
		return api.TimeOf(time.Date(2026, 1, 31, 12, minute, 0, 123_000_000, time.UTC))
	}
	ptr := func(t api.Time) *api.Time { return &t }
	title, body, tags, yes, no := "Shopping", "- milk\n", []string{"home"}, true, false
	note := api.Note{
		NoteMeta: api.NoteMeta{
			ID: "k3v9c0x7m2qa", Title: `"Crème brûlée" <& \more> 🙂`, Tags: []string{"food", "to-do"}, Pinned: true,
			CreatedAt: at(0), UpdatedAt: at(1), Revision: 3,
		},
		Body: "# Crème brûlée\n\n1. milk\t½ l\r\n2. eggs\n",
	}
	summary := api.Summary{NoteMeta: note.NoteMeta, Excerpt: "# Crème brûlée 1. milk ½ l 2. eggs", Prefix: "k3"}
	summary.Archived, summary.TrashedAt, summary.Tags = true, ptr(at(2)), []string{}
	summary.ExpiresAt = ptr(api.TimeOf(at(2).AddDate(0, 0, 30)))
	summary.Match = &api.Match{Excerpt: "1. milk ½ l 2. eggs", Ranges: []api.Range{{3, 7}}, Title: []api.Range{}}
	user := api.User{ID: "0a1b2c3d4e5f", Username: "Ann", CreatedAt: at(0)}
	session := api.Session{
		ID: "z9y8x7w6v5t4", Kind: api.KindCLI, Scope: api.ScopeWrite, Label: "laptop", CreatedAt: at(0), LastUsedAt: at(1), ExpiresAt: at(2), Current: true,
	}
	revision := api.Revision{
		Number: 3, Title: title, Tags: tags, Size: 7, UpdatedAt: at(0), ReplacedAt: ptr(at(1)), ReplacedBy: api.ActionAppend, Operation: "0p0p0p0p0p0p",
	}
	operation := api.Operation{
		ID: "0p0p0p0p0p0p", At: at(1), Action: api.ActionAppend, Label: "laptop", Notes: 1, Note: &api.NoteRef{ID: note.ID, Title: title},
	}
	change := api.ChangeMeta{Kind: api.ChangeSaved, ID: note.ID, Revision: note.Revision}
	left := api.Left{ID: "z9y8x7w6v5t4", Title: title, Reason: api.ReasonChanged}
	return []any{
		note, summary, *summary.Match,
		api.NotePage{Notes: []api.Note{note}, NextCursor: "eyJzIjoidXBkYXRlZCJ9"},
		api.SummaryPage{Notes: []api.Summary{summary}, NextCursor: "eyJzIjoidXBkYXRlZCJ9"},
		api.NewNote{
			ID: note.ID, Title: title, Body: body, Tags: tags, Pinned: true, Archived: true, CreatedAt: ptr(at(0)), UpdatedAt: ptr(at(1)),
		},
		api.NotePatch{Title: &title, Body: &body, Tags: &tags, Pinned: &no, Archived: &yes},
		api.Append{Text: "- eggs\n"},
		api.Purged{Purged: 7},
		revision,
		api.RevisionText{Revision: revision, Body: body},
		api.RevisionList{Revisions: []api.Revision{revision}},
		api.Revert{Revision: 3},
		api.NoteRef{ID: note.ID, Title: title},
		operation,
		api.OperationList{Operations: []api.Operation{operation}},
		api.Undone{Undone: []api.NoteRef{*operation.Note}, Left: []api.Left{left}, NextCursor: "z9y8x7w6v5t4"},
		left,
		api.TagCount{Tag: "to-do", Count: 12},
		api.TagList{Tags: []api.TagCount{{Tag: "food", Count: 1}, {Tag: "to-do", Count: 12}}},
		api.TagRename{Name: "todo"},
		api.TagRenamed{Tag: "todo", Changed: 12, More: true},
		user,
		api.Me{User: user, Session: session},
		api.NewUser{Username: "Ann", Password: "correct horse battery"},
		api.PasswordChange{CurrentPassword: "correct horse battery", NewPassword: "battery horse correct"},
		api.AccountDeletion{Password: "correct horse battery"},
		session,
		api.SessionList{Sessions: []api.Session{session}},
		api.NewSession{Username: "Ann", Password: "correct horse battery", Label: "laptop", Cookie: true},
		api.Refresh{RefreshToken: "opaque"},
		api.Login{AccessToken: "header.claims.signature", ExpiresAt: at(30), RefreshToken: "opaque", User: user, Session: session},
		api.NewToken{Label: "backup script", Scope: api.ScopeRead, ExpiresInDays: 90},
		api.Token{Token: api.TokenPrefix + "opaque", Session: session},
		api.VersionInfo{Version: "1.2.3", API: api.Version},
		api.PortableNote{
			ID: note.ID, Title: note.Title, Body: note.Body, Tags: note.Tags, Pinned: true, Archived: true,
			CreatedAt: at(0), UpdatedAt: at(1), TrashedAt: ptr(at(2)),
		},
		api.Change{ChangeMeta: change, Note: &note},
		api.ChangeList{Changes: []api.Change{{ChangeMeta: change, Note: &note}}, Cursor: "c0c0c0c0c0c0-7", More: true},
		api.LiveChange{ChangeMeta: change, Note: &summary},
		api.Hello{Cursor: "c0c0c0c0c0c0-7"},
		api.ImportFailure{Line: 7, Detail: "the title is longer than 1 KiB"},
		api.ImportResult{
			Added: 5, Unchanged: 4, Kept: 1, Replaced: 2, KeptIDs: []string{note.ID},
			Failed: []api.ImportFailure{{Line: 7, Detail: "the title is longer than 1 KiB"}},
		},
		api.Problem{
			Type: "about:blank", Title: "Precondition Failed", Status: 412, Detail: "changed meanwhile", Code: api.CodeStale,
			Field: "If-Match", RequestID: "q1w2e3r4t5y6", Note: &note,
		},
	}
}

func goldenFile(v any) string {
	return filepath.Join("testdata", strings.ToLower(reflect.TypeOf(v).Name())+".json")
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, v := range wires() {
		t.Run(reflect.TypeOf(v).Name(), func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			e := json.NewEncoder(&got)
			e.SetIndent("", "  ")
			e.SetEscapeHTML(false)
			if err := e.Encode(v); err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(goldenFile(v), got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(goldenFile(v))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("JSON (-golden +got):\n%s", diff)
			}

			again := reflect.New(reflect.TypeOf(v))
			d := json.NewDecoder(bytes.NewReader(want))
			d.DisallowUnknownFields()
			if err := d.Decode(again.Interface()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, again.Elem().Interface()); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGoldenServer shows that the server's encoder and decoder agree with the
// standard ones.
func TestGoldenServer(t *testing.T) {
	t.Parallel()
	for _, v := range wires() {
		t.Run(reflect.TypeOf(v).Name(), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(goldenFile(v))
			if err != nil {
				t.Fatal(err)
			}
			got, err := jsonv2.Marshal(v, jsontext.WithIndent("  "))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("JSON (-golden +got):\n%s", diff)
			}
			again := reflect.New(reflect.TypeOf(v))
			if err := jsonv2.Unmarshal(want, again.Interface(), jsonv2.RejectUnknownMembers(true)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, again.Elem().Interface()); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGoldenFilled keeps wires honest: a member that is left out of its value
// is left out of every test that uses it.
func TestGoldenFilled(t *testing.T) {
	t.Parallel()
	may := []string{"Note.Archived", "Note.TrashedAt", "Note.ExpiresAt", "Note.Match"} // false and null are there to be seen
	for _, v := range wires() {
		name, value := reflect.TypeOf(v).Name(), reflect.ValueOf(v)
		for _, f := range reflect.VisibleFields(value.Type()) {
			if !f.Anonymous && value.FieldByIndex(f.Index).IsZero() && !slices.Contains(may, name+"."+f.Name) {
				t.Errorf("%s.%s is not filled", name, f.Name)
			}
		}
	}
}

// TestGoldenComplete finds the types with JSON members in the source: each is
// in wires, and no golden file is left from one that is gone.
func TestGoldenComplete(t *testing.T) {
	t.Parallel()
	var have []string
	for _, v := range wires() {
		have = append(have, reflect.TypeOf(v).Name())
	}
	slices.Sort(have)
	if diff := cmp.Diff(wireTypes(t), have); diff != "" {
		t.Errorf("types (-source +wires):\n%s", diff)
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(have) {
		t.Errorf("%d golden files for %d types", len(files), len(have))
	}
}

// wireTypes returns the exported structs of the package that have JSON members.
// NoteMeta and ChangeMeta are only ever part of others.
func wireTypes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			s, ok := spec.Type.(*ast.StructType)
			tagged := ok && slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool { return f.Tag != nil })
			if tagged && spec.Name.IsExported() && spec.Name.Name != "NoteMeta" && spec.Name.Name != "ChangeMeta" {
				names = append(names, spec.Name.Name)
			}
			return false
		})
	}
	slices.Sort(names)
	return names
}
