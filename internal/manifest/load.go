package manifest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Path reads a file, a folder with all folders in it, or, where a folder has a kustomization, what that
// builds.
func (r *Reading) Path(ctx context.Context, path string) {
	r.path(ctx, path, path)
}

// path reads what is named, or is in the folder that is named: its links lead nowhere else.
func (r *Reading) path(ctx context.Context, within, path string) {
	info, err := os.Stat(path)
	if err != nil {
		r.fail(path, 0, errors.New(bare(err)))
		return
	}
	if !info.IsDir() {
		r.file(ctx, path)
		return
	}
	if kustomization(path) != "" {
		r.kustomized(ctx, path)
		return
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		r.fail(path, 0, errors.New(bare(err)))
		return
	}
	for _, entry := range entries {
		name := filepath.Join(path, entry.Name())
		switch {
		case strings.HasPrefix(entry.Name(), "."):
		case entry.IsDir():
			r.path(ctx, within, name)
		case isManifest(name):
			r.entry(ctx, within, name)
		}
	}
}

func isManifest(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name)))
}

// entry reads a file of a folder, but none that would never end or is elsewhere.
func (r *Reading) entry(ctx context.Context, within, name string) {
	at, err := filepath.EvalSymlinks(name)
	if err != nil {
		r.fail(name, 0, errors.New(bare(err)))
		return
	}
	root, err := filepath.EvalSymlinks(within)
	if err != nil {
		r.fail(name, 0, errors.New(bare(err)))
		return
	}
	if rest, err := filepath.Rel(root, at); err != nil || !filepath.IsLocal(rest) {
		r.fail(name, 0, fmt.Errorf("the link leads out of %s; put the file itself there", within))
		return
	}
	switch info, err := os.Stat(at); {
	case err != nil:
		r.fail(name, 0, errors.New(bare(err)))
	case info.IsDir(): // a link to a folder: its files are read where they are
	case !info.Mode().IsRegular():
		r.fail(name, 0, errors.New("this is no file"))
	default:
		r.file(ctx, name)
	}
}

func (r *Reading) file(ctx context.Context, path string) {
	file, err := os.Open(path)
	if err != nil {
		r.fail(path, 0, errors.New(bare(err)))
		return
	}
	defer file.Close() //nolint:errcheck // it was only read
	r.Stream(ctx, path, file)
}

// bare is an error without the path, which the caller says.
func bare(err error) string {
	var failure *fs.PathError
	if errors.As(err, &failure) {
		return failure.Err.Error()
	}
	return err.Error()
}
