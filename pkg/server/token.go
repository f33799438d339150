package server

import (
	"errors"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/notesd/notesd/pkg/api"
)

// verifiedMax bounds the cache of verified tokens; at about half a KiB each that
// is 8 MiB.
const verifiedMax = 16 << 10

// verifier checks access tokens. It remembers those that it has found good until
// they expire, because looking at a signature and its JSON takes as long as all
// else that a small request needs.
type verifier struct {
	key    []byte
	now    func() time.Time
	parser *jwt.Parser

	mu   sync.Mutex
	good map[string]claims
}

func newVerifier(key []byte, issuer string, now func() time.Time) *verifier {
	return &verifier{key: key, now: now, good: map[string]claims{}, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(accessLeeway), jwt.WithTimeFunc(now), jwt.WithStrictDecoding())}
}

// verify checks signature, algorithm and claims. Whether the session still lives
// is another question.
func (v *verifier) verify(token string) (claims, error) {
	v.mu.Lock()
	c, ok := v.good[token]
	v.mu.Unlock()
	if ok && v.now().Before(c.ExpiresAt.Add(accessLeeway)) {
		return c, nil
	}
	c, err := v.parse(token)
	if err != nil {
		return c, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.good) >= verifiedMax {
		clear(v.good)
	}
	v.good[token] = c
	return c, nil
}

func (v *verifier) parse(token string) (claims, error) {
	var c claims
	_, err := v.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return v.key, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return c, errors.Join(&api.Error{Code: api.CodeUnauthorized, Message: "the access token has expired"}, err)
	case err != nil || c.Subject == "" || c.SessionID == "" || c.IssuedAt == nil:
		return c, &api.Error{Code: api.CodeUnauthorized, Message: "the access token is not valid"}
	}
	return c, nil
}
