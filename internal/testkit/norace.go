//go:build !race

package testkit

// raceFlags build programs as the tests are that run them.
var raceFlags []string
