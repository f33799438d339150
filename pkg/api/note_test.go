package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

// texts are what the rules for all texts say about one of this limit.
func texts(limit int) []struct {
	name, text string
	code       api.Code
} {
	return []struct {
		name, text string
		code       api.Code
	}{
		{"plain", "buy milk", ""},
		{"lines and tabs", "a\r\n\tb\n", ""},
		{"control characters", "\x1b[31mred\x7f\u0085", ""},
		{"every kind of Unicode", "é e\u0301 密 🙂 \u202e\u200b\ufeff\ufffd\U0010ffff", ""},
		{"as many bytes as allowed", strings.Repeat("a", limit), ""},
		{"as many bytes as allowed, in characters of 2", strings.Repeat("é", limit/2), ""},
		{"one byte more", strings.Repeat("a", limit+1), api.CodeTooLarge},
		{"one byte more, in characters of 2", strings.Repeat("é", limit/2) + "a", api.CodeTooLarge},
		{"NUL", "a\x00b", api.CodeInvalid},
		{"invalid UTF-8", "a\xffb", api.CodeInvalid},
		{"half a character", "a\xc3", api.CodeInvalid},
		{"a surrogate", "a\xed\xa0\x80b", api.CodeInvalid},
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	fields := []struct {
		name, field string
		limit       int
		validate    func(string) error
	}{
		{"title of a new note", "title", 1 << 10, func(s string) error { return api.NewNote{Title: s}.Validate() }},
		{"body of a new note", "body", 1 << 20, func(s string) error { return api.NewNote{Body: s}.Validate() }},
		{"title of a patch", "title", 1 << 10, func(s string) error { return api.NotePatch{Title: &s}.Validate() }},
		{"body of a patch", "body", 1 << 20, func(s string) error { return api.NotePatch{Body: &s}.Validate() }},
		{"text to append", "text", 1 << 20, func(s string) error { return api.Append{Text: s}.Validate() }},
	}
	for _, f := range fields {
		for _, tt := range texts(f.limit) {
			t.Run(f.name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				wantError(t, f.validate(tt.text), tt.code, f.field)
			})
		}
	}
}

func TestNewNoteValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		in    api.NewNote
		code  api.Code
		field string
	}{
		{"nothing at all", api.NewNote{}, "", ""},
		{"with an id", api.NewNote{ID: "k3v9c0x7m2qa"}, "", ""},
		{"with half an id", api.NewNote{ID: "k3v9"}, api.CodeInvalid, "id"},
		{"with an id in capitals", api.NewNote{ID: "K3V9C0X7M2QA"}, api.CodeInvalid, "id"},
		{"with a bad tag", api.NewNote{Tags: []string{"a b"}}, api.CodeInvalid, "tags"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantError(t, tt.in.Validate(), tt.code, tt.field)
		})
	}
}

func TestNotePatchValidate(t *testing.T) {
	t.Parallel()
	empty, no := "", false
	tests := []struct {
		name  string
		in    api.NotePatch
		code  api.Code
		field string
	}{
		{"nothing", api.NotePatch{}, api.CodeInvalid, ""},
		{"an empty title", api.NotePatch{Title: &empty}, "", ""},
		{"an empty body", api.NotePatch{Body: &empty}, "", ""},
		{"no tags any more", api.NotePatch{Tags: &[]string{}}, "", ""},
		{"not pinned", api.NotePatch{Pinned: &no}, "", ""},
		{"not archived", api.NotePatch{Archived: &no}, "", ""},
		{"a bad tag", api.NotePatch{Tags: &[]string{"a,b"}}, api.CodeInvalid, "tags"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantError(t, tt.in.Validate(), tt.code, tt.field)
		})
	}
}

func TestAppendValidate(t *testing.T) {
	t.Parallel()
	wantError(t, api.Append{}.Validate(), api.CodeInvalid, "text")
	wantError(t, api.Append{Text: "\n"}.Validate(), "", "")
}

func TestValidateTags(t *testing.T) {
	t.Parallel()
	many := make([]string, 65)
	for i := range many {
		many[i] = fmt.Sprint("t", i)
	}
	tests := []struct {
		name string
		in   []string
		code api.Code
	}{
		{"none", nil, ""},
		{"words", []string{"home", "to-do", "2026", "c++", "a/b", "#x", "план", "買い物", "🙂"}, ""},
		{"64 tags", many[:64], ""},
		{"65 tags", many, api.CodeInvalid},
		{"64 bytes", []string{strings.Repeat("a", 64)}, ""},
		{"65 bytes", []string{strings.Repeat("a", 65)}, api.CodeTooLarge},
		{"33 characters of 2 bytes", []string{strings.Repeat("é", 33)}, api.CodeTooLarge},
		{"the second is empty", []string{"a", ""}, api.CodeInvalid},
		{"space", []string{"to do"}, api.CodeInvalid},
		{"no-break space", []string{"to\u00a0do"}, api.CodeInvalid},
		{"line break", []string{"a\n"}, api.CodeInvalid},
		{"comma", []string{"a,b"}, api.CodeInvalid},
		{"capital", []string{"Home"}, api.CodeInvalid},
		{"capital of another script", []string{"Дом"}, api.CodeInvalid},
		{"escape", []string{"\x1b[31m"}, api.CodeInvalid},
		{"NUL", []string{"a\x00"}, api.CodeInvalid},
		{"invalid UTF-8", []string{"a\xff"}, api.CodeInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantError(t, api.ValidateTags(tt.in), tt.code, "tags")
		})
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 160)
	tests := []struct{ name, body, want string }{
		{"empty", "", ""},
		{"short", "buy milk", "buy milk"},
		{"lines become one", "# List\n\n- milk\r\n-\t bread\n", "# List - milk - bread"},
		{"space around", " \n\u00a0milk\u2028\n", "milk"},
		{"only space", " \n\t ", ""},
		{"control characters", "\x1b[31mred\x07\x7f", "[31mred"},
		{"160 characters", long, long},
		{"160 characters and space", long + "\n\n", long},
		{"160 characters of 4 bytes", strings.Repeat("🙂", 160), strings.Repeat("🙂", 160)},
		{"161 characters", long + "b", long + "…"},
		{"a space for the 160th", long[1:] + " b", long[1:] + "…"},
		{"a space for the 161st", long + " b", long + "…"},
		{"a word at the end", long[2:] + " b", long[2:] + " b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := api.Excerpt(tt.body); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
