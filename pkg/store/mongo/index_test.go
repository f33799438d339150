package mongo

import (
	"maps"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

// query is what a command looks for, and in which order.
type query struct {
	collection string
	filter     bson.M
	sort       []string
}

// queries returns the queries in a command.
func queries(t *testing.T, command bson.Raw) []query {
	t.Helper()
	var c struct {
		Find, Update, Delete, Aggregate string

		Filter   bson.M
		Sort     bson.D
		Pipeline []struct {
			Match bson.M `bson:"$match"`
		}
		Updates, Deletes []struct{ Q bson.M }
	}
	if err := bson.Unmarshal(command, &c); err != nil {
		t.Fatal(err)
	}
	if c.Find != "" {
		var sort []string
		for _, e := range c.Sort {
			sort = append(sort, e.Key)
		}
		return []query{{c.Find, c.Filter, sort}}
	}
	if c.Aggregate != "" {
		return []query{{c.Aggregate, c.Pipeline[0].Match, nil}}
	}
	var qs []query
	for _, u := range append(c.Updates, c.Deletes...) {
		qs = append(qs, query{c.Update + c.Delete, u.Q, nil})
	}
	return qs
}

// The way a filter looks at a field.
type comparison int

const (
	none    comparison = iota // not at all, or by what no index serves
	equal                     // one value, or one of several
	bound                     // all on one side
	bounded                   // between two
)

func (q query) compares(field string) comparison {
	value, ok := q.filter[field]
	operators, isDoc := value.(bson.M)
	if of, ok := operators["$elemMatch"].(bson.M); ok {
		operators = of
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { _, ok := operators[n]; return ok })
	}
	switch low, high := has("$gt", "$gte"), has("$lt", "$lte"); {
	case !ok:
		return none
	case !isDoc || has("$eq", "$in", "$all"):
		return equal
	case low && high:
		return bounded
	case low || high:
		return bound
	}
	return none
}

// served reports whether the keys of an index with these fields, read in their
// order, are what the query looks for: first the fields compared with equality,
// then those it is ordered by, of which the first may have bounds. Nothing else
// that could be an index's work is left over.
func (q query) served(fields []string) bool {
	equals := 0
	for equals < len(fields) && q.compares(fields[equals]) == equal {
		equals++
	}
	rest := fields[equals:]
	for field := range q.filter {
		at := slices.Index(fields, field)
		if q.compares(field) != none && (at < 0 || at > equals) {
			return false
		}
	}
	var sort []string
	for _, field := range q.sort {
		if q.compares(field) != equal {
			sort = append(sort, field)
		}
	}
	selective := equals > 0 || q.compares(rest[0]) != none
	return selective && len(sort) <= len(rest) && slices.Equal(sort, rest[:len(sort)])
}

// byKey reports whether the index on _id finds what the query looks for: single
// documents, or those whose keys are between two bounds. The latter are few and
// may be sorted and filtered after. A migration walks along it through all.
func (q query) byKey() bool {
	if len(q.filter) == 0 && slices.Equal(q.sort, []string{"_id"}) {
		return true
	}
	if alternatives, ok := q.filter["$or"].(bson.A); ok {
		return !slices.ContainsFunc(alternatives, func(a any) bool {
			return query{filter: a.(bson.M)}.compares("_id") != bounded
		})
	}
	c := q.compares("_id")
	return c == equal && (len(q.sort) == 0 || q.sort[0] == "_id") || c == bounded
}

// ways returns what an index is asked for: of a search any one of the tokens, and
// nothing that is looked at in what is found.
func (q query) ways() []query {
	filter := maps.Clone(q.filter)
	if !slices.Contains(q.sort, "updated_at") {
		delete(filter, "updated_at") // the days of a list by another field
	}
	conditions, ok := filter["$and"].(bson.A)
	for _, looked := range []string{"$and", "$nor"} {
		delete(filter, looked)
	}
	if !ok {
		return []query{{q.collection, filter, q.sort}}
	}
	delete(filter, "tags")
	var list []query
	for _, c := range conditions {
		way := query{q.collection, maps.Clone(filter), q.sort}
		way.filter["tokens"] = c.(bson.M)["tokens"]
		if way.compares("tokens") == bounded { // all that begin so, in their own order
			way = query{q.collection, bson.M{"owner": filter["owner"], "tokens": way.filter["tokens"]}, nil}
		}
		list = append(list, way)
	}
	return list
}

// Every query of every call is the work of an index there is.
func TestEveryQueryHasAnIndex(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, command := range recordAll(t) {
		for _, q := range queries(t, command) {
			if q.byKey() {
				continue
			}
			for _, way := range q.ways() {
				served := false
				for _, i := range indexes {
					if i.collection == q.collection && way.served(i.fields) {
						served, used[i.collection+"."+i.name] = true, true
					}
				}
				if !served {
					t.Errorf("no index of %s serves %v by %v", way.collection, way.filter, way.sort)
				}
			}
		}
	}
	for _, i := range indexes {
		if !used[i.collection+"."+i.name] {
			t.Errorf("no query needs the index %s of %s", i.name, i.collection)
		}
	}
}
