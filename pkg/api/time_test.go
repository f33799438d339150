package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

func TestTimeJSON(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"milliseconds", "2026-01-31T12:00:00.123Z", "2026-01-31T12:00:00.123Z"},
		{"no decimals", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"},
		{"one decimal", "2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500Z"},
		{"nanoseconds are cut, not rounded", "2026-01-31T12:00:00.999999999Z", "2026-01-31T12:00:00.999Z"},
		{"offset to the east", "2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"},
		{"offset to the west", "2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00.000Z"},
		{"before 1970", "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
		{"nanoseconds before 1970", "1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"},
		{"first", "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"},
		{"last", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got api.Time
			if err := json.Unmarshal([]byte(`"`+tt.in+`"`), &got); err != nil {
				t.Fatal(err)
			}
			if got.Location() != time.UTC {
				t.Errorf("location %s, want UTC", got.Location())
			}
			out, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != `"`+tt.want+`"` || got.String() != tt.want {
				t.Errorf("JSON %s, String %s, want %s", out, got, tt.want)
			}
			var again api.Time
			if err := json.Unmarshal(out, &again); err != nil || again != got {
				t.Errorf("read back as %v (%v), want %v", again, err, got)
			}
		})
	}
}

func TestTimeRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		`""`, `"now"`, `"2026-01-31"`, `"2026-01-31 12:00:00Z"`, `"2026-01-31T12:00:00"`, `"2026-02-30T12:00:00Z"`,
		`"2026-01-31T24:00:00Z"`, `"2026-01-31T1:00:00Z"`, `"2026-01-31T12:00:00,5Z"`, `"2026-01-31T12:00:00+25:00"`,
		`"2026-01-31T12:00:00Z "`, `"12026-01-31T12:00:00Z"`, `1769860800`, `null`, `true`, `{}`, `["2026-01-31T12:00:00Z"]`,
		`"9999-12-31T23:59:59-01:00"`, // in UTC the year would have five digits
		`"0000-01-01T00:00:00+01:00"`, // in UTC the year would be negative
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			var got api.Time
			err := got.UnmarshalJSON([]byte(in))
			wantError(t, err, api.CodeInvalid, "")
			if !got.IsZero() {
				t.Errorf("left %v behind", got)
			}
		})
	}
}

func TestTimeOf(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 2*60*60)
	got := api.TimeOf(time.Date(2026, 1, 31, 14, 0, 0, 123_999_999, zone))
	want := api.Time{Time: time.Date(2026, 1, 31, 12, 0, 0, 123_000_000, time.UTC)}
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if again := api.TimeOfMilli(got.UnixMilli()); again != got {
		t.Errorf("by way of milliseconds %v, want %v", again, got)
	}
}

// TestTimeOrder shows that times sort as their texts do.
func TestTimeOrder(t *testing.T) {
	t.Parallel()
	texts := []string{"0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.001Z", "2026-01-31T12:00:00.01Z"}
	var times []api.Time
	for _, text := range texts {
		var v api.Time
		if err := v.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		times = append(times, v)
	}
	for i := range times[1:] {
		if a, b := times[i], times[i+1]; !a.Before(b.Time) || a.String() >= b.String() {
			t.Errorf("%s and %s are ordered differently", a, b)
		}
	}
}

// FuzzTime holds that every time that is read is written in the one form, which
// is read as the same instant, sorts as text, and never lies later than what was
// read, or a millisecond before it.
func FuzzTime(f *testing.F) {
	f.Fuzz(func(t *testing.T, s, other string) {
		var a, b api.Time
		if a.UnmarshalText([]byte(s)) != nil {
			t.Skip("no time")
		}
		if cut := mustParse(t, s).Sub(a.Time); cut < 0 || cut >= time.Millisecond {
			t.Errorf("%q was read as %s", s, a)
		}
		text := a.String()
		if err := b.UnmarshalText([]byte(text)); err != nil || b != a || len(text) != len("2026-01-31T12:00:00.123Z") {
			t.Errorf("%q was written as %q and read as %v, %v", s, text, b, err)
		}
		if b.UnmarshalText([]byte(other)) == nil && a.Before(b.Time) != (text < b.String()) {
			t.Errorf("%s and %s sort otherwise as text", a, b)
		}
	})
}

func mustParse(t *testing.T, s string) time.Time {
	t.Helper()
	p, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
