package main

import (
	"context"
	"io"
	"time"
)

// run runs one command line and returns its exit code. The streams may be
// terminals, and lookupenv is os.LookupEnv.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer, lookupenv func(string) (string, bool)) int {
	a := &app{in: in, out: out, errOut: errOut, lookupenv: lookupenv}
	a.now = time.Now
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	root := newRoot(a)
	args, script, err := a.expandAliases(root, args)
	switch {
	case err != nil:
		return a.exitCode(err, wantsJSON(args))
	case script != nil:
		return a.exitCode(a.runScript(ctx, script), false)
	}
	root.SetArgs(queryWords(root, args))
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(ctx)
	asJSON := wantsJSON(args) && cmd.Name() != "run" // what follows it is another program's
	return a.exitCode(afterSignal(cmd.Context(), err), asJSON)
}
