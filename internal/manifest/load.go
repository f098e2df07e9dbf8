package manifest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// Path reads a file, a folder with all folders in it, or, where a folder has a kustomization, what that
// builds.
func (r *Reading) Path(ctx context.Context, path string) {
	info, err := os.Stat(path)
	if err != nil {
		r.fail(path, 0, errors.New(Plain(bare(err))))
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
		r.fail(path, 0, errors.New(Plain(bare(err))))
		return
	}
	for _, entry := range entries {
		name := filepath.Join(path, entry.Name())
		switch kind := strings.ToLower(filepath.Ext(entry.Name())); {
		case strings.HasPrefix(entry.Name(), "."):
		case entry.IsDir():
			r.Path(ctx, name)
		case entry.Type().IsRegular() && slices.Contains([]string{".yaml", ".yml", ".json"}, kind):
			r.file(ctx, name)
		}
	}
}

func (r *Reading) file(ctx context.Context, path string) {
	file, err := os.Open(path)
	if err != nil {
		r.fail(path, 0, errors.New(Plain(bare(err))))
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

// kustomization is the path of a folder's kustomization; empty where it has none.
func kustomization(folder string) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		path := filepath.Join(folder, name)
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// maxBases is how many kustomizations one may build on, each counted as often as it is built.
const maxBases = 500

// kustomized builds a kustomization in this process, without plugins, charts or anything that would be fetched, of
// files below its folder, and of other folders with a kustomization that it names.
func (r *Reading) kustomized(ctx context.Context, folder string) {
	b := &bases{root: r.Root, open: map[string]bool{}, left: maxBases}
	if err := b.local(folder); err != nil {
		r.fail(folder, 0, errors.New(Plain(err.Error())))
		return
	}
	log.SetOutput(io.Discard) // kustomize logs what strangers wrote, as it is; nothing else here logs
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions, options.PluginConfig = types.LoadRestrictionsRootOnly, types.DisabledPluginConfig()
	built, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		r.fail(folder, 0, errors.New(Plain(err.Error())))
		return
	}
	stream, err := built.AsYaml()
	if err != nil {
		r.fail(folder, 0, errors.New(Plain(err.Error())))
		return
	}
	r.Stream(ctx, folder+" (built)", strings.NewReader(string(stream)))
}

// bases are the kustomizations that one builds on.
type bases struct {
	root string
	// open are those that are being looked at, left how many more may be.
	open map[string]bool
	left int
}

// admit says why a folder is not looked at.
func (b *bases) admit(folder string) error {
	within, err := filepath.Rel(cmp.Or(b.root, folder), folder)
	switch b.left--; {
	case err != nil || !filepath.IsLocal(within):
		return fmt.Errorf("%s: the kustomization leads out of what is read", folder)
	case b.open[folder]:
		return fmt.Errorf("%s: the kustomization builds on itself", folder)
	case b.left < 0:
		return fmt.Errorf("%s: the kustomization builds on more than %d others", folder, maxBases)
	}
	b.open[folder] = true
	return nil
}

// local says why a kustomization is not built: it, or one that it builds on, names what is not a file or
// folder here, which would be fetched, or what would be run.
func (b *bases) local(folder string) error {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return errors.New(bare(err))
	}
	if err := b.admit(folder); err != nil {
		return err
	}
	defer delete(b.open, folder)
	path, k, err := read(folder)
	if err != nil {
		return err
	}
	for _, name := range files(k) {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || remote(name) {
			return fmt.Errorf("%s: %q is no name of a file or folder here, and nothing is fetched", path, name)
		}
		if info.IsDir() {
			if err := b.local(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// remote says whether kustomize may take a name for one of something elsewhere, whatever there is here: it looks
// at the name first.
func remote(name string) bool {
	plain := strings.ToLower(strings.TrimLeft(name, "./"))
	return strings.ContainsAny(name, ":@?") || strings.Contains(name, "//") || strings.HasPrefix(plain, "github.com")
}

// read reads a folder's kustomization, and refuses one that runs something.
func read(folder string) (path string, k types.Kustomization, err error) {
	if path = kustomization(folder); path == "" {
		return path, k, fmt.Errorf("%s: there is no kustomization", folder)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return path, k, fmt.Errorf("%s: %s", path, bare(err))
	}
	if err := yaml.UnmarshalStrict(body, &k); err != nil {
		return path, k, fmt.Errorf("%s: %w", path, err)
	}
	if len(k.HelmCharts)+len(k.HelmChartInflationGenerator)+len(k.Generators)+len(k.Transformers)+len(k.Validators) > 0 || k.HelmGlobals != nil {
		return path, k, fmt.Errorf("%s: charts, generators, transformers and validators are not run; pipe in what they make: kustomize build | hostgrant plan -f -", path)
	}
	return path, k, nil
}

// files are the files and folders that a kustomization names.
func files(k types.Kustomization) []string {
	names := slices.Concat(k.Resources, k.Components, k.Bases, k.Crds, k.Configurations) //nolint:staticcheck // bases are still read
	for _, path := range k.OpenAPI {
		names = append(names, path)
	}
	for _, patch := range slices.Concat(k.Patches, k.PatchesJson6902) { //nolint:staticcheck // still read
		names = append(names, patch.Path)
	}
	for _, patch := range k.PatchesStrategicMerge { //nolint:staticcheck // still read
		if !strings.Contains(string(patch), "\n") {
			names = append(names, string(patch))
		}
	}
	for _, replacement := range k.Replacements {
		names = append(names, replacement.Path)
	}
	sources := make([]types.KvPairSources, 0, len(k.ConfigMapGenerator)+len(k.SecretGenerator))
	for _, one := range k.ConfigMapGenerator {
		sources = append(sources, one.KvPairSources)
	}
	for _, one := range k.SecretGenerator {
		sources = append(sources, one.KvPairSources)
	}
	for _, source := range sources {
		names = append(names, source.EnvSources...)
		names = append(names, source.EnvSource)
		for _, file := range source.FileSources {
			if _, path, named := strings.Cut(file, "="); named {
				file = path
			}
			names = append(names, file)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}
