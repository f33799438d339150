package main

import (
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
)

// tagList is the value of --tag: tags, separated by commas. One that cannot be a
// tag is refused before anything else is done.
type tagList []string

func (l *tagList) String() string { return strings.Join(*l, ",") }
func (l *tagList) Type() string   { return "tags" }

// Set adds tags. Those of several flags add up.
func (l *tagList) Set(value string) error {
	tags := strings.Split(value, ",")
	for i := range tags {
		tags[i] = strings.TrimSpace(tags[i])
	}
	if err := api.ValidateTags(lower(tags)); err != nil {
		return err
	}
	*l = append(*l, tags...)
	return nil
}

// withTags returns the tags with some added and some taken away. The server
// keeps tags in lower case.
func withTags(tags, add, remove []string) []string {
	out := []string{}
	for _, t := range slices.Concat(tags, lower(add)) {
		if !slices.Contains(lower(remove), t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func lower(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(w)
	}
	return out
}
