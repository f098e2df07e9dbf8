package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What was imported changes nothing when it is planned, from a stream and from a folder.
func TestImportPlansToNothing(t *testing.T) {
	ask := provided(t)[1:]
	code, stream, said := run(t, "", append([]string{"import", "owner", "-n", "hosting"}, ask...)...)
	if code != 0 || !strings.Contains(said, "2 Profiles, 0 PermissionSets, 2 PermissionGrants. Fill in the reason of each grant.") {
		t.Fatal(code, said)
	}
	if strings.Contains(stream, "status") || strings.Contains(stream, "creationTimestamp: null") {
		t.Error(stream)
	}
	if code, out, said := run(t, stream, append([]string{"plan", "-f", "-"}, ask...)...); code != 0 {
		t.Error(code, out, said)
	}
	folder := filepath.Join(t.TempDir(), "hosting")
	args := append([]string{"import", "owner", "-n", "hosting", "--folder", folder}, ask...)
	if code, _, said := run(t, "", args...); code != 0 {
		t.Fatal(said)
	}
	if code, out, said := run(t, "", append([]string{"plan", "-f", folder}, ask...)...); code != 0 {
		t.Error(code, out, said)
	}
	before, _ := os.ReadFile(filepath.Join(folder, "people.yaml"))
	if code, _, said := run(t, "", args...); code != 1 || !strings.Contains(said, "file exists") {
		t.Error("writes over what is there:", code, said)
	}
	if after, _ := os.ReadFile(filepath.Join(folder, "people.yaml")); string(after) != string(before) {
		t.Error("wrote over what was there")
	}
}
