package server_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain wants no goroutine to be left when all servers have stopped, but two
// of fasthttp's: its clock lives as long as the process, and who cleans a pool
// of workers sleeps for ten seconds before it sees that the server has stopped.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}
