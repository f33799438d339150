// Package api is the contract between notesd and everything that talks to it:
// the JSON types of the HTTP API, their limits, what makes a value valid, and
// the error codes with their HTTP statuses. The server, both engines, the Go
// client and the command line share these declarations; nothing here is
// declared twice.
//
// Read [Note] first, then [Error]. The HTTP side of the contract (routes,
// headers, statuses) is pkg/server/openapi.yaml.
//
// The package imports the standard library only and does no I/O.
package api

// Version is the version of the HTTP API, and Prefix the path all its routes
// begin with.
const (
	Version = 1
	Prefix  = "/api/v1"
)

// Limits of what one request or one note may hold. Text is measured in bytes
// of UTF-8, as it is stored.
const (
	MaxTitle = 1 << 10 // bytes of a title
	MaxBody  = 1 << 20 // bytes of a body

	MaxTags = 64 // tags of a note
	MaxTag  = 64 // bytes of a tag

	MaxUsername = 64      // characters of a user name
	MinPassword = 12      // characters of a password (OWASP ASVS 5.0, 6.2.1 and 6.2.9)
	MaxPassword = 1 << 10 // bytes of a password
	MaxLabel    = 128     // bytes of a session's label

	MaxTokenDays = 365 // that a personal access token lives

	MaxQuery = 1 << 10 // bytes of a search

	// MaxRequest is the largest request body in bytes: a body of MaxBody bytes
	// can take six times as many when JSON escapes every one of them.
	MaxRequest = 8 << 20
	// MaxDepth is how deep JSON may nest.
	MaxDepth = 32

	// A page ends at MaxPage notes or MaxPageBytes bytes of text, whichever
	// comes first, and holds one note at least.
	MaxPage      = 200
	DefaultPage  = 50
	MaxPageBytes = 4 << 20
)

// Names of headers that the API gives a meaning of its own.
const (
	// HeaderOperation carries the id of the command a write belongs to; a repeat of it
	// changes nothing (see store.Note.Operations).
	HeaderOperation = "Operation-Id"
	// HeaderRequest names one request in answers, errors and the server's log.
	HeaderRequest = "X-Request-Id"
)
