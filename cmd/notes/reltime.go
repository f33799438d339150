package main

import (
	"strconv"
	"time"
)

const day = 24 * time.Hour

// relativeTime says how long before or after now t is, as people say it: "just
// now", "5 minutes ago", "yesterday", "in 2 hours". Months have 30 days, years
// 365. A day ago is a span of 24 hours, whatever the calendar says, so that the
// answer does not depend on a time zone.
func relativeTime(now, t time.Time) string {
	d := now.Sub(t)
	ago := d >= 0
	if !ago {
		d = -d
	}
	switch {
	case d < time.Minute && ago:
		return "just now"
	case d < time.Minute:
		return "in a moment"
	case day <= d && d < 2*day && ago:
		return "yesterday"
	case day <= d && d < 2*day:
		return "tomorrow"
	}
	span := timeSpan(d)
	if ago {
		return span + " ago"
	}
	return "in " + span
}

// timeSpan names d in its largest whole unit.
func timeSpan(d time.Duration) string {
	units := []struct {
		size time.Duration
		name string
	}{
		{365 * day, "year"},
		{30 * day, "month"},
		{day, "day"},
		{time.Hour, "hour"},
		{time.Minute, "minute"},
	}
	for _, u := range units {
		if n := int64(d / u.size); n == 1 {
			return "1 " + u.name
		} else if n > 1 {
			return strconv.FormatInt(n, 10) + " " + u.name + "s"
		}
	}
	return "1 minute"
}
