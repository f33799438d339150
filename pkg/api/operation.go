package api

// Action is what an operation did.
type Action string

// The actions there are. More may come.
const (
	ActionCreate  Action = "create"
	ActionUpdate  Action = "update"
	ActionAppend  Action = "append"
	ActionTrash   Action = "trash"
	ActionRestore Action = "restore"
	ActionRevert  Action = "revert"
	ActionRename  Action = "rename" // of a tag
	ActionImport  Action = "import"
	ActionUndo    Action = "undo"
)
