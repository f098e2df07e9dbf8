package status

import "regexp"

// address finds what looks like a mail address.
var address = regexp.MustCompile(`[^\s"'<>(),;:]+@[^\s"'<>(),;:]+`)

// WithoutAddresses is a message in which "[address]" stands for each mail address, for what is printed where others may
// read it.
func WithoutAddresses(message string) string { return address.ReplaceAllString(message, "[address]") }
