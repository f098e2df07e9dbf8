package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// errNoCluster: neither kubectl's flags nor its files name a cluster.
var errNoCluster = errors.New("no cluster is configured: set KUBECONFIG or --kubeconfig")

// usageTemplate is cobra's, but that kubectl's twenty flags are named in one line.
const usageTemplate = `Usage:{{if and .Runnable (not .HasAvailableSubCommands)}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if and .HasParent .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}

Which cluster and namespace: -n, --context, --kubeconfig and more, as for kubectl; see "{{.Root.CommandPath}} options".{{if .HasAvailableSubCommands}}
More about a command: {{.CommandPath}} COMMAND --help{{end}}
`

// newOptionsCommand lists the flags that the help of other commands leaves out.
func newOptionsCommand(streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:   "options",
		Short: "List kubectl's flags, which say what cluster and namespace a command is about",
		Args:  takes(),
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprint(streams.Out, "Each command takes these flags, which mean what they mean to kubectl. --token is the cluster's: the provider's\n"+
				"token is read from the variable "+tokenVariable+" or from --token-file.\n\n"+cmd.Root().PersistentFlags().FlagUsages())
		},
	}
}

// takes says what arguments a command takes: one of each name, of which those in [] may be left out. It tells first of
// flags that are missing, because a file without -f is both.
func takes(names ...string) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return usageError(command, fmt.Sprintf("unexpected argument %q%s", args[len(names)], filesHint(command)))
		}
		if missing := missingFlags(command); len(missing) > 0 {
			return usageError(command, strings.Join(missing, " and ")+map[bool]string{true: " is missing", false: " are missing"}[len(missing) == 1])
		}
		for _, name := range names[len(args):] {
			if !strings.HasPrefix(name, "[") {
				return usageError(command, name+" is missing")
			}
		}
		return nil
	}
}

// missingFlags are those that a command needs and that were not given.
func missingFlags(command *cobra.Command) (missing []string) {
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if len(flag.Annotations[cobra.BashCompOneRequiredFlag]) > 0 && !flag.Changed {
			missing = append(missing, flagNamed(flag))
		}
	})
	return missing
}

func flagNamed(flag *pflag.Flag) string {
	if flag.Shorthand != "" {
		return "-" + flag.Shorthand
	}
	return "--" + flag.Name
}

func filesHint(command *cobra.Command) string {
	if command.Flags().Lookup("filename") != nil {
		return ": files and folders with manifests are named with -f"
	}
	return ""
}

// usageError says what is wrong with a command line, and how it is written.
func usageError(command *cobra.Command, what string) error {
	return fmt.Errorf("%s; usage: %s; more with --help", what, strings.TrimSuffix(command.UseLine(), " [flags]"))
}

// subcommandOf refuses a word that is no command of a group.
func subcommandOf(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return command.Help() //nolint:wrapcheck // writing to the terminal
	}
	names := []string{}
	for _, sub := range command.Commands() {
		names = append(names, sub.Name())
	}
	slices.Sort(names)
	return fmt.Errorf("unknown command %q for %q: give one of %s", args[0], command.CommandPath(), strings.Join(names, ", "))
}

// either refuses two flags together of which each says the same in another way.
func either(command *cobra.Command, one, other string) error {
	if flags := command.Flags(); flags.Changed(one) && flags.Changed(other) {
		return fmt.Errorf("--%s and --%s: give one of them", one, other)
	}
	return nil
}

// withHint adds to what went wrong what the command can do instead.
func withHint(command *cobra.Command, err error) error {
	if !errors.Is(err, errNoCluster) {
		return err
	}
	instead := []string{}
	if command.Flags().Lookup("backend-url") != nil {
		instead = append(instead, "ask the provider itself, with --backend-url")
	}
	if command.Flags().Lookup("table") != nil {
		instead = append(instead, `read a table file, with --table (see "hostgrant table")`)
	}
	if len(instead) == 0 {
		return fmt.Errorf("%w; %s is about a cluster", err, command.CommandPath())
	}
	return fmt.Errorf("%w; or %s", err, strings.Join(instead, ", or "))
}
