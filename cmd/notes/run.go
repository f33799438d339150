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
	ctx, stop := a.catchInterrupts(ctx)
	defer stop()
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	return a.exitCode(afterSignal(ctx, root.ExecuteContext(ctx)), wantsJSON(args))
}
