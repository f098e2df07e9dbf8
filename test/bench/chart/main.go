// Command chart writes results.md and curves.svg into docs/benchmarks, or the folder it is given, from the results in
// its folder results.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hostgrant/hostgrant/test/bench/result"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: chart FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

// write makes both files of a folder anew. Where no grants were measured there are no curves.
func write(folder string) error {
	results, err := result.Read(filepath.Join(folder, "results"))
	if err != nil {
		return err
	}
	curves := filepath.Join(folder, "curves.svg")
	if len(results.Grants) == 0 {
		if err := os.Remove(curves); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	} else if err := os.WriteFile(curves, []byte(drawing(results.Grants)), 0o644); err != nil { //nolint:gosec // a picture for everybody
		return err
	}
	return os.WriteFile(filepath.Join(folder, "results.md"), []byte(document(results)), 0o644) //nolint:gosec // a document for everybody
}
