package search

// Version is that of the rules by which [Tokens] makes tokens of a note. It is
// raised with each change of them, so that an engine makes its index anew.
const Version = 1
