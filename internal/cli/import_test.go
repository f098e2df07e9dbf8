package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/preview"
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
	if code, _, said := run(t, "", args...); code != 1 || !strings.Contains(said, "is there already, and is not overwritten") || strings.Contains(said, "Fill in") {
		t.Error("writes over what is there:", code, said)
	}
	if after, _ := os.ReadFile(filepath.Join(folder, "people.yaml")); string(after) != string(before) {
		t.Error("wrote over what was there")
	}
}

// An import is in a folder as a whole or not at all, whichever of its files is in the way.
func TestNoHalfOfAnImport(t *testing.T) {
	ask := provided(t)[1:]
	for _, there := range []string{"grants.yaml", "people.yaml"} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, there), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, said := run(t, "", append([]string{"import", "owner", "-n", "hosting", "--folder", folder}, ask...)...)
		if files, err := os.ReadDir(folder); code != 1 || err != nil || len(files) != 1 || !strings.Contains(said, there+" is there already") {
			t.Error(there, code, said, files, err)
		}
	}
}

// Only what the namespace holds is in the way.
func TestImportReadsWhatTheNamespaceHas(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	named := func(namespace, name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name}
	}
	kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		&v1alpha1.Profile{ObjectMeta: named("hosting", "ann")}, &v1alpha1.Profile{ObjectMeta: named("other", "bob")},
		&v1alpha1.PermissionSet{ObjectMeta: named("hosting", "web")}, &v1alpha1.PermissionGrant{ObjectMeta: named("hosting", "group")},
	).Build()
	got, err := existing(t.Context(), kube, "hosting")
	if err != nil || len(got.Profiles) != 1 || got.Profiles[0].Name != "ann" || len(got.Sets) != 1 || len(got.Grants) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestImportOfNobody: a table that holds nobody makes no manifests, and asks for no reasons.
func TestImportOfNobody(t *testing.T) {
	alone(t)
	endsWith(t, exitOK, "table", "template", "--owner", "owner@acme.example", "--account", "shop", "--file", "cells.csv")
	endsWith(t, exitOK, "table", "from-csv", "cells.csv", "--nobody", "--file", "table.yaml")
	out, said := endsWith(t, exitOK, "import", "owner", "--table", "table.yaml", "--folder", "hosting")
	if out != "" || !strings.Contains(said, "nothing was written") || strings.Contains(said, "Fill in") || exists("hosting") {
		t.Error(out, said)
	}
}

// What a record had no room for is not imported in part, and a plan says that it does not know it.
func TestRecordsThatDoNotListAll(t *testing.T) {
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Name: "owner", Namespace: "hosting"}}
	backend.Status.Counts = &v1alpha1.BackendCounts{}
	records := make([]v1alpha1.AccessRecord, 2)
	if err := listsAll(backend, records); err != nil {
		t.Error(err)
	}
	records[1].Status.LiveDigest = "d"
	if err := listsAll(backend, records); err == nil || !strings.Contains(err.Error(), "1 person holds more than their AccessRecords have room for") {
		t.Error(err)
	}
	r := report{}
	if fromRecords(preview.Inputs{Records: records}, &r); len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "less is added than is shown") {
		t.Error(r.Notes)
	}
}
