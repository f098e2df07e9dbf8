package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A folder under review may look like a repository whose settings name a program: it is not run.
func TestARevisionRunsNothing(t *testing.T) {
	outer := t.TempDir()
	pwned := filepath.Join(t.TempDir(), "pwned")
	folder := filepath.Join(outer, "hosting")
	for _, args := range [][]string{{"init", "-q", outer}, {"init", "-q", "--bare", folder}} {
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
	}
	settings := `[core]
	repositoryformatversion = 1
	bare = true
[extensions]
	partialClone = origin
[remote "origin"]
	url = ` + folder + `
	promisor = true
	uploadpack = touch ` + pwned + `; false
`
	for name, body := range map[string]string{"config": settings, "refs/heads/master": strings.Repeat("1", 40) + "\n", "HEAD": "ref: refs/heads/master\n", "all.yaml": declared} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, revision := range []string{"HEAD", "master", strings.Repeat("1", 40), strings.Repeat("1", 40) + "^"} {
		if _, err := readBase(t.Context(), revision, "hosting", []string{folder}); err == nil {
			t.Error(revision, "is read")
		}
	}
	if _, err := os.Stat(pwned); err == nil {
		t.Error("a program that the folder names was run")
	}
}
