package main

import "github.com/notesd/notesd/pkg/progress"

// noteProgress says how many notes a command is through with.
type noteProgress struct{ *progress.Line }

func (a *app) progress() noteProgress { return noteProgress{progress.New(a.errOut, a.now)} }

// draw says how many notes are done, and how much of all that is; 0: nobody
// knows.
func (p noteProgress) draw(notes int, part float64) { p.Draw(notes, "notes", part) }

// clear takes the line away, before something else is said.
func (p noteProgress) clear() { p.Clear() }
