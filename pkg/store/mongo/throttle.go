package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

type throttleDoc struct {
	Key      string    `bson:"_id"`
	Count    int       `bson:"count"`
	Strikes  int       `bson:"strikes"`
	Since    time.Time `bson:"since"`
	Until    time.Time `bson:"until"`
	Revision int64     `bson:"revision"`
}

// Throttle implements [store.Throttles].
func (s *Store) Throttle(ctx context.Context, key string) (store.Throttle, error) {
	d, err := findOne[throttleDoc](ctx, s.throttles, bson.M{"_id": key})
	if err != nil {
		return store.Throttle{}, wrap("throttle", err)
	}
	return store.Throttle{
		Key:      d.Key,
		Count:    d.Count,
		Strikes:  d.Strikes,
		Since:    api.TimeOf(d.Since),
		Until:    api.TimeOf(d.Until),
		Revision: d.Revision,
	}, nil
}

// SetThrottle implements [store.Throttles].
func (s *Store) SetThrottle(ctx context.Context, t store.Throttle, revision int64) error {
	d := throttleDoc{
		Key:      t.Key,
		Count:    t.Count,
		Strikes:  t.Strikes,
		Since:    t.Since.Time,
		Until:    t.Until.Time,
		Revision: t.Revision,
	}
	var found bool
	var err error
	if revision == 0 {
		err = insert(ctx, s.throttles, d)
		if found = !hasCode(err, codeDuplicateKey); !found {
			err = nil
		}
	} else {
		found, err = replace(ctx, s.throttles, bson.M{"_id": t.Key, "revision": revision}, d)
	}
	if err == nil && !found {
		err = api.ErrStale
	}
	return wrap("set throttle", err)
}

// DeleteThrottle implements [store.Throttles].
func (s *Store) DeleteThrottle(ctx context.Context, key string) error {
	_, err := remove(ctx, s.throttles, bson.M{"_id": key})
	return wrap("delete throttle", err)
}

// ExpireThrottles implements [store.Throttles].
func (s *Store) ExpireThrottles(ctx context.Context, before api.Time) (int, error) {
	n, err := remove(ctx, s.throttles, bson.M{"until": bson.M{"$lt": before.Time}})
	return n, wrap("expire throttles", err)
}
