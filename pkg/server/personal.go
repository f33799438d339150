package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// A personal access token is a session that no login made: npat_SESSION_SECRET.
// By the session's id it is found, and the store holds nothing but the SHA-256 of
// the whole. Its 256 bits are random, not derived as a refresh secret is: whoever
// has the signing key cannot make one.

// maxTokens is how many a user may have. None ends for a new one, as logins do: a
// script somewhere may depend on it.
const maxTokens = 100

var (
	errToken         = &api.Error{Code: api.CodeUnauthorized, Message: "the token has expired, was revoked, or is not of this server"}
	errTooManyTokens = &api.Error{Code: api.CodeUnprocessable, Message: "there are 100 tokens already; revoke one first"}
)

// createToken makes a personal access token.
func (s *Server) createToken(c *fiber.Ctx) error {
	var in api.NewToken
	if err := decode(c, &in); err != nil {
		return err
	}
	if err := in.Validate(); err != nil {
		return err
	}
	me, now := who(c), api.TimeOf(s.now())
	id := api.NewID()
	token := newToken(id)
	session := store.Session{
		ID:         id,
		UserID:     me.user.ID,
		Kind:       api.KindToken,
		Scope:      in.Scope,
		Label:      in.Label,
		CreatedAt:  now,
		LastUsedAt: now,
		ExpiresAt:  api.TimeOf(now.Add(time.Duration(in.ExpiresInDays) * 24 * time.Hour)),
		SecretHash: sha256.Sum256([]byte(token)),
		RotatedAt:  now,
	}
	if err := s.store.CreateSession(c.UserContext(), session); err != nil {
		return unauthorizedIfAbsent(err)
	}
	if err := s.mayHaveToken(c.UserContext(), me, now); err != nil {
		return errors.Join(err, s.endSession(c, id))
	}
	s.audit(c, "token created", slog.String("user", me.user.ID), slog.String("session", id), slog.String("scope", string(in.Scope)))
	return send(c, fiber.StatusCreated, api.Token{Token: token, Session: wireSession(session, me.session.ID)})
}

// mayHaveToken is asked when a token is there, so that neither two requests at
// once pass the limit, nor a token is left to a login that has ended meanwhile,
// by a change of the password, say.
func (s *Server) mayHaveToken(ctx context.Context, me *identity, now api.Time) error {
	sessions, err := s.store.ListSessions(ctx, me.user.ID)
	if err != nil {
		return err
	}
	tokens, living := 0, false
	for _, session := range sessions {
		if session.Kind == api.KindToken && now.Before(session.ExpiresAt.Time) {
			tokens++
		}
		living = living || session.ID == me.session.ID
	}
	switch {
	case !living:
		return errSessionEnded
	case tokens > maxTokens:
		return errTooManyTokens
	}
	return nil
}

func newToken(sessionID string) string {
	secret := make([]byte, keyBytes)
	_, _ = rand.Read(secret) // never fails since Go 1.24
	return api.TokenPrefix + sessionID + "_" + base64.RawURLEncoding.EncodeToString(secret)
}

// tokenIdentity returns whose personal access token this is.
func (s *Server) tokenIdentity(ctx context.Context, token string) (identity, error) {
	id := api.TokenSession(token)
	if id == "" {
		return identity{}, errToken
	}
	who, err := s.live.get(ctx, id)
	if errors.Is(err, api.ErrUnauthorized) {
		return identity{}, errToken
	}
	if err != nil {
		return identity{}, err
	}
	hash := sha256.Sum256([]byte(token))
	if who.session.Kind != api.KindToken || subtle.ConstantTimeCompare(hash[:], who.session.SecretHash[:]) != 1 {
		return identity{}, errToken
	}
	return who, nil
}
