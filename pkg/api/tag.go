package api

// TagCount is one tag, and how many notes have it that are not in the trash.
type TagCount struct {
	Tag   string `json:"tag"`
	Count int    `json:"count"`
}
