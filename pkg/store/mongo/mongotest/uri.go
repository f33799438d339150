package mongotest

import (
	"errors"
	"net/url"
	"strings"

	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"
)

// rewrite returns uri with another database and, unless it is empty, with that
// host alone instead of its own.
func rewrite(uri, host, database string) (string, error) {
	cs, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return "", err
	}
	rest, query, _ := strings.Cut(strings.TrimPrefix(uri, cs.Scheme+"://"), "?")
	hosts, _, _ := strings.Cut(rest, "/")
	user := ""
	if i := strings.LastIndexByte(hosts, '@'); i >= 0 {
		user, hosts = hosts[:i+1], hosts[i+1:]
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return "", err
	}
	if user != "" {
		options.Set("authSource", cs.AuthSource) // it defaults to the database that is replaced
	}
	if host != "" {
		hosts = host
		options.Set("directConnection", "true") // or the driver goes where the server says it is
	}
	return cs.Scheme + "://" + user + hosts + "/" + database + "?" + options.Encode(), nil
}

// rewriteHost returns uri with that host alone instead of its own.
func rewriteHost(uri, host string) (string, error) {
	cs, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return "", err
	}
	return rewrite(uri, host, cs.Database)
}

// plainHost returns the address of the first server in uri. An error is one that
// the proxy cannot stand before.
func plainHost(uri string) (string, error) {
	cs, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return "", err
	}
	if cs.Scheme != connstring.SchemeMongoDB || cs.SSL || strings.HasSuffix(cs.Hosts[0], ".sock") {
		return "", errors.New("it can stand before mongodb://host:port without TLS alone")
	}
	host := cs.Hosts[0]
	if i := strings.LastIndexByte(host, ':'); i < 0 || strings.HasSuffix(host, "]") { // not the port of [::1]
		host += ":27017"
	}
	return host, nil
}
