package main

import (
	"testing"
	"time"
)

func TestRelativeTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		since time.Duration
		want  string
	}{
		{0, "just now"},
		{59 * time.Second, "just now"},
		{time.Minute, "1 minute ago"},
		{59*time.Minute + 59*time.Second, "59 minutes ago"},
		{time.Hour, "1 hour ago"},
		{day - time.Second, "23 hours ago"},
		{day, "yesterday"},
		{2*day - time.Second, "yesterday"},
		{2 * day, "2 days ago"},
		{29 * day, "29 days ago"},
		{30 * day, "1 month ago"},
		{100 * day, "3 months ago"},
		{365 * day, "1 year ago"},
		{800 * day, "2 years ago"},
		{-time.Second, "in a moment"},
		{-5 * time.Minute, "in 5 minutes"},
		{-day, "tomorrow"},
		{-40 * day, "in 1 month"},
	} {
		if got := relativeTime(now, now.Add(-tt.since)); got != tt.want {
			t.Errorf("%v ago is %q, want %q", tt.since, got, tt.want)
		}
	}
}
