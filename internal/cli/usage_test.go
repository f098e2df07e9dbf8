package cli

import (
	"os"
	"strings"
	"testing"
)

// TestWhatIsMissingIsNamed: a command line that lacks something, or has too much, is answered with what, and with how
// the command is written.
func TestWhatIsMissingIsNamed(t *testing.T) {
	alone(t)
	if err := os.Mkdir("hosting", 0o750); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"who-can":                   "PERMISSION is missing; usage: hostgrant who-can PERMISSION; more with --help",
		"notified owner":            "ALERT is missing; usage: hostgrant notified BACKEND ALERT; more with --help",
		"approve":                   "BACKEND is missing; usage: hostgrant approve BACKEND; more with --help",
		"table diff old.yaml":       "NEW is missing; usage: hostgrant table diff OLD NEW; more with --help",
		"plan hosting":              `unexpected argument "hosting": files and folders with manifests are named with -f; usage: hostgrant plan -f FILE...; more with --help`,
		"status owner":              `unexpected argument "owner"; usage: hostgrant status; more with --help`,
		"worklist":                  "-f and --table are missing; usage: hostgrant worklist -f FILE... --table FILE; more with --help",
		"worklist -f hosting":       "--table is missing; usage: hostgrant worklist -f FILE... --table FILE; more with --help",
		"table frob":                `unknown command "frob" for "hostgrant table": give one of check, diff, from-csv, from-provider, template`,
		"plan --tabel x":            "unknown flag: --tabel; see hostgrant plan --help",
		"table check hosting":       "hosting is a folder: name a file",
		"import ann@acme.org":       `BACKEND "ann@acme.org": give the name of a HostingBackend, for instance owner: small letters, digits, hyphens and dots; it is no address`,
		"status":                    "no cluster is configured: set KUBECONFIG or --kubeconfig; hostgrant status is about a cluster",
		"doctor":                    "no cluster is configured: set KUBECONFIG or --kubeconfig; or ask the provider itself, with --backend-url",
		"review":                    `no cluster is configured: set KUBECONFIG or --kubeconfig; or ask the provider itself, with --backend-url, or read a table file, with --table (see "hostgrant table")`,
		"table template":            "say whose table it is: give --backend-url, or name --owner and each --account and --server",
		"review --due 3d --overdue": "--due and --overdue: give one of them",
	} {
		if code, out, said := run(t, "", strings.Fields(line)...); code != exitError || out != "" || said != "error: "+want+"\n" {
			t.Errorf("hostgrant %s: ends with %d, prints %q, says %q", line, code, out, said)
		}
	}
}

// TestFilesOfTheWrongKind: cells where a table is wanted, a table where cells are, and files that are there already.
func TestFilesOfTheWrongKind(t *testing.T) {
	alone(t)
	endsWith(t, exitOK, "table", "template", "--owner", "owner@acme.example", "--account", "shop", "--person", "ann@acme.example", "--file", "cells.csv")
	endsWith(t, exitOK, "table", "from-csv", "cells.csv", "--file", "table.yaml")
	for line, want := range map[string]string{
		"table check cells.csv":                      "cells.csv: these are cells, and no table file: make one with hostgrant table from-csv cells.csv --file table.yaml",
		"import o --table cells.csv":                 "--table: cells.csv: these are cells, and no table file: make one with hostgrant table from-csv cells.csv --file table.yaml",
		"table from-csv table.yaml":                  "table.yaml: this is a table file already: give it to other commands with --table",
		"table from-csv cells.csv --file table.yaml": "--file table.yaml: the file is there already, and is not overwritten: name another one, or remove it",
		"import o --table table.yml":                 "--table: open table.yml: no such file or directory",
	} {
		if _, said := endsWith(t, exitError, strings.Fields(line)...); said != "error: "+want+"\n" {
			t.Errorf("hostgrant %s: says %q", line, said)
		}
	}
}

// TestHelpIsAboutTheCommand: kubectl's flags are in the help of "options" alone, and its --token is told from the
// provider's.
func TestHelpIsAboutTheCommand(t *testing.T) {
	alone(t)
	for _, line := range []string{"--help", "plan --help", "table --help", "table from-csv --help", "table"} {
		out, _ := endsWith(t, exitOK, strings.Fields(line)...)
		if strings.Contains(out, "--insecure-skip-tls-verify") || !strings.Contains(out, `see "hostgrant options"`) {
			t.Errorf("hostgrant %s:\n%s", line, out)
		}
	}
	if out, _ := endsWith(t, exitOK, "plan", "--help"); !strings.Contains(out, "-f, --filename") || !strings.Contains(out, "--table") {
		t.Error("plan does not tell its own flags:", out)
	}
	out, _ := endsWith(t, exitOK, "options")
	if !strings.Contains(out, "--insecure-skip-tls-verify") || !strings.Contains(out, "--token-file") {
		t.Error(out)
	}
}
