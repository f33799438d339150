package main

import (
	"fmt"
	"strings"
)

// What the projection of operating.md takes for granted, beside what is measured.
const (
	projectedUsers  = 1_000_000
	projectedShards = 8

	notesEach, loginsEach, operationsEach = 100, 2, 20

	// The busiest minute: how many users are at work, and what each of them does.
	// Every request comes in another second than the one before.
	atWork = projectedUsers / 10

	save, open, list, find = "`PATCH /notes/{id}`", "`GET /notes/{id}`", "`GET /notes`", "`GET /notes?q=milk`"
)

// busyMinute is how often somebody at work makes which request.
var busyMinute = map[string]float64{
	save: 1, open: 2, list: 2, find: 0.5, costOfSession: 1 + 2 + 2 + 0.5, costOfTouch: 1, costOfForgetting: 1. / 16,
}

// projection is what a million users come to: pairs of what and how much.
func projection(costs []cost, sizes []size) [][2]string {
	each := map[string]int{"users": 1, "sessions": loginsEach, "notes": notesEach, "steps": notesEach, "operations": operationsEach}
	docs, keys := 0, 0
	for _, s := range sizes {
		docs += each[s.collection] * s.bytes
		keys += each[s.collection] * s.keys
	}
	var all, writes float64
	on := map[string]float64{}
	for _, c := range costs {
		rate := busyMinute[c.request] * atWork / 60
		for _, command := range c.commands {
			verb, collection, _ := strings.Cut(command, " ")
			all += rate
			on[collection] += rate
			if verb != "find" && verb != "aggregate" {
				writes += rate
			}
		}
	}
	second := func(rate float64) string { return fmt.Sprintf("%.0f", rate) }
	gigabytes := func(bytes int) string { return fmt.Sprintf("%d GB", bytes*(projectedUsers/1000)/1_000_000) }
	return [][2]string{
		{"documents of a user", fmt.Sprintf("%d KB", docs/1000)},
		{"index keys of a user", fmt.Sprintf("%d KB", keys/1000)},
		{"documents of all", gigabytes(docs)},
		{"index keys of all", gigabytes(keys)},
		{fmt.Sprintf("both, on each of %d shards", projectedShards), gigabytes((docs + keys) / projectedShards)},
		{"commands a second", second(all)},
		{"of these, writes", second(writes)},
		{"on `notes`, `steps` and `operations`, on each shard", second((on["notes"] + on["steps"] + on["operations"]) / projectedShards)},
		{"on `sessions`, on each shard", second(on["sessions"] / projectedShards)},
		{"on `users`, on the one shard that has them", second(on["users"])},
	}
}
