package mongotest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// message is one message of the MongoDB wire protocol: a header of 16 bytes
// (length, request id, response to, op code), then what the op code says.
type message []byte

const (
	headerLen  = 16
	maxMessage = 48_000_000 // what MongoDB itself accepts

	typeString = 2 // of a value

	opQuery = 2004
	opMsg   = 2013

	flagMoreToCome = 1 << 1
)

func readMessage(r io.Reader) (message, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n < headerLen || n > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes", n)
	}
	m := make(message, n)
	copy(m, length[:])
	_, err := io.ReadFull(r, m[len(length):])
	return m, err
}

func (m message) opCode() uint32 { return binary.LittleEndian.Uint32(m[12:]) }

// moreToCome says of a request that it wants no reply, and of a reply that
// another follows by itself (a streaming hello).
func (m message) moreToCome() bool {
	return m.opCode() == opMsg && len(m) >= headerLen+4 && binary.LittleEndian.Uint32(m[headerLen:])&flagMoreToCome != 0
}

// command returns the name of the command in a request, in lower case: the
// first key of its document. It is empty for a message of another kind.
func (m message) command() string {
	name, _, _ := m.first()
	return strings.ToLower(name)
}

// collection returns the name of the collection that a command is about: the
// value of its first key. Those that are about none, or name it elsewhere, have
// none.
func (m message) collection() string {
	_, kind, value := m.first()
	if kind != typeString || len(value) < 4 { // the length of the string
		return ""
	}
	name, _, _ := bytes.Cut(value[4:], []byte{0})
	return string(name)
}

// first returns the first key of a command's document, the type of its value, and
// all that follows.
func (m message) first() (name string, kind byte, value []byte) {
	var doc []byte
	switch body := m[headerLen:]; m.opCode() {
	case opMsg: // flags, the kind of the first section, its document
		doc = body[min(5, len(body)):]
	case opQuery: // flags, the collection's name, skip, limit, the document
		if len(body) > 4 {
			_, doc, _ = bytes.Cut(body[4:], []byte{0})
			doc = doc[min(8, len(doc)):]
		}
	}
	if len(doc) < 5 { // length, the type of the first value
		return "", 0, nil
	}
	key, value, _ := bytes.Cut(doc[5:], []byte{0})
	return string(key), doc[4], value
}

// handshake reports whether a request belongs to the connection rather than to
// the data: heartbeats and logins.
func (m message) handshake() bool {
	switch m.command() {
	case "hello", "ismaster", "saslstart", "saslcontinue":
		return true
	}
	return false
}
