package api

import (
	"bytes"
	"time"
)

// timeLayout is RFC 3339 in UTC with milliseconds, always three digits, so that
// times sort as text.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Time is an instant in UTC, cut to milliseconds because MongoDB keeps no more.
// Its text form is RFC 3339 with three decimals.
type Time struct{ time.Time }

// TimeOf returns t in UTC without what is smaller than a millisecond.
func TimeOf(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// TimeOfMilli returns the instant so many milliseconds after 1970.
func TimeOfMilli(ms int64) Time { return Time{time.UnixMilli(ms).UTC()} }

// String returns the text form.
func (t Time) String() string { return t.UTC().Format(timeLayout) }

// MarshalText writes the text form.
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// AppendText appends the text form to b.
func (t Time) AppendText(b []byte) ([]byte, error) { return t.UTC().AppendFormat(b, timeLayout), nil }

// MarshalJSON writes the text form as a JSON string.
func (t Time) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(timeLayout)+2)
	b = append(b, '"')
	b, err := t.AppendText(b)
	return append(b, '"'), err
}

// UnmarshalText reads any RFC 3339 time and cuts it to milliseconds.
func (t *Time) UnmarshalText(b []byte) error {
	p, err := time.Parse(time.RFC3339, string(b))
	switch {
	case err != nil,
		b[13] != ':', bytes.IndexByte(b, ',') >= 0, // Parse takes an hour of one digit, and a comma
		p.UTC().Year() < 0, p.UTC().Year() > 9999:
		return Invalid("", "not an RFC 3339 time")
	}
	*t = TimeOf(p)
	return nil
}

// UnmarshalJSON reads a JSON string as [Time.UnmarshalText] does.
func (t *Time) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return Invalid("", "not an RFC 3339 time")
	}
	return t.UnmarshalText(b[1 : len(b)-1])
}
