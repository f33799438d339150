package api

import "strings"

// TokenPrefix begins every personal access token: those who find one in a log
// know what it is, and no password is taken for one.
const TokenPrefix = "npat_"

// TokenSession returns the id of the session that a personal access token names,
// and nothing where it is none. Whether the token is good only the server knows.
func TokenSession(token string) string {
	id, ok := strings.CutPrefix(token, TokenPrefix)
	id, _, secret := strings.Cut(id, "_")
	if !ok || !secret || !ValidID(id) {
		return ""
	}
	return id
}

// NewToken is the input of POST /tokens: a personal access token, for programs
// that cannot log in. Nothing in it has a default: what a token may do and for
// how long is to be said.
type NewToken struct {
	Label         string `json:"label"` // what it is for
	Scope         Scope  `json:"scope"`
	ExpiresInDays int    `json:"expires_in_days"`
}

// Validate returns a [CodeInvalid] or [CodeTooLarge] error about the first
// member that is missing or breaks a rule.
func (t NewToken) Validate() error {
	if t.Label == "" {
		return Invalid("label", "label is missing: say what the token is for")
	}
	if err := validateText("label", "the label", t.Label, MaxLabel); err != nil {
		return err
	}
	switch t.Scope {
	case ScopeWrite, ScopeRead, ScopeCreate:
	default:
		return Invalid("scope", "scope is one of write, read, create")
	}
	if t.ExpiresInDays < 1 || t.ExpiresInDays > MaxTokenDays {
		return Invalid("expires_in_days", "expires_in_days is 1 to %d", MaxTokenDays)
	}
	return nil
}

// Token is the answer of POST /tokens, the only one that has the token itself.
type Token struct {
	Token   string  `json:"token"`
	Session Session `json:"session"`
}
