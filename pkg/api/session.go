package api

// Kind says what a session was made for.
type Kind string

// The kinds there are.
const (
	KindBrowser Kind = "browser" // a login with cookies
	KindCLI     Kind = "cli"     // a login with tokens in the body
	KindToken   Kind = "token"   // a personal access token
	KindClassic Kind = "classic" // a login by the tutorial's API
)

// Scope says what a session may do with the notes.
type Scope string

// The scopes there are. A login may write.
const (
	ScopeWrite  Scope = "write"
	ScopeRead   Scope = "read"
	ScopeCreate Scope = "create" // add notes, and see nothing
)

// Session is one login, or one personal access token. It lives until it is ended
// or has expired; a refresh moves the end of a login, and nothing that of a token.
type Session struct {
	ID         string `json:"id"`
	Kind       Kind   `json:"kind"`
	Scope      Scope  `json:"scope"`
	Label      string `json:"label"` // what the user calls the device; may be empty
	CreatedAt  Time   `json:"created_at"`
	LastUsedAt Time   `json:"last_used_at"` // kept to the minute
	ExpiresAt  Time   `json:"expires_at"`
	Current    bool   `json:"current"` // the session that asks
}

// SessionList is the answer of GET /sessions, the latest first.
type SessionList struct {
	Sessions []Session `json:"sessions"`
}

// NewSession is the input of POST /sessions: a login.
type NewSession struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Label    string `json:"label,omitzero"`
	Cookie   bool   `json:"cookie,omitzero"` // set cookies, and give no token in the body
}

// Validate checks the form alone, never whether the user exists.
func (s NewSession) Validate() error {
	if s.Username == "" {
		return Invalid("username", "username is missing")
	}
	if err := validateGiven("password", s.Password); err != nil {
		return err
	}
	return validateText("label", "the label", s.Label, MaxLabel)
}

// Refresh is the input of POST /sessions/refresh. A browser sends an empty
// object: its secret is in the cookie.
type Refresh struct {
	RefreshToken string `json:"refresh_token,omitzero"`
}

// Login is the answer to a login and to a refresh. The two tokens are absent
// when the login set cookies.
type Login struct {
	AccessToken  string  `json:"access_token,omitzero"`
	ExpiresAt    Time    `json:"expires_at"` // of the access token
	RefreshToken string  `json:"refresh_token,omitzero"`
	User         User    `json:"user"`
	Session      Session `json:"session"`
}

// VersionInfo is the answer of GET /version.
type VersionInfo struct {
	Version string `json:"version"` // of the program, as "1.2.3"
	API     int    `json:"api"`     // of the HTTP API, see [Version]
}
