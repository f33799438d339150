// Package backup is the file in which a whole store is kept, the same for every
// engine. Read [Write], then [Reader].
//
// The file is one gzip stream of lines, each one JSON object in UTF-8, so that
// zcat and jq can read it without this program:
//
//	{"notesd_backup":2,"created_at":"2026-01-31T03:00:00.000Z","engine":"sqlite","version":"1.0.0"}
//	{"setting":{…}}    what servers agree on, by name; the signing key is here
//	{"user":{…}}       by id, with the hash of the password
//	{"session":{…}}    by id, logins and personal access tokens, with hashes of their secrets
//	{"note":{…}}       by owner and id, as are the tombstones among them:
//	{"tombstone":{…}}  what is left of a note that was deleted for good
//	{"operation":{…}}  by owner and id, what can be undone
//	{"step":{…}}       by owner, note and revision, what was replaced: the history
//	{"manifest":{"counts":{"settings":1,"users":2,…},"sha256":"…"}}
//
// The members of the records are declared in package store. The manifest counts
// the lines of each kind; its digest is that of all bytes before its own line.
// No line is longer than [MaxLine].
//
// A file that was cut short, altered in what it says, made by a newer notesd or
// by another program is an error, and nothing is believed of it. What is written
// follows the rules by which it is read: what could not be restored is an error
// when the backup is made.
//
// Whoever has the file can read all notes and act for all users.
package backup

import (
	"encoding/hex"
	"fmt"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// Format is the version of the format that this package writes, and the newest
// that it reads. The first had no operations and steps.
const Format = 2

// MaxLine is how long a line may be in bytes: the text of the largest note when
// every character of it has to be escaped, and some room.
const MaxLine = api.MaxRequest

// Header is the first line.
type Header struct {
	Format    int      `json:"notesd_backup"`
	CreatedAt api.Time `json:"created_at"` // when it was begun
	Engine    string   `json:"engine"`     // of the store that it was made from
	Version   string   `json:"version"`    // of the notesd that made it
}

// Manifest is the last line.
type Manifest struct {
	Counts Counts `json:"counts"`
	SHA256 digest `json:"sha256"` // of everything before the manifest, without compression
}

// Counts says how many records there are of each kind.
type Counts struct {
	Settings   int `json:"settings"`
	Users      int `json:"users"`
	Sessions   int `json:"sessions"`
	Notes      int `json:"notes"`
	Tombstones int `json:"tombstones"`
	Operations int `json:"operations,omitzero"`
	Steps      int `json:"steps,omitzero"`
}

// String is for people.
func (c Counts) String() string {
	return fmt.Sprintf("%s, %s, %s", plural(c.Users, "user"), plural(c.Notes, "note"), plural(c.Sessions, "session"))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// line is any line but the first.
type line struct {
	store.Record
	Manifest *Manifest `json:"manifest,omitzero"`
}

// digest is a SHA-256 in hexadecimal, as sha256sum prints it.
type digest [32]byte

func (d digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

func (d *digest) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(d) {
		return fmt.Errorf("a digest of %d characters", len(b))
	}
	_, err := hex.Decode(d[:], b)
	return err
}
