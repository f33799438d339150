// Package echo keeps a terminal from showing what is typed.
package echo
