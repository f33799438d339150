package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	keyBytes      = 32 // of the signing key, and of each refresh secret
	accessLife    = 30 * time.Minute
	accessLeeway  = 30 * time.Second // clocks of several servers differ
	audience      = "notes"
	defaultIssuer = "notesd"
	refreshPrefix = "nrt" // notes refresh token
)

// keys are derived from one signing key, one for each use, so that what was
// made for one never passes for another.
type keys struct {
	access, refresh, throttle []byte

	since time.Time // when they begin to sign
	until time.Time // when the last access token signed with them is no good any more; zero: not known yet
}

func deriveKeys(secret []byte) keys {
	return keys{
		access:   mac(secret, "notes access token"),
		refresh:  mac(secret, "notes refresh token"),
		throttle: mac(secret, "notes throttle"),
	}
}

func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// claims are what an access token says. All are required.
type claims struct {
	jwt.RegisteredClaims
	SessionID string `json:"sid"`
}

// issuerOf is who signs tokens: the public origin, if there is one.
func issuerOf(origin string) string {
	if origin != "" {
		return origin
	}
	return defaultIssuer
}

// accessToken signs a token for a session, and returns when it expires.
func (s *Server) accessToken(session store.Session) (token string, expires api.Time, err error) {
	now := s.now()
	expires = api.TimeOf(now.Add(accessLife).Truncate(time.Second)) // a JWT counts in seconds
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    issuerOf(s.origin),
			Audience:  jwt.ClaimStrings{audience},
			Subject:   session.UserID,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(expires.Time),
		},
		SessionID: session.ID,
	}).SignedString(s.ring().signing(now).access)
	return token, expires, err
}

// refreshSecret is secret number generation of a session. It is derived, so
// that a lost answer can be given again; without the key nobody can tell it.
func (k keys) refreshSecret(sessionID string, generation int64) []byte {
	return mac(k.refresh, sessionID, "/", strconv.FormatInt(generation, 10))
}

// refreshToken is how a refresh secret travels: nrt_SESSION_GENERATION_SECRET.
func (k keys) refreshToken(sessionID string, generation int64) string {
	return spellRefreshToken(sessionID, generation, k.refreshSecret(sessionID, generation))
}

func spellRefreshToken(sessionID string, generation int64, secret []byte) string {
	return strings.Join([]string{
		refreshPrefix, sessionID, strconv.FormatInt(generation, 10), base64.RawURLEncoding.EncodeToString(secret),
	}, "_")
}

// parseRefreshToken takes a refresh token apart, which has one spelling. It says
// nothing about whether the secret is right.
func parseRefreshToken(token string) (sessionID string, generation int64, secret []byte, err error) {
	parts := strings.SplitN(token, "_", 4) // the secret may hold underscores
	if len(parts) == 4 && parts[0] == refreshPrefix && api.ValidID(parts[1]) {
		generation, genErr := strconv.ParseInt(parts[2], 10, 64)
		secret, secretErr := base64.RawURLEncoding.DecodeString(parts[3])
		if genErr == nil && secretErr == nil && generation >= 0 && len(secret) == keyBytes &&
			token == spellRefreshToken(parts[1], generation, secret) {
			return parts[1], generation, secret, nil
		}
	}
	return "", 0, nil, errRefresh
}

// owns reports whether secret is number generation of the session.
func (k keys) owns(sessionID string, generation int64, secret []byte) bool {
	return hmac.Equal(secret, k.refreshSecret(sessionID, generation))
}

var errRefresh = &api.Error{Code: api.CodeUnauthorized, Message: "the login has ended; log in again"}
