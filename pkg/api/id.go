package api

import (
	"crypto/rand"
	"strings"
)

// IDLength is the length of an id: 12 characters of 5 bits. With a million
// notes of one user the chance that two random ids meet is below one in two
// million, and a meeting is an error, never a lost note.
const IDLength = 12

// idAlphabet is Crockford's base32 in lower case: no i, l, o and u, which are
// taken for 1, 1, 0 and v.
const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// NewID returns a random id from the operating system's secure source.
func NewID() string {
	var b [IDLength]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return IDOf(b[:])
}

// ValidID reports whether s is a whole id.
func ValidID(s string) bool { return len(s) == IDLength && ValidIDPrefix(s) }

// ValidIDPrefix reports whether s is the beginning of an id: 1 to [IDLength]
// characters of its alphabet.
func ValidIDPrefix(s string) bool {
	if s == "" || len(s) > IDLength {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(idAlphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

// IDOf makes an id out of the first bytes of a hash, 12 at least.
func IDOf(hash []byte) string {
	var b [IDLength]byte
	for i := range b {
		b[i] = idAlphabet[hash[i]&31]
	}
	return string(b[:])
}
