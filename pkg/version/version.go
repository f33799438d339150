// Package version says which build of the programs this is.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Set at link time by the Makefile. A build without it, by go install say,
// falls back on what the Go tool knows.
var (
	version = ""
	commit  = ""
)

// Version returns the version, as "1.2.3", or "dev".
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// Line returns "program version (commit abc1234, go1.26)".
func Line(program string) string {
	return fmt.Sprintf("%s %s (commit %s, %s)", program, Version(), Commit(), runtime.Version())
}

// Commit returns the beginning of the commit's hash, or "unknown".
func Commit() string {
	c := commit
	if info, ok := debug.ReadBuildInfo(); ok && c == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				c = s.Value
			}
		}
	}
	if c == "" {
		return "unknown"
	}
	return c[:min(len(c), 12)]
}
