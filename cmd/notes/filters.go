package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

// filterFlags are the flags that say which notes are meant.
type filterFlags struct {
	tags                   []string
	state                  string
	archived, trashed, all bool
	pinned                 bool
	since, before          string
}

func addFilterFlags(cmd *cobra.Command, a *app, f *filterFlags) {
	flags := cmd.Flags()
	flags.VarP((*tagList)(&f.tags), "tag", "t", "only notes with this `tag` (may repeat: with all of them)")
	must(cmd.RegisterFlagCompletionFunc("tag", a.completeTagFlag))
	flags.BoolVar(&f.pinned, "pinned", false, "only pinned notes")
	addChoice(cmd, flags, &f.state, "state", "active", "notes in this `state`: active, archived, trashed or all", "active", "archived", "trashed", "all")
	flags.BoolVar(&f.archived, "archived", false, "short for --state archived")
	flags.BoolVar(&f.trashed, "trashed", false, "short for --state trashed")
	flags.BoolVar(&f.all, "all", false, "short for --state all")
	flags.Var((*moment)(&f.since), "since", "only notes saved at this `time` or later: a day, a time, or as 7d (see: notes help times)")
	flags.Var((*moment)(&f.before), "before", "only notes saved before this `time`")
	moments := cobra.FixedCompletions([]string{"today", "yesterday", "7d", "2w"}, keepOrder)
	must(cmd.RegisterFlagCompletionFunc("since", moments))
	must(cmd.RegisterFlagCompletionFunc("before", moments))
	cmd.MarkFlagsMutuallyExclusive("state", "archived", "trashed", "all")
}

// moment is a flag that is a time. Empty it is no filter but a variable of a script
// that was not set.
type moment string

func (m moment) String() string { return string(m) }
func (moment) Type() string     { return "string" }

func (m *moment) Set(s string) error {
	if s == "" {
		return errors.New("it is empty")
	}
	*m = moment(s)
	return nil
}

// options are the filters as the server takes them. Days and spans of time are
// those of now and of its time zone.
func (f filterFlags) options(now time.Time) (api.ListOptions, error) {
	o := api.ListOptions{State: api.State(f.state), Tags: f.tags}
	switch {
	case f.archived:
		o.State = api.StateArchived
	case f.trashed:
		o.State = api.StateTrashed
	case f.all:
		o.State = api.StateAll
	}
	if f.pinned {
		o.Pinned = new(true)
	}
	var err error
	if o.Since, err = timeFlag("since", f.since, now); err != nil {
		return o, err
	}
	o.Before, err = timeFlag("before", f.before, now)
	return o, err
}

func timeFlag(name, value string, now time.Time) (*api.Time, error) {
	if value == "" {
		return nil, nil
	}
	t, err := parseMoment(value, now)
	if err != nil {
		return nil, withHint(usagef("--%s: %v", name, err), "see: notes help times")
	}
	exact := api.TimeOf(t)
	if exact.Before(t) { // notes have milliseconds, so none lies between this one and the next
		exact = api.TimeOf(t.Add(time.Millisecond))
	}
	return &exact, nil
}

// parseMoment reads a point in time as people write one: a day, which begins at
// midnight where now is, a time of RFC 3339, or how long ago it was.
func parseMoment(s string, now time.Time) (time.Time, error) {
	y, m, d := now.Date()
	switch s {
	case "today":
		return time.Date(y, m, d, 0, 0, 0, 0, now.Location()), nil
	case "yesterday":
		return time.Date(y, m, d-1, 0, 0, 0, 0, now.Location()), nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, now.Location()); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && new(api.Time).UnmarshalText([]byte(s)) == nil {
		return t.UTC(), nil
	}
	if s != "" {
		n, err := strconv.ParseUint(s[:len(s)-1], 10, 16) // not before our era
		switch unit := s[len(s)-1]; {
		case err != nil:
		case unit == 'h':
			return now.Add(-time.Duration(n) * time.Hour), nil
		case unit == 'd':
			return now.AddDate(0, 0, -int(n)), nil
		case unit == 'w':
			return now.AddDate(0, 0, -7*int(n)), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no day as 2026-01-31, no time as 2026-01-31T12:00:00Z, and no span as 12h, 7d or 2w", s)
}
