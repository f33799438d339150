package main

import (
	"testing"
	"time"
)

func TestParseMoment(t *testing.T) {
	t.Parallel()
	kathmandu := time.FixedZone("", 5*3600+45*60)
	now := time.Date(2026, 3, 1, 1, 30, 15, 500, kathmandu)
	for text, want := range map[string]string{
		"2026-01-31":                "2026-01-31T00:00:00+05:45",
		"today":                     "2026-03-01T00:00:00+05:45",
		"yesterday":                 "2026-02-28T00:00:00+05:45",
		"2026-01-31T12:00:00Z":      "2026-01-31T12:00:00Z",
		"2026-01-31T12:00:00-01:00": "2026-01-31T13:00:00Z",
		"0h":                        "2026-03-01T01:30:15+05:45",
		"12h":                       "2026-02-28T13:30:15+05:45",
		"7d":                        "2026-02-22T01:30:15+05:45",
		"2w":                        "2026-02-15T01:30:15+05:45",
		"65535w":                    "0770-03-01T01:30:15+05:45",
	} {
		got, err := parseMoment(text, now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v; want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
	for _, text := range []string{
		"", " ", "d", "7", "-1d", "+1d", "7D", "7m", "1.5d", "65536d", "2026", "2026-1-31", "2026-02-30", "31.01.2026",
		"2026-01-31 12:00", "2026-01-31T12:00:00", "Today", "tomorrow",
	} {
		if got, err := parseMoment(text, now); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// A day in which the clocks are changed is as long as it is.
func TestParseMomentSummerTime(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		missing(t, "tzdata")
	}
	now := time.Date(2026, 3, 30, 9, 0, 0, 0, berlin)
	for text, want := range map[string]string{
		"yesterday":  "2026-03-28T23:00:00Z",
		"2026-03-30": "2026-03-29T22:00:00Z",
		"today":      "2026-03-29T22:00:00Z",
		"1d":         "2026-03-29T07:00:00Z",
		"2d":         "2026-03-28T08:00:00Z",
	} {
		if got, err := parseMoment(text, now); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v; want %s", text, got.UTC().Format(time.RFC3339), err, want)
		}
	}
}

// A note of a millisecond lies before or after a time that is given more exactly.
func TestTimeFlagIsExact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-01-31T12:00:00.123Z":       "2026-01-31T12:00:00.123Z",
		"2026-01-31T12:00:00.123000001Z": "2026-01-31T12:00:00.124Z",
		"2026-01-31T12:59:59.9991+00:00": "2026-01-31T13:00:00.000Z",
	} {
		if got, err := timeFlag("since", text, time.Now()); err != nil || got.String() != want {
			t.Errorf("%s is %v, %v; want %s", text, got, err, want)
		}
	}
}
