package api

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// User is one account.
type User struct {
	ID        string `json:"id"`
	Username  string `json:"username"` // as it was typed at sign-up; unique without case
	CreatedAt Time   `json:"created_at"`
}

// Me is the answer of GET /me: the user, and the login or token that asks.
type Me struct {
	User
	Session Session `json:"session"`
}

// NewUser is the input of POST /users.
type NewUser struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// Validate returns a [CodeInvalid] error about the first input that breaks a
// rule. The server also refuses common passwords.
func (u NewUser) Validate() error {
	if err := ValidateUsername(u.Username); err != nil {
		return err
	}
	return ValidatePassword("password", u.Password, u.Username)
}

// PasswordChange is the input of PATCH /me.
type PasswordChange struct {
	CurrentPassword string `json:"current_password"`
	NewPassword     string `json:"new_password"`
}

// Validate checks the form of the present password, and that there is a new one.
// The rules of a new password are [ValidatePassword]'s.
func (p PasswordChange) Validate() error {
	if p.NewPassword == "" {
		return Invalid("new_password", "new_password is missing")
	}
	return validateGiven("current_password", p.CurrentPassword)
}

// AccountDeletion is the input of DELETE /me.
type AccountDeletion struct {
	Password string `json:"password"`
}

// Validate checks the form of the password.
func (d AccountDeletion) Validate() error { return validateGiven("password", d.Password) }

// validateGiven is for a password that is to be compared, not kept.
func validateGiven(field, password string) error {
	switch {
	case password == "":
		return Invalid(field, "%s is missing", field)
	case len(password) > MaxPassword:
		return Invalid(field, "a password has at most %d bytes", MaxPassword)
	}
	return nil
}

// ValidateUsername wants 1 to [MaxUsername] letters and digits of any script,
// dots, hyphens and underscores.
func ValidateUsername(name string) error {
	n := utf8.RuneCountInString(name)
	if n == 0 || n > MaxUsername || !utf8.ValidString(name) || strings.ContainsFunc(name, notInUsername) {
		return Invalid("username", "a user name is 1 to %d letters, digits, dots, hyphens or underscores", MaxUsername)
	}
	return nil
}

// notInUsername lets marks pass: in many scripts they are part of a letter.
func notInUsername(r rune) bool {
	return !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Nd) && !strings.ContainsRune("._-", r)
}

// ValidatePassword wants [MinPassword] characters at least and [MaxPassword]
// bytes at most, and something else than the user's name. Field names the input
// in the error.
func ValidatePassword(field, password, username string) error {
	switch {
	case utf8.RuneCountInString(password) < MinPassword:
		return Invalid(field, "a password has at least %d characters", MinPassword)
	case len(password) > MaxPassword:
		return Invalid(field, "a password has at most %d bytes", MaxPassword)
	case !utf8.ValidString(password):
		return Invalid(field, "the password is not valid UTF-8")
	case strings.EqualFold(password, username):
		return Invalid(field, "the password must not be the user name")
	}
	return nil
}
