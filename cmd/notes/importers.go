package main

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/exchange"
	"github.com/notesd/notesd/pkg/foreign"
)

// importFormats are what --from names.
func importFormats() []exchange.Format {
	return append([]exchange.Format{exchange.Files, exchange.NDJSON}, foreign.Formats(time.Local)...)
}

// formatOf returns the format that is named, else the one that takes the source
// for its own.
func formatOf(in exchange.Input, name string) (exchange.Format, error) {
	formats := importFormats()
	if name != "" {
		return formats[slices.IndexFunc(formats, func(f exchange.Format) bool { return f.Name == name })], nil
	}
	var found []exchange.Format
	var names []string
	for _, f := range formats {
		if f.Detect != nil && f.Detect(in) {
			found, names = append(found, f), append(names, f.Name)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if _, err := os.Stat(in.Path); in.Path != "-" && err != nil {
		return exchange.Format{}, err
	}
	if len(found) > 1 {
		return exchange.Format{}, withHint(usagef("%s can be read as %s", in.Path, strings.Join(names, " or ")), "say which with --from")
	}
	return exchange.Format{}, withHint(usagef("nobody can tell what is in %s", in.Path), "say it with --from; see: notes import --help")
}
