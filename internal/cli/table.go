package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/internal/hosting/table"
)

func newTableCommand(streams genericiooptions.IOStreams) *cobra.Command {
	command := &cobra.Command{
		Use:   "table",
		Short: "Write down a provider's permission table as a file, and compare such files",
		Args:  cobra.ArbitraryArgs,
		RunE:  subcommandOf,
		Long: `Write down a provider's permission table as a file, and compare such files.

A provider without a permission API still shows its table on its pages. "table template" makes cells to fill
in, with its accounts and servers; "table from-csv" makes a table file of what was filled in. The file says
when the table was seen. "import", "plan", "worklist", "who-can", "matrix" and others take it with --table, and
ask neither a provider nor a cluster.

The way: template, fill it in, from-csv; then "hostgrant import", "plan" and "worklist"; then fill it in again.
docs/real-account.md goes all of it, in twenty minutes.

Tables hold e-mail addresses: keep them where only those may read who may know them.`,
	}
	command.AddCommand(newTableTemplateCommand(streams), newTableFromCSVCommand(streams), newTableFromProviderCommand(streams),
		newTableDiffCommand(streams), newTableCheckCommand(streams))
	return command
}

// readTable reads a table file.
func readTable(name string) (table.Table, error) {
	body, err := readBounded(name, table.MaxBytes)
	if err != nil {
		return table.Table{}, err
	}
	t, err := table.Decode(body)
	switch {
	case err != nil && strings.EqualFold(filepath.Ext(name), ".csv"):
		return table.Table{}, fmt.Errorf("%s: these are cells, and no table file: make one with hostgrant table from-csv %s --file table.yaml", name, name)
	case err != nil:
		return table.Table{}, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// readBounded reads a file, and one byte more than it may have at most.
func readBounded(name string, most int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	defer file.Close() //nolint:errcheck // it was only read
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: name a file", name)
	}
	return io.ReadAll(io.LimitReader(file, most+1))
}

// eachLine puts where a text is from before each line of what is wrong with it.
func eachLine(where string, err error) error {
	var errs []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		errs = append(errs, fmt.Errorf("%s: %s", where, line))
	}
	return errors.Join(errs...)
}

// languageOf reads --language.
func languageOf(text string) (table.Language, error) {
	switch language := table.Language(strings.ToLower(text)); language {
	case table.English, table.French:
		return language, nil
	}
	return "", fmt.Errorf("--language %q: give en or fr", text)
}

// written writes to a new file that only its owner may read, or, without a name, to the output.
func written(name string, out io.Writer, body []byte) error {
	if name == "" {
		_, err := out.Write(body)
		return err //nolint:wrapcheck // writing to the terminal
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("--file %s: the file is there already, and is not overwritten: name another one, or remove it", name)
	}
	if err != nil {
		return fmt.Errorf("--file: %w", err)
	}
	_, err = file.Write(body)
	return errors.Join(err, file.Close())
}
