package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/x/mongo/driver"
	"go.mongodb.org/mongo-driver/x/mongo/driver/topology"

	"github.com/notesd/notesd/pkg/api"
)

// codeDuplicateKey is MongoDB's number for a broken unique constraint.
const codeDuplicateKey = 11000

// awayCodes are MongoDB's numbers for a server that cannot serve now: those that
// the driver's retry rules name, time-outs, and no room on the disk.
var awayCodes = []int{
	6,     // HostUnreachable
	7,     // HostNotFound
	50,    // MaxTimeMSExpired
	89,    // NetworkTimeout
	91,    // ShutdownInProgress
	133,   // FailedToSatisfyReadPreference
	134,   // ReadConcernMajorityNotAvailableYet
	189,   // PrimarySteppedDown
	262,   // ExceededTimeLimit
	9001,  // SocketException
	10107, // NotWritablePrimary
	11600, // InterruptedAtShutdown
	11602, // InterruptedDueToReplStateChange
	13435, // NotPrimaryNoSecondaryOk
	13436, // NotPrimaryOrSecondary
	14031, // OutOfDiskSpace
}

// wrap translates an error of the driver, by its type and number, and says which
// call met it.
func wrap(op string, err error) error {
	var known *api.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return fmt.Errorf("mongo: %s: %w", op, err)
	case errors.Is(err, mongo.ErrNoDocuments):
		return fmt.Errorf("mongo: %s: %w", op, api.ErrNotFound)
	case hasCode(err, codeDuplicateKey):
		return fmt.Errorf("mongo: %s: %w", op, api.ErrConflict)
	case away(err):
		return fmt.Errorf("mongo: %s: %w: %w", op, api.ErrUnavailable, err)
	}
	return fmt.Errorf("mongo: %s: %w", op, err)
}

// away reports whether there was no answer, or one that promises nothing. That
// includes the caller who went away: nobody knows what became of the command.
func away(err error) bool {
	if mongo.IsNetworkError(err) || mongo.IsTimeout(err) || hasCode(err, awayCodes...) {
		return true
	}
	if errors.Is(err, mongo.ErrClientDisconnected) || errors.Is(err, context.Canceled) {
		return true
	}
	var (
		selection  topology.ServerSelectionError
		connection topology.ConnectionError
		pool       driver.RetryablePoolError // the connection was closed while we waited for it
		write      mongo.WriteException
		writes     mongo.BulkWriteException
	)
	return errors.As(err, &selection) || errors.As(err, &connection) || errors.As(err, &pool) ||
		errors.As(err, &write) && write.WriteConcernError != nil || // written, but not as durably as promised
		errors.As(err, &writes) && writes.WriteConcernError != nil
}

// onlyDuplicates reports whether all that was not inserted was there already.
func onlyDuplicates(err error) bool {
	var some mongo.BulkWriteException
	return errors.As(err, &some) && !away(err) &&
		!slices.ContainsFunc(some.WriteErrors, func(e mongo.BulkWriteError) bool { return !hasCode(e, codeDuplicateKey) })
}

func hasCode(err error, codes ...int) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && slices.ContainsFunc(codes, server.HasErrorCode)
}
