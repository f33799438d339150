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
	keys   *keyHolder
	now    func() time.Time
	parser *jwt.Parser

	mu   sync.Mutex
	ring *ring // under which they are good
	good map[string]goodToken
}

type goodToken struct {
	claims
	until time.Time
}

func newVerifier(keys *keyHolder, issuer string, now func() time.Time) *verifier {
	return &verifier{keys: keys, now: now, good: map[string]goodToken{}, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(accessLeeway), jwt.WithTimeFunc(now), jwt.WithStrictDecoding())}
}

// verify checks signature, algorithm and claims. Whether the session still lives
// is another question.
func (v *verifier) verify(token string) (claims, error) {
	r, now := v.keys.ring.Load(), v.now()
	v.mu.Lock()
	if v.ring != r {
		clear(v.good)
		v.ring = r
	}
	t, ok := v.good[token]
	v.mu.Unlock()
	if ok && now.Before(t.until) {
		return t.claims, nil
	}
	t, err := v.parse(r, token, now)
	if err != nil {
		return t.claims, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ring == r {
		if len(v.good) >= verifiedMax {
			clear(v.good)
		}
		v.good[token] = t
	}
	return t.claims, nil
}

// parse tries the keys whose tokens may still be good: one, and a second one for
// half an hour after a rotation.
func (v *verifier) parse(r *ring, token string, now time.Time) (t goodToken, err error) {
	for _, k := range r.keys {
		if !k.until.IsZero() && !now.Before(k.until) {
			break
		}
		t.claims, err = v.parseWith(k.access, token)
		if !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
			if err == nil {
				t.until = t.ExpiresAt.Add(accessLeeway)
				if !k.until.IsZero() && k.until.Before(t.until) {
					t.until = k.until
				}
			}
			return t, err
		}
	}
	return t, errAccessToken
}

var errAccessToken = &api.Error{Code: api.CodeUnauthorized, Message: "the access token is not valid"}

func (v *verifier) parseWith(key []byte, token string) (c claims, err error) {
	_, err = v.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return key, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return c, errors.Join(&api.Error{Code: api.CodeUnauthorized, Message: "the access token has expired"}, err)
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return c, errors.Join(errAccessToken, err)
	case err != nil || c.Subject == "" || c.SessionID == "" || c.IssuedAt == nil:
		return c, errAccessToken
	}
	return c, nil
}
