package api_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

func TestNewID(t *testing.T) {
	t.Parallel()
	seen, used := map[string]bool{}, map[rune]bool{}
	for range 1000 {
		id := api.NewID()
		if len(id) != api.IDLength || strings.Trim(id, crockford) != "" || !api.ValidID(id) {
			t.Fatalf("%q is no id", id)
		}
		if seen[id] {
			t.Fatalf("%q came twice", id)
		}
		seen[id] = true
		for _, r := range id {
			used[r] = true
		}
	}
	if len(used) != len(crockford) {
		t.Errorf("1000 ids use %d of %d characters", len(used), len(crockford))
	}
}

func TestIDOf(t *testing.T) {
	t.Parallel()
	hash := []byte{0, 9, 10, 17, 18, 20, 22, 27, 31, 32, 63, 255, 1}
	if got, want := api.IDOf(hash), "09ahjmpvz0zz"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestValidID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		in            string
		whole, prefix bool
	}{
		{"empty", "", false, false},
		{"one character", "k", false, true},
		{"eleven characters", "k3v9c0x7m2q", false, true},
		{"twelve characters", "k3v9c0x7m2qa", true, true},
		{"thirteen characters", "k3v9c0x7m2qab", false, false},
		{"all of the alphabet but i l o u", "0123456789ab", true, true},
		{"i", "k3v9c0x7m2qi", false, false},
		{"l", "l", false, false},
		{"o", "o", false, false},
		{"u", "u", false, false},
		{"capital", "K3V9C0X7M2QA", false, false},
		{"hyphen", "k3v9-c0x7m2q", false, false},
		{"space", "k3v9c0x7m2q ", false, false},
		{"NUL", "k3v9c0x7m2q\x00", false, false},
		{"letter of another script", "k3v9c0x7m2а", false, false},
		{"percent", "k%", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := api.ValidID(tt.in); got != tt.whole {
				t.Errorf("ValidID(%q) = %t", tt.in, got)
			}
			if got := api.ValidIDPrefix(tt.in); got != tt.prefix {
				t.Errorf("ValidIDPrefix(%q) = %t", tt.in, got)
			}
		})
	}
}

// FuzzID holds the rules of ids against a second way to write them down.
func FuzzID(f *testing.F) {
	alphabet := regexp.MustCompile(`^[0-9a-hj-km-np-tv-z]{1,12}$`)
	f.Fuzz(func(t *testing.T, s string, hash []byte) {
		prefix := alphabet.MatchString(s)
		if api.ValidIDPrefix(s) != prefix || api.ValidID(s) != (prefix && len(s) == api.IDLength) {
			t.Errorf("%q: begins an id %t, is one %t", s, api.ValidIDPrefix(s), api.ValidID(s))
		}
		for i := range s {
			if prefix && i > 0 && !api.ValidIDPrefix(s[:i]) {
				t.Errorf("%q begins an id and %q does not", s, s[:i])
			}
		}
		if len(hash) < api.IDLength {
			return
		}
		if id := api.IDOf(hash); !api.ValidID(id) || id != api.IDOf(hash[:api.IDLength]) {
			t.Errorf("%x gives %q", hash, id)
		}
	})
}
