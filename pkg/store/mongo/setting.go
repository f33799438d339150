package mongo

import (
	"bytes"
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
)

type settingDoc struct {
	Name  string `bson:"_id"`
	Value []byte `bson:"value"`
}

// Setting implements [store.Settings].
func (s *Store) Setting(ctx context.Context, name string) ([]byte, error) {
	d, err := findOne[settingDoc](ctx, s.settings, bson.M{"_id": name})
	return d.Value, wrap("setting", err)
}

// CreateSetting implements [store.Settings]. It goes round once more where the
// value that is in the way is not there for a majority yet.
func (s *Store) CreateSetting(ctx context.Context, name string, value []byte) ([]byte, error) {
	for {
		err := insert(ctx, s.settings, settingDoc{Name: name, Value: value})
		if !hasCode(err, codeDuplicateKey) {
			return bytes.Clone(value), wrap("create setting", err)
		}
		d, err := findOne[settingDoc](ctx, s.settings, bson.M{"_id": name})
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return d.Value, wrap("create setting", err)
		}
	}
}

// SetSetting implements [store.Settings].
func (s *Store) SetSetting(ctx context.Context, name string, old, value []byte) error {
	found, err := update(ctx, s.settings,
		bson.M{"_id": name, "value": old},
		bson.M{"$set": bson.M{"value": value}})
	if err == nil && !found {
		err = missed(ctx, s.settings, bson.M{"_id": name})
	}
	return wrap("set setting", err)
}
