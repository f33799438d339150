package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/version"
)

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Long:  `Print the version of this program. "notes status" tells the server's.`,
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.out, version.Line("notes"))
			return err
		},
	}
}
