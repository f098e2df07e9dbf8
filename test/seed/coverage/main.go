// Command coverage writes docs/coverage.md, or the file it is given.
package main

import (
	"fmt"
	"os"

	"github.com/hostgrant/hostgrant/test/seed"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: coverage FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(seed.Document()), 0o644); err != nil { //nolint:gosec // a document for everybody
		fmt.Fprintln(os.Stderr, "coverage:", err)
		os.Exit(1)
	}
}
