package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/version"
)

// versionRecord is what version tells.
type versionRecord struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

func newVersion(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Long:  `Print the version of this program. "notes status" tells the server's.`,
		Example: `  notes version
  notes version --json version --jq .version`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.active() {
				return f.write(cmd.Context(), a.printer(), versionRecord{version.Version(), version.Commit(), runtime.Version()})
			}
			_, err := fmt.Fprintln(a.out, version.Line("notes"))
			return err
		},
	}
	addFormatFlags(cmd, &f, []string{"version", "commit", "go"})
	return cmd
}
