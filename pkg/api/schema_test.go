package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel/high/base"

	"github.com/notesd/notesd/pkg/api"
)

// schemas returns the named schemas of openapi.yaml.
func schemas(t *testing.T) map[string]*base.Schema {
	t.Helper()
	text, err := os.ReadFile("../server/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := libopenapi.NewDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	model, err := doc.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*base.Schema{}
	for name, proxy := range model.Model.Components.Schemas.FromOldest() {
		all[name] = proxy.Schema()
	}
	return all
}

// TestSchemaMembers holds the types and openapi.yaml to the same members, with
// the same of them optional.
func TestSchemaMembers(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	for _, v := range wires() {
		name := reflect.TypeOf(v).Name()
		schema, ok := all[name]
		if !ok {
			t.Errorf("openapi.yaml has no schema %s", name)
			continue
		}
		var members, always []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			if f.Anonymous {
				continue
			}
			member, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			members = append(members, member)
			if options == "" {
				always = append(always, member)
			}
		}
		var declared []string
		for member := range schema.Properties.KeysFromOldest() {
			declared = append(declared, member)
		}
		slices.Sort(members)
		slices.Sort(declared)
		if diff := cmp.Diff(declared, members); diff != "" {
			t.Errorf("%s: members (-openapi.yaml +Go):\n%s", name, diff)
		}
		if schema.AdditionalProperties == nil || schema.AdditionalProperties.A != nil || schema.AdditionalProperties.B {
			t.Errorf("%s: the schema allows members that it does not name", name)
		}
		if name == "NewNote" {
			continue // Go always sends title and body; other clients may leave them out
		}
		required := slices.Clone(schema.Required)
		slices.Sort(always)
		slices.Sort(required)
		if diff := cmp.Diff(required, always); diff != "" {
			t.Errorf("%s: members that are always there (-openapi.yaml +Go):\n%s", name, diff)
		}
	}
}

// TestSchemaGolden holds the golden files up to their schemas, and proves for
// each that the schema would refuse a member more.
func TestSchemaGolden(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	v := schema_validation.NewSchemaValidatorWithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)), config.WithFormatAssertions())
	for _, wire := range wires() {
		name := reflect.TypeOf(wire).Name()
		text, err := os.ReadFile(goldenFile(wire))
		if err != nil {
			t.Fatal(err)
		}
		if ok, errs := v.ValidateSchemaBytes(all[name], text); !ok {
			t.Errorf("%s: %v", goldenFile(wire), errs)
		}
		var more map[string]any
		if err := json.Unmarshal(text, &more); err != nil {
			t.Fatal(err)
		}
		more["surprise"] = true
		if ok, _ := v.ValidateSchemaObject(all[name], more); ok {
			t.Errorf("%s: the schema takes a member it does not name", name)
		}
	}
}

// TestSchemaRefuses shows that the schemas know the limits.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	v := schema_validation.NewSchemaValidatorWithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)), config.WithFormatAssertions())
	tests := []struct{ name, schema, member, value string }{
		{"half an id", "Note", "id", `"k3v9"`},
		{"a time without milliseconds", "Note", "created_at", `"2026-01-31T12:00:00Z"`},
		{"a time that is none, where there is a description too", "Note", "updated_at", `"yesterday"`},
		{"a trash time that is none", "Note", "trashed_at", `"yesterday"`},
		{"revision 0", "Note", "revision", `0`},
		{"a revision as text", "Note", "revision", `"3"`},
		{"no tags", "Note", "tags", `null`},
		{"a tag twice", "Note", "tags", `["a","a"]`},
		{"a tag with a space", "Note", "tags", `["a b"]`},
		{"a long title", "Note", "title", `"` + strings.Repeat("a", api.MaxTitle+1) + `"`},
		{"a long body", "Note", "body", `"` + strings.Repeat("a", api.MaxBody+1) + `"`},
		{"a long excerpt", "Summary", "excerpt", `"` + strings.Repeat("a", 162) + `"`},
		{"a prefix that is none", "Summary", "prefix", `"u"`},
		{"no notes", "NotePage", "notes", `null`},
		{"an empty text to append", "Append", "text", `""`},
		{"a short password", "NewUser", "password", `"correct hor"`},
		{"a user name with a space", "NewUser", "username", `"ann b"`},
		{"an unheard-of kind", "Session", "kind", `"robot"`},
		{"an unheard-of scope", "Session", "scope", `"admin"`},
		{"a token of an unheard-of scope", "NewToken", "scope", `"admin"`},
		{"a token that nobody can tell from others", "NewToken", "label", `""`},
		{"a token for no time", "NewToken", "expires_in_days", `0`},
		{"a token for more than a year", "NewToken", "expires_in_days", `366`},
		{"a token for an hour", "NewToken", "expires_in_days", `0.04`},
		{"a token of another make", "Token", "token", `"ghp_opaque"`},
		{"a long label", "NewSession", "label", `"` + strings.Repeat("a", api.MaxLabel+1) + `"`},
		{"an unheard-of code", "Problem", "code", `"oops"`},
		{"a note with an error that has none", "Problem", "code", `"conflict"`},
		{"an error of status 200", "Problem", "status", `200`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + strings.ToLower(tt.schema) + ".json")
			if err != nil {
				t.Fatal(err)
			}
			members := map[string]any{}
			if err := json.Unmarshal(text, &members); err != nil {
				t.Fatal(err)
			}
			members[tt.member] = json.RawMessage(tt.value)
			if text, err = json.Marshal(members); err != nil {
				t.Fatal(err)
			}
			if ok, _ := v.ValidateSchemaBytes(all[tt.schema], text); ok {
				t.Errorf("%s takes %s: %s", tt.schema, tt.member, tt.value)
			}
		})
	}
}

// TestSchemaCodes holds the codes of openapi.yaml and of Go together.
func TestSchemaCodes(t *testing.T) {
	t.Parallel()
	problem := schemas(t)["Problem"]
	var declared, known []string
	for _, node := range problem.Properties.GetOrZero("code").Schema().Enum {
		declared = append(declared, node.Value)
	}
	for code := range codes {
		known = append(known, string(code))
	}
	slices.Sort(declared)
	slices.Sort(known)
	if diff := cmp.Diff(known, declared); diff != "" {
		t.Errorf("codes (-Go +openapi.yaml):\n%s", diff)
	}
}
