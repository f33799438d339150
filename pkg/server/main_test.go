package server_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain wants no goroutine to be left when all servers have stopped, but two
// of fasthttp's: the one that keeps its clock for the life of the process, and
// those that find out within ten seconds that their server has stopped.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}
