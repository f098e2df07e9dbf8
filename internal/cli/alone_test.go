package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// program is the built program in a folder, with nothing in its environment but what a test puts there.
type program struct {
	t         *testing.T
	file, dir string
}

// built builds the program.
func built(t *testing.T) program {
	t.Helper()
	p := program{t, filepath.Join(t.TempDir(), "hostgrant"), t.TempDir()}
	if err := testkit.Build(t.Context(), "./cmd/hostgrant", p.file); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p program) path(name string) string { return filepath.Join(p.dir, name) }

// ends runs the program, which has to end with a code, and gives what it prints on both outputs.
func (p program) ends(code int, environment []string, args ...string) string {
	p.t.Helper()
	command := exec.CommandContext(p.t.Context(), p.file, args...)
	command.Env, command.Dir = append([]string{}, environment...), p.dir
	out, err := command.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	if got := command.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("hostgrant %s: ends with %d, says %s", strings.Join(args, " "), got, out)
	}
	return string(out)
}

// says is a text that has to be in an output.
func (p program) says(out string, texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			p.t.Errorf("does not say %q: %s", text, out)
		}
	}
}

// tick checks boxes in cells, as a spreadsheet writes them.
func (p program) tick(file string, boxes ...[3]string) {
	p.t.Helper()
	checked(p.t, p.path(file), ',', "x", boxes...)
}

// TestTheProgramAlone is the way of an owner who has no cluster, as the program that ships goes it: with nothing in its
// environment, neither HOME nor KUBECONFIG nor PATH.
func TestTheProgramAlone(t *testing.T) {
	p := built(t)
	server, ask := serve(t, reference.Options{})
	key := "HOSTGRANT_TOKEN=" + token
	out := p.ends(exitOK, []string{key}, append([]string{"table", "template", "--file", "cells.csv",
		"--person", "ann@acme.example,bob@acme.example"}, ask...)...)
	p.says(out, "2 accounts, 0 servers, 2 people to fill in")
	asked := reference.Counters{Reads: 3, Operations: map[string]int64{"ListCustomers": 1, "ListAccounts": 1, "ListServers": 1}}
	if diff := cmp.Diff(asked, server.Counters()); diff != "" {
		t.Error("the provider was asked for more, or less, than it documents:", diff)
	}
	p.tick("cells.csv", [3]string{"ann@acme.example", "", "Billing"}, [3]string{"bob@acme.example", "shop", "Sites"}, [3]string{"bob@acme.example", "shop", "Databases"})
	p.says(p.ends(exitOK, nil, "table", "from-csv", "cells.csv", "--file", "table.yaml"), "2 people, 2 accounts, 0 servers")
	p.says(p.ends(exitOK, nil, "import", "owner", "--namespace", "hosting", "--table", "table.yaml", "--folder", "hosting"),
		"2 Profiles, 0 PermissionSets, 2 PermissionGrants")
	plan := []string{"plan", "-f", "hosting", "--base", "./before", "--table", "table.yaml"}
	if err := os.CopyFS(p.path("before"), os.DirFS(p.path("hosting"))); err != nil {
		t.Fatal(err)
	}
	p.says(p.ends(exitOK, nil, plan...), "Plan: nothing changes.")

	grants, err := os.ReadFile(p.path("hosting/grants.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	edited := bytes.Replace(grants, []byte("- Databases"), []byte("- Backups"), 1)
	if err := os.WriteFile(p.path("hosting/grants.yaml"), edited, 0o600); err != nil || bytes.Equal(edited, grants) {
		t.Fatal(err, string(edited))
	}
	p.says(p.ends(exitChange, nil, plan...), "1 person: Profile/bob\n", "+ account shop: Backups (for hosting/bob)\n",
		"- account shop: Databases (no longer given by hosting/bob)\n", "Plan: 1 person; 1 permission to add, 1 to take away; at most 0 mails.\n")
	list := append([]string{"worklist"}, plan[1:]...)
	p.says(p.ends(exitChange, nil, list...), "## To do (1)\n", "- [ ] **Change**: `Profile/bob`",
		"  - By account, `shop`: **check** Backups; **uncheck** Databases; stays checked Sites\n")

	p.tick("cells.csv", [3]string{"bob@acme.example", "shop", "Backups"})
	checked(t, p.path("cells.csv"), ',', "", [3]string{"bob@acme.example", "shop", "Databases"})
	p.ends(exitOK, nil, "table", "from-csv", "cells.csv", "--file", "next.yaml")
	plan[len(plan)-1], list[len(list)-1] = "next.yaml", "next.yaml"
	p.says(p.ends(exitOK, nil, plan...), "Plan: nothing changes.")
	p.says(p.ends(exitOK, nil, list...), "Nothing is to be done.")
	if diff := cmp.Diff(asked, server.Counters()); diff != "" {
		t.Error("the provider was asked again:", diff)
	}
}
