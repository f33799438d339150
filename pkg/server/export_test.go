package server

import (
	"context"
	"time"
)

// AccessKey is the key that access tokens are signed with, so that a test can
// make tokens no server would.
func AccessKey(signingKey []byte) []byte { return deriveKeys(signingKey).access }

// RefreshToken is the refresh token of a session, which nobody can tell without
// the key.
func RefreshToken(signingKey []byte, sessionID string, generation int64) string {
	return deriveKeys(signingKey).refreshToken(sessionID, generation)
}

// Sweep does once what Serve does every hour.
func (s *Server) Sweep(ctx context.Context) { s.sweepOnce(ctx) }

// WaitBy makes the operator wait as a test wants it.
func (o *Operator) WaitBy(pass func(time.Duration)) *Operator {
	o.wait = func(_ context.Context, d time.Duration) error { pass(d); return nil }
	return o
}

// KeyLead is how long a new signing key is known before it signs.
const KeyLead = keyLead

// LookAtKeys does once what Serve does every two seconds.
func (s *Server) LookAtKeys(ctx context.Context) error { return s.lookAtKeys(ctx) }

// Keys is how many keys the server knows.
func (s *Server) Keys() int { return len(s.ring().keys) }

// Followed is how many owners the hub of the streams knows.
func (s *Server) Followed() int { return len(s.hub.owners()) }
