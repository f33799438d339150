package server

import (
	"context"
	"errors"
	"log/slog"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var (
	errSignupClosed  = &api.Error{Code: api.CodeForbidden, Message: "sign-up is closed on this server; ask its operator for an account"}
	errUsernameTaken = &api.Error{Code: api.CodeConflict, Field: "username", Message: "this user name is taken"}
	errWrongPassword = &api.Error{Code: api.CodeForbidden, Field: "current_password", Message: "the present password is wrong"}
)

// createUser signs up.
func (s *Server) createUser(c *fiber.Ctx) error {
	var in api.NewUser
	if err := decode(c, &in); err != nil {
		return err
	}
	if !s.config.Signup {
		return errSignupClosed
	}
	if err := checkNewUser(&in); err != nil {
		return err
	}
	if err := s.countSignup(c); err != nil {
		return err
	}
	user, err := addUser(c.UserContext(), s.store, s.passwords, in, api.TimeOf(s.now()))
	if err != nil {
		return err
	}
	s.audit(c, "user created", slog.String("user", user.ID))
	return send(c, fiber.StatusCreated, wireUser(user))
}

// countSignup refuses too many new accounts of one network. On this very machine
// it is the operator who makes them, if no proxy says that it is another.
func (s *Server) countSignup(c *fiber.Ctx) error {
	ip := s.clientIP(c)
	if ip.IsLoopback() && len(forwarded(c, fiber.HeaderXForwardedFor)) == 0 {
		return nil
	}
	err := s.throttle.countSignup(c.UserContext(), ip)
	if errors.Is(err, api.ErrRateLimited) {
		s.audit(c, "sign-up throttled")
	}
	return err
}

// checkNewUser brings the name into its one spelling and checks all rules.
func checkNewUser(in *api.NewUser) error {
	in.Username = norm.NFC.String(in.Username)
	if err := in.Validate(); err != nil {
		return err
	}
	return checkPassword("password", in.Password, in.Username)
}

// addUser makes the account that checkNewUser has passed.
func addUser(ctx context.Context, users store.Users, passwords *hasher, in api.NewUser, now api.Time) (store.User, error) {
	hash, err := passwords.hash(ctx, in.Password)
	if err != nil {
		return store.User{}, err
	}
	user := store.User{
		ID:           api.NewID(),
		Username:     in.Username,
		Key:          usernameKey(in.Username),
		PasswordHash: hash,
		CreatedAt:    now,
	}
	err = users.CreateUser(ctx, user)
	if errors.Is(err, api.ErrConflict) {
		err = errUsernameTaken
	}
	return user, err
}

func (s *Server) me(c *fiber.Ctx) error {
	me := who(c)
	return send(c, fiber.StatusOK, api.Me{User: wireUser(me.user), Session: wireSession(me.session, me.session.ID)})
}

// changePassword also ends every other login and every token: whoever knew the
// old password may have one.
func (s *Server) changePassword(c *fiber.Ctx) error {
	var in api.PasswordChange
	if err := decode(c, &in); err != nil {
		return err
	}
	if err := in.Validate(); err != nil {
		return err
	}
	me := who(c)
	ctx := c.UserContext()
	if err := checkPassword("new_password", in.NewPassword, me.user.Username); err != nil {
		return err
	}
	user, err := s.store.User(ctx, me.user.ID)
	if err != nil {
		return unauthorizedIfAbsent(err)
	}
	if err := s.confirm(c, user, in.CurrentPassword, errWrongPassword); err != nil {
		return err
	}
	hash, err := s.passwords.hash(ctx, in.NewPassword)
	if err != nil {
		return err
	}
	// The others end first: were it done after, and failed, a repeat would be
	// refused for its old password, and they would live on. And once more after
	// it, for who has logged in with the old one in between.
	defer s.live.forget()
	if _, err := s.store.DeleteSessions(ctx, user.ID, me.session.ID); err != nil {
		return err
	}
	if err := s.store.SetPassword(ctx, user.ID, user.PasswordHash, hash); err != nil {
		if errors.Is(err, api.ErrStale) {
			return errWrongPassword // it was changed a moment ago
		}
		return err
	}
	if _, err := s.store.DeleteSessions(ctx, user.ID, me.session.ID); err != nil {
		return err
	}
	s.audit(c, "password changed", slog.String("user", user.ID))
	return send(c, fiber.StatusOK, wireUser(user))
}

// deleteUser deletes the account with everything in it.
func (s *Server) deleteUser(c *fiber.Ctx) error {
	var in api.AccountDeletion
	if err := decode(c, &in); err != nil {
		return err
	}
	if err := in.Validate(); err != nil {
		return err
	}
	me := who(c)
	ctx := c.UserContext()
	user, err := s.store.User(ctx, me.user.ID)
	if err != nil {
		return unauthorizedIfAbsent(err)
	}
	wrong := &api.Error{Code: api.CodeForbidden, Field: "password", Message: errWrongPassword.Message}
	if err := s.confirm(c, user, in.Password, wrong); err != nil {
		return err
	}
	if err := s.store.DeleteUser(ctx, user.ID, api.TimeOf(s.now())); err != nil {
		return err
	}
	s.live.forget()
	s.audit(c, "user deleted", slog.String("user", user.ID))
	if me.cookie {
		s.clearCookies(c)
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// usernameKey is what must be unique: the name without case, in any spelling
// that Unicode takes for the same.
func usernameKey(name string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(name)))
}

func wireUser(u store.User) api.User {
	return api.User{ID: u.ID, Username: u.Username, CreatedAt: u.CreatedAt}
}
