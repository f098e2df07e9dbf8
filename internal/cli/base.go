package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/preview"
)

// readBase reads what was declared before: a folder or file, or a Git revision of the paths of -f.
func readBase(ctx context.Context, base, namespace string, paths []string) (preview.Objects, error) {
	reading := manifest.Reading{Namespace: namespace}
	if _, err := os.Stat(base); err == nil {
		reading.Path(ctx, base)
	} else {
		for _, name := range paths {
			if name == "-" {
				return nil, errors.New("--base: a Git revision says what folders held, and -f - is a stream: name a folder with --base")
			}
			folder, err := revision(ctx, base, name)
			if err != nil {
				return nil, err
			}
			defer os.RemoveAll(folder) //nolint:errcheck // it is a temporary one
			if at := filepath.Join(folder, filepath.Base(name)); exists(at) {
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

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// revision writes the files below a path, as a Git revision has them, into a temporary folder. It reads
// objects of the repository: nothing is checked out, no filter or hook is run, and links are left out.
func revision(ctx context.Context, ref, name string) (string, error) {
	if strings.HasPrefix(ref, "-") {
		return "", fmt.Errorf("--base %q: give a folder, or a Git revision", ref)
	}
	where := name
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		where = filepath.Dir(name)
	}
	prefix, err := git(ctx, where, "rev-parse", "--show-prefix")
	if err != nil {
		return "", fmt.Errorf("--base %q: it is no folder, and %s is in no Git repository", ref, where)
	}
	below := strings.TrimSuffix(strings.TrimSpace(string(prefix)), "/")
	if where != name {
		below = path.Join(below, filepath.Base(name))
	}
	commit, err := git(ctx, where, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("--base %q: it is no folder, and the repository has no such revision", ref)
	}
	args := []string{"ls-tree", "-r", "-z", "--full-tree", strings.TrimSpace(string(commit))}
	if below != "" {
		args = append(args, "--", below)
	}
	tree, err := git(ctx, where, args...)
	if err != nil {
		return "", fmt.Errorf("--base %q: %w", ref, err)
	}
	folder, err := os.MkdirTemp("", "hostgrant-base-")
	if err != nil {
		return "", fmt.Errorf("--base: %w", err)
	}
	if err := unpack(ctx, where, string(tree), below, filepath.Join(folder, filepath.Base(name))); err != nil {
		_ = os.RemoveAll(folder)
		return "", fmt.Errorf("--base %q: %w", ref, err)
	}
	return folder, nil
}

// unpack writes the regular files of a tree listing.
func unpack(ctx context.Context, repository, tree, below, folder string) error {
	total := 0
	for entry := range strings.SplitSeq(strings.TrimRight(tree, "\x00"), "\x00") {
		about, name, ok := strings.Cut(entry, "\t")
		fields := strings.Fields(about)
		if !ok || len(fields) != 3 || !strings.HasPrefix(fields[0], "100") {
			continue // links and submodules
		}
		body, err := git(ctx, repository, "cat-file", "blob", fields[2])
		if err != nil {
			return err
		}
		if total += len(body); total > manifest.MaxBytes {
			return fmt.Errorf("the files are larger than %d MiB", manifest.MaxBytes>>20)
		}
		relative := strings.TrimPrefix(strings.TrimPrefix(name, below), "/")
		if relative != "" && !filepath.IsLocal(relative) {
			continue
		}
		at := filepath.Join(folder, relative)
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			return err //nolint:wrapcheck // it names the path
		}
		if err := os.WriteFile(at, body, 0o600); err != nil {
			return err //nolint:wrapcheck // it names the path
		}
	}
	return nil
}

// harmless has Git run nothing that a folder under review brings: no repository within it, no transport that would
// fetch what is missing, no file system monitor.
var harmless = []string{"-c", "safe.bareRepository=explicit", "-c", "protocol.allow=never", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"}

func git(ctx context.Context, folder string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", slices.Concat([]string{"-C", folder}, harmless, args)...) //nolint:gosec // Git is what reads a repository
	keyless := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, tokenVariable+"=") })
	command.Env = append(keyless, "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0")
	var out, failure bytes.Buffer
	command.Stdout, command.Stderr = &out, &failure
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("git %s: %s", args[0], plain(strings.TrimSpace(failure.String())))
	}
	return out.Bytes(), nil
}

// assumeBackends enters a HostingBackend with the defaults for each that grants name and that is not at
// hand.
func assumeBackends(ctx context.Context, objects preview.Objects, r *report) {
	missing := map[types.NamespacedName]bool{}
	for _, object := range objects {
		if grant, ok := object.(*v1alpha1.PermissionGrant); ok {
			key := grant.Spec.BackendRef.Key(grant.Namespace)
			if _, there := objects[preview.Key{Kind: "HostingBackend", Namespace: key.Namespace, Name: key.Name}]; !there {
				missing[key] = true
			}
		}
	}
	for key := range missing {
		reading := manifest.Reading{Namespace: key.Namespace}
		reading.Stream(ctx, "defaults", strings.NewReader(fmt.Sprintf(defaultBackend, v1alpha1.SchemeGroupVersion, key.Name)))
		set, err := reading.Set()
		if err != nil {
			continue // a name that none can have: the grant says so
		}
		for at, backend := range set.Objects {
			objects[at] = backend
		}
		r.note("HostingBackend %s is not at hand: its defaults are assumed, and no rules", key)
	}
}

const defaultBackend = `apiVersion: %s
kind: HostingBackend
metadata: {name: %s}
spec:
  endpoint: {url: "https://provider.invalid/v1/", credentialsSecretRef: {name: unknown}}
`
