// Package torture does to a real notesd what years on the open internet will do
// to it, and counts what was lost. Each test starts the built program as a child
// process on loopback; read harness_test.go first.
//
// `go test ./torture` runs the short forms, `make torture` the long ones, which
// take hours. Each test prints one line with what it counted.
package torture
