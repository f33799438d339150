package api

import "errors"

// TagCount is one tag, and how many notes have it that are not in the trash.
type TagCount struct {
	Tag   string `json:"tag"`
	Count int    `json:"count"`
}

// TagList is the answer of GET /tags, ascending by the bytes of the tags.
type TagList struct {
	Tags []TagCount `json:"tags"`
}

// TagRename is the input of PATCH /tags/{tag}. Where there is a tag of this name
// the two become one.
type TagRename struct {
	Name string `json:"name"`
}

// Validate returns a [CodeInvalid] or [CodeTooLarge] error about a name that is
// no tag. It must be in normal form, as [ValidateTags] has it.
func (r TagRename) Validate() error {
	err := ValidateTags([]string{r.Name})
	if e, ok := errors.AsType[*Error](err); ok {
		return &Error{Code: e.Code, Field: "name", Message: e.Message}
	}
	return err
}

// TagRenamed is the answer of PATCH /tags/{tag}.
type TagRenamed struct {
	Tag string `json:"tag"` // what the tag is called now, in normal form
	// Changed is how many notes this request has changed: none where it repeats one
	// that has done it all.
	Changed int `json:"changed"`
	// More tells that the time of a request was over before all notes were done:
	// the same request with the same Operation-Id goes on.
	More bool `json:"more"`
}
