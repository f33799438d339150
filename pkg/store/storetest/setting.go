package storetest

import (
	"bytes"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var settingChecks = []check{
	{"FirstValueStays", testSetting},
	{"RacedBy50", testSettingRace},
	{"DoesNotAlias", testSettingAlias},
	{"SetIsCompareAndSet", testSetSetting},
	{"SetRacedBy50", testSetSettingRace},
}

func testSetting(t *testing.T, s store.Store) {
	_, err := s.Setting(t.Context(), "key")
	wantErr(t, err, api.ErrNotFound)

	value := make([]byte, 256) // every byte, zero among them
	for i := range value {
		value[i] = byte(i)
	}
	for _, v := range [][]byte{value, []byte("later")} {
		got, err := s.CreateSetting(t.Context(), "key", v)
		ok(t, err)
		equal(t, got, value)
		got, err = s.Setting(t.Context(), "key")
		ok(t, err)
		equal(t, got, value)
	}
	_, err = s.Setting(t.Context(), "KEY")
	wantErr(t, err, api.ErrNotFound)
	got, err := s.CreateSetting(t.Context(), "other", []byte("x"))
	ok(t, err)
	equal(t, got, []byte("x"))
}

func testSettingRace(t *testing.T, s store.Store) {
	got := make([][]byte, 50)
	for _, err := range atOnce(len(got), func(i int) (err error) {
		got[i], err = s.CreateSetting(t.Context(), "key", bytes.Repeat([]byte{byte(i)}, 32))
		return err
	}) {
		ok(t, err)
	}
	kept, err := s.Setting(t.Context(), "key")
	ok(t, err)
	if len(kept) != 32 || !bytes.Equal(kept, bytes.Repeat(kept[:1], 32)) {
		t.Errorf("what is kept is none of the values: %x", kept)
	}
	for _, v := range got {
		equal(t, v, kept)
	}
}

func testSettingAlias(t *testing.T, s store.Store) {
	in := []byte("value")
	out, err := s.CreateSetting(t.Context(), "key", in)
	ok(t, err)
	clear(in)
	equal(t, out, []byte("value"))
	clear(out)
	out, err = s.Setting(t.Context(), "key")
	ok(t, err)
	equal(t, out, []byte("value"))
	clear(out)
	out, err = s.Setting(t.Context(), "key")
	ok(t, err)
	equal(t, out, []byte("value"))
}

func testSetSetting(t *testing.T, s store.Store) {
	wantErr(t, s.SetSetting(t.Context(), "key", nil, []byte("new")), api.ErrNotFound)
	for _, name := range []string{"key", "other"} {
		_, err := s.CreateSetting(t.Context(), name, []byte("old"))
		ok(t, err)
	}
	wantErr(t, s.SetSetting(t.Context(), "key", []byte("ol"), []byte("new")), api.ErrStale)
	wantSetting(t, s, "key", "old")
	ok(t, s.SetSetting(t.Context(), "key", []byte("old"), []byte("new")))
	wantErr(t, s.SetSetting(t.Context(), "key", []byte("old"), []byte("newer")), api.ErrStale)
	wantSetting(t, s, "key", "new")
	wantSetting(t, s, "other", "old")
}

func testSetSettingRace(t *testing.T, s store.Store) {
	_, err := s.CreateSetting(t.Context(), "key", []byte("old"))
	ok(t, err)
	winner := oneWins(t, atOnce(50, func(i int) error {
		return s.SetSetting(t.Context(), "key", []byte("old"), []byte{byte(i)})
	}), api.ErrStale)
	wantSetting(t, s, "key", string([]byte{byte(winner)}))
}

func wantSetting(t *testing.T, s store.Store, name, want string) {
	t.Helper()
	got, err := s.Setting(t.Context(), name)
	ok(t, err)
	equal(t, got, []byte(want))
}
