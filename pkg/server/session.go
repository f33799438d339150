package server

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	sessionLife  = 90 * 24 * time.Hour // without a refresh
	refreshGrace = 10 * time.Second    // see refresh
	maxSessions  = 100                 // logins of one user
)

// errLogin is the one answer to an unknown name and to a wrong password.
var errLogin = &api.Error{Code: api.CodeUnauthorized, Message: "the user name or the password is wrong"}

// createSession logs in.
func (s *Server) createSession(c *fiber.Ctx) error {
	var in api.NewSession
	if err := decode(c, &in); err != nil {
		return err
	}
	if err := in.Validate(); err != nil {
		return err
	}
	kind := api.KindCLI
	if in.Cookie {
		if err := s.refuseForeignOrigin(c); err != nil {
			return err
		}
		kind = api.KindBrowser
	}
	user, session, err := s.logIn(c, in, kind, sessionLife)
	if err != nil {
		return err
	}
	return s.sendLogin(c, fiber.StatusCreated, user, session, in.Cookie)
}

// logIn checks name and password, and makes a session of this kind and life.
func (s *Server) logIn(c *fiber.Ctx, in api.NewSession, kind api.Kind, life time.Duration) (store.User, store.Session, error) {
	ctx := c.UserContext()
	key := usernameKey(in.Username)
	user, err := s.store.UserByKey(ctx, key)
	if err != nil && !errors.Is(err, api.ErrNotFound) {
		return user, store.Session{}, err
	}
	count := func() (func() error, error) {
		return s.throttle.login(ctx, s.throttle.accountKey(user, key), s.clientIP(c))
	}
	if err := s.checkLogin(c, user, in.Password, count, errLogin); err != nil {
		return user, store.Session{}, err
	}

	now := api.TimeOf(s.now())
	session := store.Session{
		ID:         api.NewID(),
		UserID:     user.ID,
		Kind:       kind,
		Scope:      api.ScopeWrite,
		Label:      in.Label,
		CreatedAt:  now,
		LastUsedAt: now,
		ExpiresAt:  api.TimeOf(now.Add(life)),
		RotatedAt:  now,
	}
	session.SecretHash = sha256.Sum256(s.ring().signing(now.Time).refreshSecret(session.ID, session.Generation))
	if err := s.store.CreateSession(ctx, session); err != nil {
		return user, session, unauthorizedIfAbsent(err)
	}
	// Whoever changed the password meanwhile ended the sessions there were, not
	// this one.
	if again, err := s.store.User(ctx, user.ID); err != nil {
		return user, session, unauthorizedIfAbsent(err)
	} else if again.PasswordHash != user.PasswordHash {
		return user, session, errors.Join(s.endSession(c, session.ID), errLogin)
	}
	if err := s.endOldest(c, session); err != nil {
		return user, session, err
	}
	s.audit(c, "login", slog.String("user", user.ID), slog.String("session", session.ID))
	return user, session, nil
}

// endOldest ends the logins that were not used for longest, when the user has
// more than maxSessions of the kind of the newest: a script that logs in each
// time would pile them up. Those that have expired go first, and the tutorial's
// end none of the others.
func (s *Server) endOldest(c *fiber.Ctx, newest store.Session) error {
	sessions, err := s.store.ListSessions(c.UserContext(), newest.UserID)
	if err != nil {
		return err
	}
	classic := newest.Kind == api.KindClassic
	sessions = slices.DeleteFunc(sessions, func(v store.Session) bool {
		return v.Kind == api.KindToken || (v.Kind == api.KindClassic) != classic
	})
	if len(sessions) <= maxSessions {
		return nil
	}
	now := s.now()
	expired := func(v store.Session) int {
		if now.Before(v.ExpiresAt.Time) {
			return 0
		}
		return 1
	}
	slices.SortFunc(sessions, func(a, b store.Session) int {
		return cmp.Or(expired(a)-expired(b), b.LastUsedAt.Compare(a.LastUsedAt.Time))
	})
	for _, old := range sessions[maxSessions:] {
		if err := s.store.DeleteSession(c.UserContext(), old.UserID, old.ID); err != nil && !errors.Is(err, api.ErrNotFound) {
			return err
		}
		s.audit(c, "session ended", slog.String("user", old.UserID), slog.String("session", old.ID))
	}
	s.live.forget()
	return nil
}

// confirm checks the password of somebody who is logged in. Who only guesses
// names cannot keep him from it.
func (s *Server) confirm(c *fiber.Ctx, user store.User, password string, wrong error) error {
	count := func() (func() error, error) {
		return s.throttle.confirmation(c.UserContext(), who(c).session.ID)
	}
	return s.checkLogin(c, user, password, count, wrong)
}

// checkLogin counts the attempt, then compares the password. The user may be
// the zero one, or disabled: the work is the same, and the answer is wrong.
func (s *Server) checkLogin(c *fiber.Ctx, user store.User, password string, count func() (succeeded func() error, err error), wrong error) error {
	succeeded, err := count()
	if err != nil {
		if errors.Is(err, api.ErrRateLimited) {
			s.metrics.logins.WithLabelValues(resultThrottled).Inc()
			s.audit(c, "login throttled", slog.String("user", user.ID))
		}
		return err
	}
	ok, err := s.passwords.verify(c.UserContext(), password, user.PasswordHash)
	if err != nil {
		return err
	}
	if disabled := user.DisabledAt != nil; !ok || disabled { // who does not know the password does not learn of it
		s.metrics.logins.WithLabelValues(resultWrong).Inc()
		s.audit(c, "login failed", slog.String("user", user.ID), slog.Bool("disabled", disabled))
		return wrong
	}
	s.metrics.logins.WithLabelValues(resultOK).Inc()
	return succeeded()
}

// refreshSession counts what refresh does.
func (s *Server) refreshSession(c *fiber.Ctx) error {
	err := s.refresh(c)
	if err == nil {
		s.metrics.refreshes.WithLabelValues(resultOK).Inc()
	} else if api.ErrorCode(err) == api.CodeUnauthorized {
		s.metrics.refreshes.WithLabelValues(resultRefused).Inc()
	}
	return err
}

// refresh gives the successor of a refresh secret, by body or by cookie.
//
// A secret is replaced when it is used. Its successor is derived, so the old one
// gets the same successor again until that is used itself, and for 10 seconds
// more: twenty tabs at once, or an answer that was lost, end no login. An older
// one is in the hands of somebody else, and ends the session.
func (s *Server) refresh(c *fiber.Ctx) error {
	var in api.Refresh
	if err := decode(c, &in); err != nil {
		return err
	}
	token, cookie := in.RefreshToken, false
	if token == "" {
		token, cookie = c.Cookies(s.cookieName(c, "refresh")), true
		if token == "" {
			return api.ErrUnauthorized
		}
		if err := s.requireOwnOrigin(c); err != nil {
			return err
		}
	}
	id, generation, secret, err := parseRefreshToken(token)
	if err != nil {
		return err
	}
	for {
		who, err := loadIdentity(c.UserContext(), s.store, id, s.now())
		if err != nil {
			return err
		}
		if !isLogin(who.session.Kind) {
			return errRefresh
		}
		session, err := s.successor(c, who.session, generation, secret)
		if errors.Is(err, api.ErrStale) {
			continue // another request was faster: the secret is the old one by now
		}
		if err != nil {
			return err
		}
		return s.sendLogin(c, fiber.StatusOK, who.user, session, cookie)
	}
}

// successor returns the session with the refresh secret that follows the one
// presented, after it has come into force. ErrStale: read the session again.
//
// A secret made with a key file that was replaced since is known by its hash, as
// long as it is in force. Once it was used it is refused, even if the answer was
// lost: nothing tells any more that it was ours.
func (s *Server) successor(c *fiber.Ctx, session store.Session, generation int64, secret []byte) (store.Session, error) {
	now := api.TimeOf(s.now())
	age := session.Generation - generation
	if age == 0 {
		if !inForce(session, secret) {
			return session, errRefresh
		}
		session.Generation++
		session.SecretHash = sha256.Sum256(s.ring().signing(now.Time).refreshSecret(session.ID, session.Generation))
		session.RotatedAt, session.LastUsedAt = now, now
		session.ExpiresAt = api.TimeOf(now.Add(sessionLife))
		return session, unauthorizedIfAbsent(s.store.UpdateSession(c.UserContext(), session, generation))
	}
	if age < 0 || !s.ring().owns(session.ID, generation, secret) {
		return session, errRefresh
	}
	if age == 1 || age == 2 && now.Sub(session.RotatedAt.Time) <= refreshGrace {
		return session, nil
	}
	s.metrics.reused.Inc()
	s.audit(c, "refresh token used again, session ended",
		slog.String("user", session.UserID), slog.String("session", session.ID))
	if err := s.store.DeleteSession(c.UserContext(), session.UserID, session.ID); err != nil {
		return session, unauthorizedIfAbsent(err)
	}
	s.live.forget()
	return session, errRefresh
}

func inForce(session store.Session, secret []byte) bool {
	hash := sha256.Sum256(secret)
	return subtle.ConstantTimeCompare(hash[:], session.SecretHash[:]) == 1
}

// sendLogin answers with fresh tokens, in cookies or in the body.
func (s *Server) sendLogin(c *fiber.Ctx, status int, user store.User, session store.Session, cookie bool) error {
	access, expires, err := s.accessToken(session)
	if err != nil {
		return err
	}
	refresh, err := s.ring().refreshToken(session)
	if err != nil {
		return err
	}
	out := api.Login{ExpiresAt: expires, User: wireUser(user), Session: wireSession(session, session.ID)}
	if cookie {
		s.setCookies(c, access, refresh)
	} else {
		out.AccessToken, out.RefreshToken = access, refresh
	}
	return send(c, status, out)
}

func (s *Server) listSessions(c *fiber.Ctx) error {
	me := who(c)
	sessions, err := s.store.ListSessions(c.UserContext(), me.user.ID)
	if err != nil {
		return err
	}
	out := api.SessionList{Sessions: []api.Session{}}
	now := s.now()
	for _, session := range sessions {
		if now.Before(session.ExpiresAt.Time) {
			out.Sessions = append(out.Sessions, wireSession(session, me.session.ID))
		}
	}
	return send(c, fiber.StatusOK, out)
}

// deleteSession ends one session; "current" is the one that asks.
func (s *Server) deleteSession(c *fiber.Ctx) error {
	me := who(c)
	id := c.Params("id")
	if id == "current" {
		id = me.session.ID
	}
	if err := noBody(c); err != nil {
		return err
	}
	if err := s.store.DeleteSession(c.UserContext(), me.user.ID, id); err != nil {
		return err
	}
	s.live.forget()
	s.audit(c, "session ended", slog.String("user", me.user.ID), slog.String("session", id))
	if id == me.session.ID && me.cookie {
		s.clearCookies(c)
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) deleteOtherSessions(c *fiber.Ctx) error {
	me := who(c)
	if err := noBody(c); err != nil {
		return err
	}
	if _, err := s.store.DeleteSessions(c.UserContext(), me.user.ID, me.session.ID); err != nil {
		return err
	}
	s.live.forget()
	s.audit(c, "other sessions ended", slog.String("user", me.user.ID))
	return c.SendStatus(fiber.StatusNoContent)
}

func wireSession(s store.Session, current string) api.Session {
	return api.Session{
		ID:         s.ID,
		Kind:       s.Kind,
		Scope:      s.Scope,
		Label:      s.Label,
		CreatedAt:  s.CreatedAt,
		LastUsedAt: s.LastUsedAt,
		ExpiresAt:  s.ExpiresAt,
		Current:    s.ID == current,
	}
}
