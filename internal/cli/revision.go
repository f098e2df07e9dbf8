package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/internal/manifest"
)

// revision writes what a Git revision has into a temporary folder, and says where the path is in there: the files
// below it, and the manifests of the whole repository, for a kustomization may build on others. It reads objects of
// the repository: nothing is checked out, no filter or hook is run, and links are left out.
func revision(ctx context.Context, ref, name string) (folder, at string, err error) {
	if strings.HasPrefix(ref, "-") {
		return "", "", fmt.Errorf("--base %q: give a folder, or a Git revision", ref)
	}
	where := name
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		where = filepath.Dir(name)
	}
	prefix, err := git(ctx, where, nil, "rev-parse", "--show-prefix")
	if err != nil {
		return "", "", fmt.Errorf("--base %q: it is no folder, and %s is in no Git repository", ref, where)
	}
	below := strings.TrimSuffix(strings.TrimSpace(string(prefix)), "/")
	if where != name {
		below = path.Join(below, filepath.Base(name))
	}
	commit, err := git(ctx, where, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return "", "", fmt.Errorf("--base %q: it is no folder, and the repository has no such revision", ref)
	}
	tree, err := git(ctx, where, nil, "ls-tree", "-r", "-z", "--full-tree", strings.TrimSpace(string(commit)))
	if err != nil {
		return "", "", fmt.Errorf("--base %q: %w", ref, err)
	}
	if folder, err = os.MkdirTemp("", "hostgrant-base-"); err != nil {
		return "", "", fmt.Errorf("--base: %w", err)
	}
	if err := unpack(ctx, where, wanted(string(tree), below), folder); err != nil {
		_ = os.RemoveAll(folder)
		return "", "", fmt.Errorf("--base %q: %w", ref, err)
	}
	return folder, filepath.Join(folder, filepath.FromSlash(below)), nil
}

// blob is a file of a revision.
type blob struct{ id, name string }

// wanted are the regular files of a tree listing that are below a path, or may be manifests.
func wanted(tree, below string) (list []blob) {
	for entry := range strings.SplitSeq(strings.TrimRight(tree, "\x00"), "\x00") {
		about, name, ok := strings.Cut(entry, "\t")
		fields := strings.Fields(about)
		if !ok || len(fields) != 3 || !strings.HasPrefix(fields[0], "100") || !filepath.IsLocal(name) {
			continue // links and submodules
		}
		inside := below == "" || name == below || strings.HasPrefix(name, below+"/")
		if inside || slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)) || path.Base(name) == "Kustomization" {
			list = append(list, blob{fields[2], name})
		}
	}
	return list
}

// unpack writes files into a folder, read in one go.
func unpack(ctx context.Context, repository string, files []blob, folder string) error {
	var ids strings.Builder
	for _, file := range files {
		ids.WriteString(file.id + "\n")
	}
	sizes, err := git(ctx, repository, strings.NewReader(ids.String()), "cat-file", "--batch-check=%(objectsize)")
	if err != nil {
		return err
	}
	total := 0
	for line := range strings.Lines(string(sizes)) {
		size := 0
		if _, err := fmt.Sscan(line, &size); err != nil {
			return errors.New("the repository lacks a file of the revision; fetch it whole")
		}
		if total += size; total > manifest.MaxBytes {
			return fmt.Errorf("its manifests are larger than %d MiB; name a folder instead", manifest.MaxBytes>>20)
		}
	}
	batch, err := git(ctx, repository, strings.NewReader(ids.String()), "cat-file", "--batch=%(objectsize)")
	if err != nil {
		return err
	}
	from := bufio.NewReader(bytes.NewReader(batch))
	for _, file := range files {
		if err := write(from, filepath.Join(folder, filepath.FromSlash(file.name))); err != nil {
			return err
		}
	}
	return nil
}

// write writes the next file of a batch: a line with its size, the file, and a line break.
func write(from *bufio.Reader, at string) error {
	line, err := from.ReadString('\n')
	size := 0
	if _, scanned := fmt.Sscan(line, &size); err != nil || scanned != nil {
		return errors.New("git cat-file: an answer without a size")
	}
	body := make([]byte, size+1)
	if _, err := io.ReadFull(from, body); err != nil {
		return fmt.Errorf("git cat-file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	return os.WriteFile(at, body[:size], 0o600) //nolint:wrapcheck // it names the path
}

// harmless has Git run nothing that a folder under review brings: no repository within it, no transport that would
// fetch what is missing, no file system monitor.
var harmless = []string{"-c", "safe.bareRepository=explicit", "-c", "protocol.allow=never", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"}

func git(ctx context.Context, folder string, in io.Reader, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", slices.Concat([]string{"-C", folder}, harmless, args)...) //nolint:gosec // Git is what reads a repository
	command.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, tokenVariable+"=") })
	command.Env = append(command.Env, "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0")
	var out, failure bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = in, &out, &failure
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("git %s: %s", args[0], manifest.Plain(strings.TrimSpace(failure.String())))
	}
	return out.Bytes(), nil
}
