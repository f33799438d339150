package api

// PortableNote is a note outside of a server, as GET /export gives it and POST
// /import takes it: all that a person would miss, and no revision, so that the
// same notes always look the same.
type PortableNote struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Body      string   `json:"body"`
	Tags      []string `json:"tags"`
	Pinned    bool     `json:"pinned"`
	Archived  bool     `json:"archived"`
	CreatedAt Time     `json:"created_at"`
	UpdatedAt Time     `json:"updated_at"`
	TrashedAt *Time    `json:"trashed_at"`
}
