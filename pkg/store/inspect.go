package store

import "context"

// Level says how much a [Finding] matters.
type Level int

// The levels there are.
const (
	LevelOK      Level = iota
	LevelWarning       // it works, and should be seen to
	LevelError         // it does not work, or is not safe
)

// Finding is what came of looking at one thing.
type Finding struct {
	Level Level
	Text  string // a clause for an operator
	Hint  string // what to do about it; may be empty
}

// Inspector is what an engine offers beside [Store] to an operator who asks
// whether all is well.
type Inspector interface {
	// Inspect looks at what the engine's promises rest on, reads what can be
	// damaged, and counts what there is. It changes nothing, and may take as long
	// as it takes to read everything.
	Inspect(ctx context.Context) []Finding
}

// OK returns a finding about what is as it should be.
func OK(text string) Finding { return Finding{Level: LevelOK, Text: text} }

// Warning returns a finding of [LevelWarning].
func Warning(text, hint string) Finding { return Finding{Level: LevelWarning, Text: text, Hint: hint} }

// Failure returns a finding of [LevelError].
func Failure(text, hint string) Finding { return Finding{Level: LevelError, Text: text, Hint: hint} }
