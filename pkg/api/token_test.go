package api_test

import (
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

func TestNewTokenValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		in    api.NewToken
		code  api.Code
		field string
	}{
		{"one day", api.NewToken{Label: "x", Scope: api.ScopeWrite, ExpiresInDays: 1}, "", ""},
		{"a year and 128 bytes", api.NewToken{Label: strings.Repeat("é", 64), Scope: api.ScopeCreate, ExpiresInDays: 365}, "", ""},
		{"no label", api.NewToken{Scope: api.ScopeRead, ExpiresInDays: 1}, api.CodeInvalid, "label"},
		{"129 bytes", api.NewToken{Label: strings.Repeat("a", 129), Scope: api.ScopeRead, ExpiresInDays: 1}, api.CodeTooLarge, "label"},
		{"no scope", api.NewToken{Label: "x", ExpiresInDays: 1}, api.CodeInvalid, "scope"},
		{"another scope", api.NewToken{Label: "x", Scope: "admin", ExpiresInDays: 1}, api.CodeInvalid, "scope"},
		{"no end", api.NewToken{Label: "x", Scope: api.ScopeRead}, api.CodeInvalid, "expires_in_days"},
		{"an end in the past", api.NewToken{Label: "x", Scope: api.ScopeRead, ExpiresInDays: -1}, api.CodeInvalid, "expires_in_days"},
		{"more than a year", api.NewToken{Label: "x", Scope: api.ScopeRead, ExpiresInDays: 366}, api.CodeInvalid, "expires_in_days"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantError(t, tt.in.Validate(), tt.code, tt.field)
		})
	}
}

func TestTokenSession(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		"npat_k3v9c0x7m2qa_secret":  "k3v9c0x7m2qa",
		"npat_k3v9c0x7m2qa_se_cret": "k3v9c0x7m2qa",
		"npat_k3v9c0x7m2qa":         "",
		"npat_K3V9C0X7M2QA_secret":  "",
		"npat_k3v9_secret":          "",
		"nrt_k3v9c0x7m2qa_0_secret": "",
		"k3v9c0x7m2qa_secret":       "",
		"npat_":                     "",
		"":                          "",
	} {
		if got := api.TokenSession(token); got != want {
			t.Errorf("%q: %q, want %q", token, got, want)
		}
	}
}
