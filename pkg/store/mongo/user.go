package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// userDoc is a user. Of a deleted one the _id and deleted_at are left until
// ExpireUsers has seen to the rest.
type userDoc struct {
	ID           string    `bson:"_id"`
	Username     string    `bson:"username"`
	Key          string    `bson:"key"` // unique
	PasswordHash string    `bson:"password_hash"`
	CreatedAt    time.Time `bson:"created_at"`

	DisabledAt *primitive.DateTime `bson:"disabled_at,omitempty"`
}

func (d userDoc) user() store.User {
	return store.User{
		ID:           d.ID,
		Username:     d.Username,
		Key:          d.Key,
		PasswordHash: d.PasswordHash,
		CreatedAt:    api.TimeOf(d.CreatedAt),
		DisabledAt:   timeOrNil(d.DisabledAt),
	}
}

func userDocOf(u store.User) userDoc {
	return userDoc{
		ID:           u.ID,
		Username:     u.Username,
		Key:          u.Key,
		PasswordHash: u.PasswordHash,
		CreatedAt:    u.CreatedAt.Time,
		DisabledAt:   dateOrNil(u.DisabledAt),
	}
}

// userFilter is the filter of a user who has not been deleted.
func userFilter(id string) bson.M {
	return bson.M{"_id": id, "deleted_at": bson.M{"$exists": false}}
}

// CreateUser implements [store.Users].
func (s *Store) CreateUser(ctx context.Context, u store.User) error {
	return wrap("create user", insert(ctx, s.users, userDocOf(u)))
}

// User implements [store.Users].
func (s *Store) User(ctx context.Context, id string) (store.User, error) {
	return s.user(ctx, "user", userFilter(id))
}

// UserByKey implements [store.Users]. A deleted user has no key.
func (s *Store) UserByKey(ctx context.Context, key string) (store.User, error) {
	return s.user(ctx, "user by key", bson.M{"key": key})
}

func (s *Store) user(ctx context.Context, op string, filter bson.M) (store.User, error) {
	d, err := findOne[userDoc](ctx, s.users, filter)
	if err != nil {
		return store.User{}, wrap(op, err)
	}
	return d.user(), nil
}

// ListUsers implements [store.Users]. A deleted user has no key.
func (s *Store) ListUsers(ctx context.Context, after string, limit int) ([]store.User, error) {
	byKey := options.Find().SetSort(bson.D{{Key: "key", Value: 1}}).SetLimit(int64(limit))
	docs, err := find[userDoc](ctx, s.users, bson.M{"key": bson.M{"$gt": after}}, byKey)
	if err != nil {
		return nil, wrap("list users", err)
	}
	users := make([]store.User, len(docs))
	for i, d := range docs {
		users[i] = d.user()
	}
	return users, nil
}

// SetDisabled implements [store.Users].
func (s *Store) SetDisabled(ctx context.Context, id string, at *api.Time) error {
	change := bson.M{"$unset": bson.M{"disabled_at": ""}}
	if at != nil {
		change = bson.M{"$set": bson.M{"disabled_at": at.Time}}
	}
	found, err := update(ctx, s.users, userFilter(id), change)
	if err == nil && !found {
		err = mongo.ErrNoDocuments
	}
	return wrap("set disabled", err)
}

// SetPassword implements [store.Users].
func (s *Store) SetPassword(ctx context.Context, id, old, hash string) error {
	found, err := update(ctx, s.users,
		bson.M{"_id": id, "password_hash": old},
		bson.M{"$set": bson.M{"password_hash": hash}})
	if err == nil && !found {
		err = missed(ctx, s.users, userFilter(id))
	}
	return wrap("set password", err)
}

// DeleteUser implements [store.Users]. One update makes the user unreadable and
// frees the name; what follows may be cut short anywhere.
func (s *Store) DeleteUser(ctx context.Context, id string, now api.Time) error {
	found, err := update(ctx, s.users, userFilter(id), bson.M{
		"$set":   bson.M{"deleted_at": now.Time},
		"$unset": bson.M{"username": "", "key": "", "password_hash": "", "created_at": "", "disabled_at": ""},
	})
	if err == nil && !found {
		err = mongo.ErrNoDocuments
	}
	if err == nil {
		err = s.deleteBelongings(ctx, id)
	}
	return wrap("delete user", err)
}

// ExpireUsers implements [store.Users].
func (s *Store) ExpireUsers(ctx context.Context, before api.Time) (int, error) {
	deleted := bson.M{"deleted_at": bson.M{"$lt": before.Time}}
	users, err := find[keyDoc](ctx, s.users, deleted, options.Find().SetProjection(keyAlone))
	if err != nil {
		return 0, wrap("expire users", err)
	}
	total := 0
	for _, u := range users {
		if err := s.deleteBelongings(ctx, u.Key); err != nil {
			return total, wrap("expire users", err)
		}
		n, err := remove(ctx, s.users, bson.M{"_id": u.Key})
		total += n
		if err != nil {
			return total, wrap("expire users", err)
		}
	}
	return total, nil
}

// deleteBelongings deletes the sessions of a user, so that nobody acts for him
// any more, then the notes and what is left of what was done to them. The feed goes
// last: another one begins with the first number, and there must be no note that
// has a later one already.
func (s *Store) deleteBelongings(ctx context.Context, id string) error {
	if _, err := remove(ctx, s.sessions, bson.M{"user_id": id}); err != nil {
		return err
	}
	for _, c := range []*mongo.Collection{s.notes, s.steps, s.operations} {
		if err := removeAll(ctx, c, bson.M{"owner": id}); err != nil {
			return err
		}
	}
	_, err := remove(ctx, s.feeds, bson.M{"_id": id})
	return err
}
