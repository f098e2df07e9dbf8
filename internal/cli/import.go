package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/importer"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/status"
)

type importOptions struct {
	providerOptions
	folder string
}

func newImportCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := importOptions{}
	command := &cobra.Command{
		Use:   "import BACKEND",
		Short: "Write down what a provider's table holds, as manifests",
		Long: `Write down what a provider's table holds, as manifests: a Profile for each person, PermissionSets found by
grouping what is equal, and PermissionGrants with a reason to fill in. Applying them gives nobody anything
that they do not have: "hostgrant plan" says that nothing changes.

BACKEND is the name of the HostingBackend that the grants refer to. Without a cluster you choose it; -n is the
namespace that is written into the manifests.

With --backend-url the provider is asked, with --table a table file is read; no cluster is asked then. Otherwise
the table is the one that the AccessRecords of the HostingBackend list; it has to list everybody (inventory:
Records). Names that the namespace has already are not used again then, and the grants refer to the Profiles that
people have already.

The manifests hold e-mail addresses: keep them where only those may read who may know them.`,
		Example: `  hostgrant import owner -n hosting --folder hosting/
  HOSTGRANT_TOKEN=... hostgrant import owner -n hosting --backend-url https://api.example.com/v1/
  hostgrant import owner -n hosting --table table.yaml --folder hosting/`,
		Args: takes("BACKEND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), config, streams, args[0])
		},
	}
	o.addFlags(command)
	command.Flags().StringVar(&o.folder, "folder", "", "write people.yaml, permissionsets.yaml and grants.yaml into this folder, instead of one stream")
	return command
}

func (o importOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, name string) error {
	namespace, err := namespaceOf(config)
	if err != nil {
		return err
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return fmt.Errorf("BACKEND %q: give the name of a HostingBackend, for instance owner: small letters, digits, hyphens and dots; it is no address", name)
	}
	options := importer.Options{Namespace: namespace, Backend: name}
	p := watching(streams.ErrOut)
	p.say("reading %s", o.where())
	imported, err := o.imported(ctx, config, options)
	if p.done(); err != nil {
		return err
	}
	for _, note := range imported.Notes {
		fmt.Fprintln(streams.ErrOut, "Note:", manifest.Plain(note))
	}
	if len(imported.Objects()) == 0 {
		fmt.Fprintln(streams.ErrOut, "Nobody has anything that manifests can say: nothing was written.")
		return nil
	}
	if o.folder != "" {
		err = writeFolder(o.folder, imported)
	} else {
		err = writeManifests(streams.Out, imported.Objects())
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(streams.ErrOut, "%s, %s, %s. Fill in the reason of each grant.\n", status.Count(len(imported.Profiles), "Profile", "Profiles"),
		status.Count(len(imported.Sets), "PermissionSet", "PermissionSets"), status.Count(len(imported.Grants), "PermissionGrant", "PermissionGrants"))
	return nil
}

func (o importOptions) imported(ctx context.Context, config *genericclioptions.ConfigFlags, options importer.Options) (importer.Import, error) {
	if o.withoutCluster() {
		table, err := o.table(ctx)
		if err != nil {
			return importer.Import{}, err
		}
		imported := importer.Of(table, options)
		imported.Notes = append(o.notes, imported.Notes...)
		return imported, nil
	}
	kube, _, err := connect(config)
	if err != nil {
		return importer.Import{}, err
	}
	backend, records, err := readBackend(ctx, kube, client.ObjectKey{Namespace: options.Namespace, Name: options.Backend})
	if err != nil {
		return importer.Import{}, err
	}
	if options.Existing, err = existing(ctx, kube, options.Namespace); err != nil {
		return importer.Import{}, err
	}
	if err := listsAll(backend, records); err != nil {
		return importer.Import{}, err
	}
	for _, email := range backend.Spec.ProtectedEmails {
		options.Protected = append(options.Protected, string(email))
	}
	table, _ := preview.TableOf(backend, records, preview.Objects{}, clock.RealClock{}.Now())
	return importer.Of(table, options), nil
}

// listsAll says why records do not tell the whole table: a part of it is no import.
func listsAll(backend *v1alpha1.HostingBackend, records []v1alpha1.AccessRecord) error {
	counts := backend.Status.Counts
	if counts == nil || counts.Undeclared > 0 && !access.ListsEverybody(backend) {
		return fmt.Errorf("HostingBackend %s: its records do not list everybody; set inventory: Records and wait for the next reading, or ask the provider with --backend-url, or give a --table", backend.Name)
	}
	if listed := listedOf(records); listed < int(counts.Undeclared) {
		return fmt.Errorf("HostingBackend %s: its records list %d of %d people whom no grant names; wait until all are listed (rows whose address cannot be compared never are: ask the provider with --backend-url)",
			backend.Name, listed, counts.Undeclared)
	}
	if shortened := shortenedOf(records); shortened > 0 {
		return fmt.Errorf("HostingBackend %s: %s more than their AccessRecords have room for; ask the provider with --backend-url, or give a --table", backend.Name, status.Count(shortened, "person holds", "people hold"))
	}
	return nil
}

// shortenedOf counts the records that do not list all that the row holds.
func shortenedOf(records []v1alpha1.AccessRecord) (count int) {
	for i := range records {
		if records[i].Status.LiveDigest != "" {
			count++
		}
	}
	return count
}

// listedOf counts the people whom no grant names and whose row a record tells: a backend lists them one after another.
func listedOf(records []v1alpha1.AccessRecord) (count int) {
	for _, record := range records {
		if len(record.Spec.Contributions) == 0 && record.Status.RowID != 0 {
			count++
		}
	}
	return count
}

// existing reads what a namespace holds already, so that nothing of it is overwritten when the manifests are applied.
func existing(ctx context.Context, kube client.Reader, namespace string) (importer.Existing, error) {
	profiles, sets, grants := &v1alpha1.ProfileList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.PermissionGrantList{}
	for _, list := range []client.ObjectList{profiles, sets, grants} {
		if err := kube.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return importer.Existing{}, err //nolint:wrapcheck // Kubernetes says what is not allowed
		}
	}
	return importer.Existing{Profiles: profiles.Items, Sets: sets.Items, Grants: grants.Items}, nil
}

// writeFolder writes three files, and none over one that is there.
func writeFolder(folder string, imported importer.Import) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("--folder: %w", err)
	}
	kinds := map[string][]client.Object{"people.yaml": nil, "permissionsets.yaml": nil, "grants.yaml": nil}
	for _, object := range imported.Objects() {
		name := "grants.yaml"
		switch object.(type) {
		case *v1alpha1.Profile:
			name = "people.yaml"
		case *v1alpha1.PermissionSet:
			name = "permissionsets.yaml"
		}
		kinds[name] = append(kinds[name], object)
	}
	maps.DeleteFunc(kinds, func(_ string, objects []client.Object) bool { return len(objects) == 0 })
	for name := range kinds {
		if _, err := os.Lstat(filepath.Join(folder, name)); err == nil { // before anything is written: a part of an import is none
			return fmt.Errorf("--folder: %s is there already, and is not overwritten: name another folder, or remove the file", filepath.Join(folder, name))
		}
	}
	for name, objects := range kinds {
		file, err := os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("--folder: %w", err)
		}
		if err := errors.Join(writeManifests(file, objects), file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// writeManifests writes a stream of YAML.
func writeManifests(out io.Writer, objects []client.Object) error {
	for at, object := range objects {
		body, err := yaml.Marshal(object)
		if err != nil {
			return fmt.Errorf("write the manifests: %w", err)
		}
		text := strings.TrimSuffix(string(body), "status: {}\n")
		if at > 0 {
			text = "---\n" + text
		}
		if _, err := io.WriteString(out, text); err != nil {
			return fmt.Errorf("write the manifests: %w", err)
		}
	}
	return nil
}
