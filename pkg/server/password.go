package server

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/crypto/argon2"

	"github.com/notesd/notesd/pkg/api"
)

// Parameters of argon2id: OWASP's first recommendation with 19 MiB.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// releaseAfter is how long after the last hash its memory goes back to the
// operating system. The runtime would keep it for minutes.
const releaseAfter = 2 * time.Second

// hasher hashes passwords, at most one for each core but one at a time: a hash
// takes 19 MiB, and a flood of logins must leave a core for those who are logged
// in.
type hasher struct {
	slots   chan struct{}
	dummy   string // the hash of no one's password, for names that do not exist
	release *time.Timer
}

func newHasher() *hasher {
	h := &hasher{slots: make(chan struct{}, max(1, runtime.NumCPU()-1)), release: time.AfterFunc(releaseAfter, debug.FreeOSMemory)}
	h.dummy = encodeHash(make([]byte, argonSalt), make([]byte, argonKey))
	return h
}

// hash returns the PHC string of a password with a fresh salt. It waits for its
// turn until ctx ends.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	key, err := h.key(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return encodeHash(salt, key), nil
}

// verify reports whether the password belongs to the hash. With an empty hash
// it does the same work and says no.
func (h *hasher) verify(ctx context.Context, password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	salt, want, err := decodeHash(hash)
	if err != nil {
		return false, err
	}
	got, err := h.key(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func (h *hasher) key(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, api.ErrUnavailable
	}
	defer func() {
		<-h.slots
		h.release.Reset(releaseAfter)
	}()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey), nil
}

var hashPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonThreads)

func encodeHash(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return hashPrefix + b64.EncodeToString(salt) + "$" + b64.EncodeToString(key)
}

func decodeHash(hash string) (salt, key []byte, err error) {
	rest, ok := strings.CutPrefix(hash, hashPrefix)
	saltText, keyText, ok2 := strings.Cut(rest, "$")
	if !ok || !ok2 {
		return nil, nil, fmt.Errorf("password hash of an unknown kind")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(saltText); err != nil {
		return nil, nil, fmt.Errorf("password hash: salt: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(keyText); err != nil {
		return nil, nil, fmt.Errorf("password hash: key: %w", err)
	}
	return salt, key, nil
}

//go:embed passwords.txt
var commonText string

// common are passwords that guessers try first, in lower case.
var common = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(commonText)); lines.Scan(); {
		if line := lines.Text(); !strings.HasPrefix(line, "#") {
			m[line] = true
		}
	}
	return m
})

// checkPassword refuses what [api.ValidatePassword] does, and passwords that
// guessers try first: those on a list of common ones, one piece over and over, a
// row of keys, and a common word or the user's name with digits and signs around.
func checkPassword(field, password, username string) error {
	if err := api.ValidatePassword(field, password, username); err != nil {
		return err
	}
	lower := strings.ToLower(password)
	stem := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	padded := 2*len(stem) >= len(lower) &&
		(common()[stem] || common()[plain.Replace(stem)] || isRow(stem) || stem == strings.ToLower(username))
	if padded || common()[lower] || isRepetition(lower) || isRow(lower) {
		return api.Invalid(field, "this password is too common; a few random words make a good one")
	}
	return nil
}

// plain undoes the replacements that everybody knows.
var plain = strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "0", "o", "$", "s", "5", "s")

// isRepetition reports whether s is one piece over and over, the last time
// perhaps cut short: aaaaaaaaaaaa, abcabcabcabc, 1234123412341.
func isRepetition(s string) bool {
	for n := 1; n <= len(s)/2; n++ {
		if s[n:] == s[:len(s)-n] {
			return true
		}
	}
	return false
}

// isRow reports whether s runs along a row of keys or an alphabet, from
// anywhere, round and round, in either direction.
func isRow(s string) bool {
	for _, row := range []string{
		"1234567890", "0123456789", "abcdefghijklmnopqrstuvwxyz",
		"qwertyuiop", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
	} {
		if strings.Contains(strings.Repeat(row, 2+len(s)/len(row)), s) ||
			strings.Contains(strings.Repeat(reverse(row), 2+len(s)/len(row)), s) {
			return true
		}
	}
	return false
}

func reverse(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
