package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/notesd/notesd/pkg/backup"
)

// report tells what a copy came to. The error is about what is not as in the
// source.
func (c *copier) report(from source, last *round) error {
	as := ""
	if from.fixed {
		as = ", as they were at " + c.begun.UTC().Format("15:04:05") + " UTC"
	}
	fmt.Fprintf(c.out, "copied in %.1f s%s:\n", c.now().Sub(c.begun).Seconds(), as)
	if err := c.table(last.fromSum, last.toSum); err != nil {
		return err
	}
	if c.leaveOpen {
		fmt.Fprintln(c.out, "no server opens the store yet: the same command without --leave-open brings the rest and ends the copy")
	}
	if last.kept == 0 {
		_, err := fmt.Fprintln(c.out, "verified: both hold the same")
		return err
	}
	for _, name := range last.named {
		fmt.Fprintf(c.out, "not the same in both, and kept: %s\n", name)
	}
	return &hintError{
		fmt.Errorf("%s not copied: the store has its own under the same ids", plural(last.kept, "record")+" "+were(last.kept)),
		"what is in --from under these ids is still there: notes export writes it",
	}
}

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// table prints what both stores sum up to. With --into-existing that is what they
// share.
func (c *copier) table(from, to backup.Manifest) error {
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tfrom\tto")
	for _, row := range []struct {
		kind     string
		from, to int
	}{
		{"settings", from.Counts.Settings, to.Counts.Settings},
		{"users", from.Counts.Users, to.Counts.Users},
		{"sessions", from.Counts.Sessions, to.Counts.Sessions},
		{"notes", from.Counts.Notes, to.Counts.Notes},
		{"tombstones", from.Counts.Tombstones, to.Counts.Tombstones},
		{"operations", from.Counts.Operations, to.Counts.Operations},
		{"steps", from.Counts.Steps, to.Counts.Steps},
	} {
		fmt.Fprintf(table, "%s\t%d\t%d\n", row.kind, row.from, row.to)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "digest from  %x\ndigest to    %x\n", from.SHA256, to.SHA256)
	return err
}

// verify compares two stores, beside the servers on them.
func (c *copier) verify(ctx context.Context) (err error) {
	from, err := openSource(ctx, "from", c.from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := openSource(ctx, "to", c.to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	total, err := from.CountRecords(ctx)
	if err != nil {
		return err
	}
	progress := round{copier: c, total: total, before: &round{}}
	var first *difference
	differences := 0
	both := comparison{partial: c.existing, seen: progress.draw, found: func(d difference) error {
		if differences++; first == nil {
			first = &d
		}
		return nil
	}}
	fromSum, toSum, err := both.run(ctx, from, to)
	c.line.Clear()
	if err != nil {
		return err
	}
	if err := c.table(fromSum, toSum); err != nil {
		return err
	}
	if first != nil {
		return fmt.Errorf("%s not the same; the first: %s is %s", plural(differences, "thing")+" "+are(differences), first, first.in())
	}
	_, err = fmt.Fprintln(c.out, "verified: both hold the same")
	return err
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
