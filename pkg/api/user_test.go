package api_test

import (
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

func TestValidateUsername(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		ok       bool
	}{
		{"one character", "a", true},
		{"64 characters", strings.Repeat("a", 64), true},
		{"64 characters of 4 bytes", strings.Repeat("𐐨", 64), true},
		{"signs", "ann.b-c_9", true},
		{"capitals", "Ann", true},
		{"Cyrillic", "Анна", true},
		{"Han", "安娜", true},
		{"Devanagari, whose vowel signs are marks", "हिन्दी", true},
		{"Arabic digits", "علي٣", true},
		{"a letter made of two", "e\u0301va", true},
		{"empty", "", false},
		{"65 characters", strings.Repeat("a", 65), false},
		{"space", "ann b", false},
		{"space around", " ann", false},
		{"line break", "ann\n", false},
		{"at sign", "ann@example.org", false},
		{"slash", "ann/b", false},
		{"dollar", "$ne", false},
		{"quote", `ann"`, false},
		{"emoji", "ann🙂", false},
		{"NUL", "ann\x00", false},
		{"zero-width space", "an\u200bn", false},
		{"right-to-left override", "an\u202en", false},
		{"Roman numeral, which is a number and no digit", "henryⅧ", false},
		{"invalid UTF-8", "ann\xff", false},
		{"the replacement character", "ann\ufffd", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code := api.CodeInvalid
			if tt.ok {
				code = ""
			}
			wantError(t, api.ValidateUsername(tt.in), code, "username")
			wantError(t, api.NewUser{Username: tt.in, Password: "correct horse battery"}.Validate(), code, "username")
		})
	}
}

func TestValidatePassword(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		ok       bool
	}{
		{"12 characters", "correct hors", true},
		{"12 characters of 3 bytes", strings.Repeat("密", 12), true},
		{"1,024 bytes", strings.Repeat("a", 1024), true},
		{"spaces around", "  correct horse  ", true},
		{"the name and more", "annabel-smith!", true},
		{"11 characters", "correct hor", false},
		{"11 characters of 4 bytes", strings.Repeat("🙂", 11), false},
		{"1,025 bytes", strings.Repeat("a", 1025), false},
		{"342 characters of 3 bytes", strings.Repeat("密", 342), false},
		{"empty", "", false},
		{"invalid UTF-8", "correct horse\xff", false},
		{"the user name", "annabel-smith", false},
		{"the user name in capitals", "ANNABEL-SMITH", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code := api.CodeInvalid
			if tt.ok {
				code = ""
			}
			wantError(t, api.ValidatePassword("new_password", tt.in, "annabel-smith"), code, "new_password")
			wantError(t, api.NewUser{Username: "annabel-smith", Password: tt.in}.Validate(), code, "password")
		})
	}
}

func TestNewSessionValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		in    api.NewSession
		code  api.Code
		field string
	}{
		{"name and password", api.NewSession{Username: "ann", Password: "x"}, "", ""},
		{"a name that nobody could have", api.NewSession{Username: "ann b", Password: "x"}, "", ""},
		{"1,024 bytes of password", api.NewSession{Username: "ann", Password: strings.Repeat("a", 1024)}, "", ""},
		{"128 bytes of label", api.NewSession{Username: "ann", Password: "x", Label: strings.Repeat("é", 64)}, "", ""},
		{"no name", api.NewSession{Password: "x"}, api.CodeInvalid, "username"},
		{"no password", api.NewSession{Username: "ann"}, api.CodeInvalid, "password"},
		{"1,025 bytes of password", api.NewSession{Username: "ann", Password: strings.Repeat("a", 1025)}, api.CodeInvalid, "password"},
		{"129 bytes of label", api.NewSession{Username: "ann", Password: "x", Label: strings.Repeat("é", 64) + "e"}, api.CodeTooLarge, "label"},
		{"NUL in the label", api.NewSession{Username: "ann", Password: "x", Label: "a\x00"}, api.CodeInvalid, "label"},
		{"invalid UTF-8 in the label", api.NewSession{Username: "ann", Password: "x", Label: "a\xff"}, api.CodeInvalid, "label"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantError(t, tt.in.Validate(), tt.code, tt.field)
		})
	}
}
