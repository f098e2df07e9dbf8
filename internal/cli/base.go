package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/preview"
)

// readBase reads what was declared before: a folder or file, or a Git revision of the paths of -f.
func readBase(ctx context.Context, base, namespace string, paths []string) (preview.Objects, error) {
	reading := manifest.Reading{Namespace: namespace}
	folder, err := isFolder(ctx, base)
	switch {
	case err != nil:
		return nil, err
	case folder:
		reading.Path(ctx, base)
	default:
		for _, name := range paths {
			if name == "-" {
				return nil, errors.New("--base: a Git revision says what folders held, and -f - is a stream: name a folder with --base")
			}
			folder, at, err := revision(ctx, base, name)
			if err != nil {
				return nil, err
			}
			defer os.RemoveAll(folder) //nolint:errcheck // it is a temporary one
			if reading.Root = folder; exists(at) {
				reading.Path(ctx, at)
			}
		}
	}
	set, err := reading.Set()
	if set.Objects == nil {
		set.Objects = preview.Objects{}
	}
	return set.Objects, err //nolint:wrapcheck // each line names its file
}

// isFolder says whether a base is a folder or file, and not a revision: one under review could have its name.
func isFolder(ctx context.Context, base string) (bool, error) {
	if filepath.IsAbs(base) || strings.HasPrefix(base, ".") || !exists(base) {
		return exists(base), nil
	}
	if _, err := git(ctx, ".", nil, "rev-parse", "--verify", "--quiet", "--end-of-options", base+"^{commit}"); err == nil {
		return false, fmt.Errorf("--base %q is a folder and a Git revision: write ./%s for the folder, or refs/heads/..., refs/remotes/... for the revision", base, base)
	}
	return true, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// assumeBackends enters a HostingBackend with the defaults for each that grants name and that is not at
// hand.
func assumeBackends(ctx context.Context, objects preview.Objects, r *report) {
	for key := range backendsOf(objects) {
		if _, there := objects[preview.Key{Kind: "HostingBackend", Namespace: key.Namespace, Name: key.Name}]; there {
			continue
		}
		reading := manifest.Reading{Namespace: key.Namespace}
		reading.Stream(ctx, "defaults", strings.NewReader(fmt.Sprintf(defaultBackend, v1alpha1.SchemeGroupVersion, key.Name)))
		set, err := reading.Set()
		if err != nil {
			continue // a name that none can have: the grant says so
		}
		for at, backend := range set.Objects {
			objects[at] = backend
		}
		r.note("there is no manifest of HostingBackend %s: the default removalLimit is assumed, and neither protectedEmails nor grantRules", key)
	}
}

const defaultBackend = `apiVersion: %s
kind: HostingBackend
metadata: {name: %s}
spec:
  endpoint: {url: "https://provider.invalid/v1/", credentialsSecretRef: {name: unknown}}
`
