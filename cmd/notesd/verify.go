package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func newVerify(out io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE",
		Short: "Restore a backup into a scratch store, and compare",
		Long: `Read a backup wholly, restore it into a scratch SQLite store below $TMPDIR, let
SQLite look for damage, and compare what the store gives back with the file. The
store of the server is not touched.`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := os.MkdirTemp("", "notesd-verify-")
			if err != nil {
				return err
			}
			defer func() { _ = os.RemoveAll(dir) }()
			r, err := newRestore(cmd.Context(), args[0], false)
			if err != nil {
				return err
			}
			if err := r.build(cmd.Context(), filepath.Join(dir, "notes.db")); err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "%s: made %s by notesd %s on %s, it can be restored: %s\n",
				args[0], r.header.CreatedAt, r.header.Version, r.header.Engine, r.manifest.Counts)
			return err
		},
	}
}
