package mongo

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

type sessionDoc struct {
	ID         string    `bson:"_id"`
	UserID     string    `bson:"user_id"`
	Kind       string    `bson:"kind"`
	Scope      string    `bson:"scope"`
	Label      string    `bson:"label"`
	CreatedAt  time.Time `bson:"created_at"`
	LastUsedAt time.Time `bson:"last_used_at"`
	ExpiresAt  time.Time `bson:"expires_at"`
	Generation int64     `bson:"generation"`
	SecretHash []byte    `bson:"secret_hash"`
	RotatedAt  time.Time `bson:"rotated_at"`
}

func (d sessionDoc) session() store.Session {
	v := store.Session{
		ID:         d.ID,
		UserID:     d.UserID,
		Kind:       api.Kind(d.Kind),
		Scope:      api.Scope(cmp.Or(d.Scope, string(api.ScopeWrite))), // the first notesd had no scopes
		Label:      d.Label,
		CreatedAt:  api.TimeOf(d.CreatedAt),
		LastUsedAt: api.TimeOf(d.LastUsedAt),
		ExpiresAt:  api.TimeOf(d.ExpiresAt),
		Generation: d.Generation,
		RotatedAt:  api.TimeOf(d.RotatedAt),
	}
	copy(v.SecretHash[:], d.SecretHash)
	return v
}

func sessionDocOf(v store.Session) sessionDoc {
	return sessionDoc{
		ID:         v.ID,
		UserID:     v.UserID,
		Kind:       string(v.Kind),
		Scope:      string(v.Scope),
		Label:      v.Label,
		CreatedAt:  v.CreatedAt.Time,
		LastUsedAt: v.LastUsedAt.Time,
		ExpiresAt:  v.ExpiresAt.Time,
		Generation: v.Generation,
		SecretHash: v.SecretHash[:],
		RotatedAt:  v.RotatedAt.Time,
	}
}

// CreateSession implements [store.Sessions]. The user is looked for after the
// session is there: whoever deletes the user later deletes the session too, and
// whoever did before is noticed here.
func (s *Store) CreateSession(ctx context.Context, v store.Session) error {
	const op = "create session"
	err := insert(ctx, s.sessions, sessionDocOf(v))
	if err != nil {
		return wrap(op, err)
	}
	_, err = findOne[keyDoc](ctx, s.users, userFilter(v.UserID))
	if errors.Is(err, mongo.ErrNoDocuments) {
		if _, err := remove(ctx, s.sessions, bson.M{"_id": v.ID}); err != nil {
			return wrap(op, err)
		}
	}
	return wrap(op, err)
}

// Session implements [store.Sessions].
func (s *Store) Session(ctx context.Context, id string) (store.Session, error) {
	d, err := findOne[sessionDoc](ctx, s.sessions, bson.M{"_id": id})
	if err != nil {
		return store.Session{}, wrap("session", err)
	}
	return d.session(), nil
}

// ListSessions implements [store.Sessions].
func (s *Store) ListSessions(ctx context.Context, userID string) ([]store.Session, error) {
	latest := options.Find().SetSort(bson.D{{Key: "created_at", Value: -1}, {Key: "_id", Value: -1}})
	docs, err := find[sessionDoc](ctx, s.sessions, bson.M{"user_id": userID}, latest)
	if err != nil {
		return nil, wrap("list sessions", err)
	}
	sessions := make([]store.Session, len(docs))
	for i, d := range docs {
		sessions[i] = d.session()
	}
	return sessions, nil
}

// UpdateSession implements [store.Sessions].
func (s *Store) UpdateSession(ctx context.Context, v store.Session, generation int64) error {
	found, err := update(ctx, s.sessions,
		bson.M{"_id": v.ID, "generation": generation},
		bson.M{"$set": bson.M{
			"last_used_at": v.LastUsedAt.Time,
			"expires_at":   v.ExpiresAt.Time,
			"generation":   v.Generation,
			"secret_hash":  v.SecretHash[:],
			"rotated_at":   v.RotatedAt.Time,
		}})
	if err == nil && !found {
		err = missed(ctx, s.sessions, bson.M{"_id": v.ID})
	}
	return wrap("update session", err)
}

// DeleteSession implements [store.Sessions].
func (s *Store) DeleteSession(ctx context.Context, userID, id string) error {
	n, err := remove(ctx, s.sessions, bson.M{"_id": id, "user_id": userID})
	if err == nil && n == 0 {
		err = mongo.ErrNoDocuments
	}
	return wrap("delete session", err)
}

// DeleteSessions implements [store.Sessions].
func (s *Store) DeleteSessions(ctx context.Context, userID, except string) (int, error) {
	n, err := remove(ctx, s.sessions, bson.M{"user_id": userID, "_id": bson.M{"$ne": except}})
	return n, wrap("delete sessions", err)
}

// ExpireSessions implements [store.Sessions].
func (s *Store) ExpireSessions(ctx context.Context, before api.Time) (int, error) {
	n, err := remove(ctx, s.sessions, bson.M{"expires_at": bson.M{"$lt": before.Time}})
	return n, wrap("expire sessions", err)
}
