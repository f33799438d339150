package server

import (
	"errors"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// This file is the API of the tutorial that notesd grew out of, for clients
// written for it. It is there only with Config.Classic, because its tokens
// travel in URLs and in cookies that scripts can read.
//
// So that a token which leaks that way is worth little, its session is of a kind
// of its own, which reaches what a personal access token does, notes and nothing
// of the account, cannot be refreshed, and ends with the token after half an hour.

const (
	classicLabel   = "classic"                    // of the sessions
	classicTime    = "2006-01-02 15:04:05.000000" // how Python prints a time
	classicNotes   = 10_000                       // notes of the list, which has no pages, at most
	classicWarning = "--classic is on: its tokens travel in URLs, which browsers and proxies keep"
)

// classicStatus is what the tutorial's clients decide by: "0" is success.
type classicStatus struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

var classicSuccess = classicStatus{"0", "Success"}

// classicError is a refusal that has a number in the tutorial. All are a 401.
type classicError struct{ classicStatus }

func (e *classicError) Error() string { return e.Message }
func (e *classicError) Unwrap() error { return api.ErrUnauthorized }

var (
	errClassicExpired = &classicError{classicStatus{"1", "Token has expired"}}
	errClassicUser    = &classicError{classicStatus{"1", "Invalid Token for the user"}}
	errClassicToken   = &classicError{classicStatus{"2", "Invalid Token"}}
	errClassicMissing = &classicError{classicStatus{"3", "TOKEN and USERID are required"}}
)

// classicProblem is the body of an error answer. The tutorial has no numbers
// for what else may be wrong with a request: they are all "5".
func classicProblem(err error, p api.Problem) classicStatus {
	if e, ok := errors.AsType[*classicError](err); ok {
		return e.classicStatus
	}
	if p.Status >= fiber.StatusInternalServerError {
		return classicStatus{"4", "An error occured"} //nolint:misspell // the tutorial's spelling
	}
	return classicStatus{"5", p.Detail}
}

// classicRoutes are beside those of [Server.routes], if they are wanted.
func (s *Server) classicRoutes() {
	if !s.config.Classic {
		return
	}
	s.log.Warn(classicWarning)
	login := s.requireClassic
	s.app.Get("/", s.requireAnyLogin)
	s.app.Post("/authentication", classicStyle, noQuery, s.classicLogin)
	s.app.Get("/api/listnotes", classicStyle, login, s.classicList)
	s.app.Post("/api/addnote", classicStyle, login, s.classicAdd)
	s.app.Post("/api/updatenote", classicStyle, login, s.classicUpdate)
	s.app.Post("/api/deletenote", classicStyle, login, s.classicDelete)
}

// classicStyle makes the error handler answer in the tutorial's way.
func classicStyle(c *fiber.Ctx) error {
	c.Locals(classicKey, true)
	return c.Next()
}

// classicLogin answers a wrong login with 200, and tells no more than that.
func (s *Server) classicLogin(c *fiber.Ctx) error {
	var in struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if err := decodeKnown(c, &in); err != nil {
		return err
	}
	if err := s.refuseForeignOrigin(c); err != nil {
		return err
	}
	var out struct {
		classicStatus
		Token      string `json:"token"`
		ExpireTime string `json:"expire_time"`
	}
	out.classicStatus = classicStatus{"1", "Fail"}
	login := api.NewSession{Username: in.Username, Password: in.Password, Label: classicLabel}
	if login.Validate() != nil {
		return send(c, fiber.StatusOK, out)
	}
	user, session, err := s.logIn(c, login, api.KindClassic, accessLife)
	if errors.Is(err, errLogin) {
		return send(c, fiber.StatusOK, out)
	}
	if err != nil {
		return err
	}
	token, expires, err := s.accessToken(session)
	if err != nil {
		return err
	}
	s.setClassicCookies(c, user, token, accessLife)
	out.classicStatus, out.Token, out.ExpireTime = classicSuccess, token, expires.Format(classicTime)
	return send(c, fiber.StatusOK, out)
}

// requireClassic is requireSession for tokens in the query, and for no others
// than classicLogin made: an access token that was given to another client
// stays out of URLs.
func (s *Server) requireClassic(c *fiber.Ctx) error {
	params, err := query(c, "TOKEN", "USERID")
	if err != nil {
		return err
	}
	token, userID := params.Get("TOKEN"), params.Get("USERID")
	if token == "" || userID == "" {
		return errClassicMissing
	}
	who, err := s.classicIdentity(c, token)
	if err != nil {
		return err
	}
	if who.user.ID != userID {
		return errClassicUser
	}
	c.Locals(identityKey, &who)
	s.touch(who.session)
	return c.Next()
}

func (s *Server) classicIdentity(c *fiber.Ctx, token string) (identity, error) {
	claims, err := s.tokens.verify(token)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired), err == nil && !s.now().Before(claims.ExpiresAt.Time):
		return identity{}, errClassicExpired
	case err != nil:
		return identity{}, errClassicToken
	}
	who, err := s.live.get(c.UserContext(), claims.SessionID)
	switch {
	case errors.Is(err, api.ErrUnauthorized), err == nil && who.user.ID != claims.Subject:
		return identity{}, errClassicUser
	case err == nil && who.session.Kind != api.KindClassic:
		return identity{}, errClassicToken
	}
	return who, err
}

type classicNote struct {
	ID          string `json:"_id"`
	Title       string `json:"title"`
	Description string `json:"description"` // the body
}

// classicList answers with the notes that are neither archived nor trashed, the
// last saved first: all, up to classicNotes of them and 4 MiB of text.
func (s *Server) classicList(c *fiber.Ctx) error {
	notes, more, err := s.store.ListNotes(c.UserContext(), who(c).user.ID, store.ListQuery{
		State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc,
		Limit: classicNotes, MaxBytes: api.MaxPageBytes,
	})
	if err != nil {
		return err
	}
	var out struct {
		Notes []classicNote `json:"notes"`
		More  bool          `json:"more,omitzero"` // there are older ones
	}
	out.Notes, out.More = make([]classicNote, len(notes)), more
	for i, n := range notes {
		out.Notes[i] = classicNote{n.ID, n.Title, n.Body}
	}
	return send(c, fiber.StatusOK, out)
}

func (s *Server) classicAdd(c *fiber.Ctx) error {
	var in classicNote // whose id is whatever the page's object had
	if err := decodeKnown(c, &in); err != nil {
		return err
	}
	if _, _, err := s.addNote(c, api.NewNote{Title: in.Title, Body: in.Description}); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, classicSuccess)
}

// classicUpdate changes what is there and not null. The last write wins.
func (s *Server) classicUpdate(c *fiber.Ctx) error {
	var in struct {
		ID          string  `json:"_id"`
		Title       *string `json:"title"`
		Description *string `json:"description"`
	}
	if err := decodeKnown(c, &in); err != nil {
		return err
	}
	patch := api.NotePatch{Title: in.Title, Body: in.Description}
	if err := patch.Validate(); err != nil {
		return err
	}
	return s.classicChange(c, api.ActionUpdate, in.ID, func(n *store.Note) (bool, error) {
		return applyPatch(n, patch, api.TimeOf(s.now())), nil
	})
}

// classicDelete puts a note into the trash.
func (s *Server) classicDelete(c *fiber.Ctx) error {
	var in classicNote
	if err := decodeKnown(c, &in); err != nil {
		return err
	}
	return s.classicChange(c, api.ActionTrash, in.ID, func(n *store.Note) (bool, error) {
		return trash(n, s.trash.stamp(api.TimeOf(s.now()))), nil
	})
}

func (s *Server) classicChange(c *fiber.Ctx, action api.Action, id string, apply func(*store.Note) (bool, error)) error {
	if _, err := s.change(c, action, id, store.AnyRevision, apply); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, classicSuccess)
}

// requireAnyLogin sends a browser without a login, ours or the tutorial's, from
// the start page to the login page.
func (s *Server) requireAnyLogin(c *fiber.Ctx) error {
	_, err := s.classicIdentity(c, c.Cookies("token"))
	if errors.Is(err, api.ErrUnauthorized) {
		var id string
		if id, err = s.cookieSession(c); err == nil {
			_, err = s.live.get(c.UserContext(), id)
		}
	}
	if errors.Is(err, api.ErrUnauthorized) {
		return c.Redirect("/login", fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	return c.Next()
}

// endClassic is the part of a logout that the tutorial's cookies stand for.
func (s *Server) endClassic(c *fiber.Ctx) error {
	who, err := s.classicIdentity(c, c.Cookies("token"))
	if err == nil {
		err = s.endSession(c, who.session.ID)
	}
	s.setClassicCookies(c, store.User{}, "", -time.Second)
	if errors.Is(err, api.ErrUnauthorized) {
		return nil
	}
	return err
}

// setClassicCookies sets the three cookies that the tutorial's page reads, which
// is why they are not HttpOnly. No other route looks at them.
func (s *Server) setClassicCookies(c *fiber.Ctx, user store.User, token string, life time.Duration) {
	s.addCookie(c, "username", url.PathEscape(user.Username), life, "")
	s.addCookie(c, "user_id", user.ID, life, "")
	s.addCookie(c, "token", token, life, "")
}

// decodeKnown is decode for clients that post whatever their object holds:
// members that v does not have, and null, are passed over.
func decodeKnown(c *fiber.Ctx, v any) error {
	body, err := jsonBody(c)
	if err != nil {
		return err
	}
	if err := scan(body, true); err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return decodeError("the body", err)
	}
	return nil
}
