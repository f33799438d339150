package server

import (
	"context"
	"errors"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// measured is a store each call of which is counted and timed. It embeds
// nothing, so that it does not compile without a method that the Store gets.
type measured struct {
	store   store.Store
	metrics *metrics
	now     func() time.Time
}

// done is deferred with the time at which a call begins, and sees its error when
// it ends. Only what should not be is counted as an error: not found, conflict
// and the like are answers.
func (m *measured) done(call string, start time.Time, err *error) {
	m.metrics.calls.WithLabelValues(call).Observe(seconds(m.now().Sub(start)))
	if *err == nil {
		return
	}
	if _, p := problemOf(*err); p.Code == api.CodeUnavailable || p.Code == api.CodeInternal {
		m.metrics.failures.WithLabelValues(call, string(p.Code)).Inc()
	}
}

// ended counts sessions.
func (m *measured) ended(reason string, n int) {
	m.metrics.ended.WithLabelValues(reason).Add(float64(n))
}

func (m *measured) CreateUser(ctx context.Context, u store.User) (err error) {
	defer m.done("CreateUser", m.now(), &err)
	return m.store.CreateUser(ctx, u)
}

func (m *measured) User(ctx context.Context, id string) (_ store.User, err error) {
	defer m.done("User", m.now(), &err)
	return m.store.User(ctx, id)
}

func (m *measured) UserByKey(ctx context.Context, key string) (_ store.User, err error) {
	defer m.done("UserByKey", m.now(), &err)
	return m.store.UserByKey(ctx, key)
}

func (m *measured) ListUsers(ctx context.Context, after string, limit int) (_ []store.User, err error) {
	defer m.done("ListUsers", m.now(), &err)
	return m.store.ListUsers(ctx, after, limit)
}

func (m *measured) SetDisabled(ctx context.Context, id string, at *api.Time) (err error) {
	defer m.done("SetDisabled", m.now(), &err)
	return m.store.SetDisabled(ctx, id, at)
}

func (m *measured) SetPassword(ctx context.Context, id, old, hash string) (err error) {
	defer m.done("SetPassword", m.now(), &err)
	return m.store.SetPassword(ctx, id, old, hash)
}

func (m *measured) DeleteUser(ctx context.Context, id string, now api.Time) (err error) {
	defer m.done("DeleteUser", m.now(), &err)
	return m.store.DeleteUser(ctx, id, now)
}

func (m *measured) ExpireUsers(ctx context.Context, before api.Time) (_ int, err error) {
	defer m.done("ExpireUsers", m.now(), &err)
	return m.store.ExpireUsers(ctx, before)
}

func (m *measured) CreateSession(ctx context.Context, s store.Session) (err error) {
	defer m.done("CreateSession", m.now(), &err)
	return m.store.CreateSession(ctx, s)
}

func (m *measured) Session(ctx context.Context, id string) (_ store.Session, err error) {
	defer m.done("Session", m.now(), &err)
	return m.store.Session(ctx, id)
}

func (m *measured) ListSessions(ctx context.Context, userID string) (_ []store.Session, err error) {
	defer m.done("ListSessions", m.now(), &err)
	return m.store.ListSessions(ctx, userID)
}

func (m *measured) UpdateSession(ctx context.Context, s store.Session, generation int64) (err error) {
	defer m.done("UpdateSession", m.now(), &err)
	return m.store.UpdateSession(ctx, s, generation)
}

func (m *measured) DeleteSession(ctx context.Context, userID, id string) (err error) {
	defer m.done("DeleteSession", m.now(), &err)
	if err = m.store.DeleteSession(ctx, userID, id); err == nil {
		m.ended(reasonEnded, 1)
	}
	return err
}

func (m *measured) DeleteSessions(ctx context.Context, userID, except string) (n int, err error) {
	defer m.done("DeleteSessions", m.now(), &err)
	n, err = m.store.DeleteSessions(ctx, userID, except)
	m.ended(reasonEnded, n)
	return n, err
}

func (m *measured) ExpireSessions(ctx context.Context, before api.Time) (n int, err error) {
	defer m.done("ExpireSessions", m.now(), &err)
	n, err = m.store.ExpireSessions(ctx, before)
	m.ended(reasonExpired, n)
	return n, err
}

func (m *measured) CreateNote(ctx context.Context, n store.Note, t *store.Trace) (err error) {
	defer m.done("CreateNote", m.now(), &err)
	return m.store.CreateNote(ctx, n, t)
}

func (m *measured) Note(ctx context.Context, owner, id string) (_ store.Note, err error) {
	defer m.done("Note", m.now(), &err)
	return m.store.Note(ctx, owner, id)
}

func (m *measured) ListNotes(ctx context.Context, owner string, q store.ListQuery) (_ []store.Note, _ bool, err error) {
	defer m.done("ListNotes", m.now(), &err)
	return m.store.ListNotes(ctx, owner, q)
}

func (m *measured) NoteIDs(ctx context.Context, owner string, prefixes []string, limit int) (_ []string, err error) {
	defer m.done("NoteIDs", m.now(), &err)
	return m.store.NoteIDs(ctx, owner, prefixes, limit)
}

func (m *measured) CountNotes(ctx context.Context, owner string) (_ int, err error) {
	defer m.done("CountNotes", m.now(), &err)
	return m.store.CountNotes(ctx, owner)
}

func (m *measured) UpdateNote(ctx context.Context, n store.Note, revision int64, t *store.Trace) (err error) {
	defer m.done("UpdateNote", m.now(), &err)
	return m.store.UpdateNote(ctx, n, revision, t)
}

// WriteNotes counts as failed where a write did for a reason that is not its
// own.
func (m *measured) WriteNotes(ctx context.Context, writes []store.Write) (errs []error) {
	var err error
	defer m.done("WriteNotes", m.now(), &err)
	errs = m.store.WriteNotes(ctx, writes)
	for _, e := range errs {
		if errors.Is(e, api.ErrUnavailable) {
			err = e
		}
	}
	return errs
}

func (m *measured) NotesByID(ctx context.Context, owner string, ids []string) (_ []store.Note, err error) {
	defer m.done("NotesByID", m.now(), &err)
	return m.store.NotesByID(ctx, owner, ids)
}

func (m *measured) Titles(ctx context.Context, owner string, ids []string) (_ map[string]string, err error) {
	defer m.done("Titles", m.now(), &err)
	return m.store.Titles(ctx, owner, ids)
}

func (m *measured) ListTags(ctx context.Context, owner string) (_ []api.TagCount, err error) {
	defer m.done("ListTags", m.now(), &err)
	return m.store.ListTags(ctx, owner)
}

func (m *measured) ListRevisions(ctx context.Context, owner, id string) (_ []store.Step, err error) {
	defer m.done("ListRevisions", m.now(), &err)
	return m.store.ListRevisions(ctx, owner, id)
}

func (m *measured) Revision(ctx context.Context, owner, id string, revision int64) (_ store.Step, err error) {
	defer m.done("Revision", m.now(), &err)
	return m.store.Revision(ctx, owner, id, revision)
}

func (m *measured) ListOperations(ctx context.Context, owner string) (_ []store.Operation, err error) {
	defer m.done("ListOperations", m.now(), &err)
	return m.store.ListOperations(ctx, owner)
}

func (m *measured) Operation(ctx context.Context, owner, id string) (_ store.Operation, err error) {
	defer m.done("Operation", m.now(), &err)
	return m.store.Operation(ctx, owner, id)
}

func (m *measured) ListSteps(ctx context.Context, owner, operation, after string, limit int) (_ []store.Step, err error) {
	defer m.done("ListSteps", m.now(), &err)
	return m.store.ListSteps(ctx, owner, operation, after, limit)
}

func (m *measured) ListChanges(ctx context.Context, owner string, q store.ChangesQuery) (_ store.Changes, err error) {
	defer m.done("ListChanges", m.now(), &err)
	return m.store.ListChanges(ctx, owner, q)
}

func (m *measured) FeedEnds(ctx context.Context, owners []string) (_ map[string]store.Position, err error) {
	defer m.done("FeedEnds", m.now(), &err)
	return m.store.FeedEnds(ctx, owners)
}

func (m *measured) EmptyTrash(ctx context.Context, owner string, now api.Time) (_ int, err error) {
	defer m.done("EmptyTrash", m.now(), &err)
	return m.store.EmptyTrash(ctx, owner, now)
}

func (m *measured) ExpireNotes(ctx context.Context, trashedBefore, now api.Time) (_ int, err error) {
	defer m.done("ExpireNotes", m.now(), &err)
	return m.store.ExpireNotes(ctx, trashedBefore, now)
}

func (m *measured) ExpireTombstones(ctx context.Context, before api.Time) (_ int, err error) {
	defer m.done("ExpireTombstones", m.now(), &err)
	return m.store.ExpireTombstones(ctx, before)
}

func (m *measured) Setting(ctx context.Context, name string) (_ []byte, err error) {
	defer m.done("Setting", m.now(), &err)
	return m.store.Setting(ctx, name)
}

func (m *measured) CreateSetting(ctx context.Context, name string, value []byte) (_ []byte, err error) {
	defer m.done("CreateSetting", m.now(), &err)
	return m.store.CreateSetting(ctx, name, value)
}

func (m *measured) SetSetting(ctx context.Context, name string, old, value []byte) (err error) {
	defer m.done("SetSetting", m.now(), &err)
	return m.store.SetSetting(ctx, name, old, value)
}

func (m *measured) Throttle(ctx context.Context, key string) (_ store.Throttle, err error) {
	defer m.done("Throttle", m.now(), &err)
	return m.store.Throttle(ctx, key)
}

func (m *measured) SetThrottle(ctx context.Context, t store.Throttle, revision int64) (err error) {
	defer m.done("SetThrottle", m.now(), &err)
	return m.store.SetThrottle(ctx, t, revision)
}

func (m *measured) DeleteThrottle(ctx context.Context, key string) (err error) {
	defer m.done("DeleteThrottle", m.now(), &err)
	return m.store.DeleteThrottle(ctx, key)
}

func (m *measured) ExpireThrottles(ctx context.Context, before api.Time) (_ int, err error) {
	defer m.done("ExpireThrottles", m.now(), &err)
	return m.store.ExpireThrottles(ctx, before)
}

func (m *measured) Ping(ctx context.Context) (err error) {
	defer m.done("Ping", m.now(), &err)
	return m.store.Ping(ctx)
}

// Close is not measured: nobody asks afterwards.
func (m *measured) Close() error { return m.store.Close() }
