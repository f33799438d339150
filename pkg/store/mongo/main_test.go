package mongo

import (
	"testing"

	"go.uber.org/goleak"
)

// Close releases everything: at the end of the tests nothing goes on.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
