package manifest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// kustomization is the path of a folder's kustomization; empty where it has none.
func kustomization(folder string) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		path := filepath.Join(folder, name)
		if info, err := os.Lstat(path); err == nil && !info.IsDir() {
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
	b := &bases{root: r.Root, open: map[string]bool{}, left: maxBases, bytes: MaxBytes - r.bytes}
	if err := b.local(folder); err != nil {
		where, text, _ := strings.Cut(err.Error(), ": ") // it names its file
		r.fail(where, 0, errors.New(text))
		return
	}
	log.SetOutput(io.Discard) // kustomize logs what strangers wrote, as it is; nothing else here logs
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions, options.PluginConfig = types.LoadRestrictionsRootOnly, types.DisabledPluginConfig()
	built, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		r.fail(folder, 0, errors.New(trimmed(err, folder)))
		return
	}
	stream, err := built.AsYaml()
	if err != nil {
		r.fail(folder, 0, errors.New(trimmed(err, folder)))
		return
	}
	r.Stream(ctx, folder+" (built)", strings.NewReader(string(stream)))
}

// trimmed is what kustomize says, without where the folder is and what it tried in vain.
func trimmed(err error, folder string) string {
	text := err.Error()
	if at, absolute := filepath.Abs(folder); absolute == nil {
		text = strings.ReplaceAll(text, at+string(filepath.Separator), "")
		text = strings.ReplaceAll(text, at, folder)
	}
	return text
}

// bases are the kustomizations that one builds on.
type bases struct {
	root string
	// open are those that are being looked at, left how many more may be.
	open map[string]bool
	left int
	// bytes are how many the files may still have together, each counted as often as it is read.
	bytes int
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
	path, k, err := b.read(folder)
	if err != nil {
		return err
	}
	manifests, data := files(k)
	for i, name := range slices.Concat(manifests, data) {
		at := filepath.Join(folder, name)
		info, err := os.Stat(at)
		switch {
		case err != nil || remote(name):
			return fmt.Errorf("%s: %q is no name of a file or folder here, and nothing is fetched", path, name)
		case info.IsDir():
			err = b.local(at)
		case !filepath.IsLocal(name):
			err = fmt.Errorf("%s: %q: a kustomization reads files of its own folder only", path, name)
		default:
			_, err = b.load(at, i < len(manifests))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// load reads a file that kustomize is about to read: one that ends, and where it is YAML, does not grow without bound.
func (b *bases) load(path string, isYAML bool) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: this is no file, or a link; put the file itself there", path)
	}
	if b.bytes -= int(info.Size()); b.bytes < 0 {
		return nil, fmt.Errorf("%s: the manifests are larger than %d MiB", path, MaxBytes>>20)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", path, bare(err))
	}
	if !isYAML {
		return body, nil
	}
	if err := legible(string(body)); err != nil {
		return nil, within(path, 0, err)
	}
	for _, d := range split(path, string(body)) {
		size, err := d.nodes(b.bytes + len(d.text))
		if b.bytes -= max(0, size-len(d.text)); err != nil {
			return nil, within(path, d.first, err)
		}
	}
	return body, nil
}

// within is an error in a file, which it names.
func within(path string, line int, err error) error {
	var found problems
	if !errors.As(err, &found) || len(found) == 0 {
		return fmt.Errorf("%s: %w", path, err)
	}
	return fmt.Errorf("%s:%d: %s", path, cmp.Or(found[0].line, line, 1), found[0].text)
}

// remote says whether kustomize may take a name for one of something elsewhere, whatever there is here: it looks
// at the name first.
func remote(name string) bool {
	plain := strings.ToLower(strings.TrimLeft(name, "./"))
	return strings.ContainsAny(name, ":@?") || strings.Contains(name, "//") || strings.HasPrefix(plain, "github.com")
}

// unknownOne is how a field is told of that kustomizations do not have.
var unknownOne = regexp.MustCompile(`^unknown field "(.*)"$`)

// read reads a folder's kustomization, and refuses one that runs something.
func (b *bases) read(folder string) (path string, k types.Kustomization, err error) {
	if path = kustomization(folder); path == "" {
		return path, k, fmt.Errorf("%s: there is no kustomization", folder)
	}
	body, err := b.load(path, true)
	if err != nil {
		return path, k, err
	}
	if err := yaml.UnmarshalStrict(body, &k); err != nil {
		text := strings.TrimPrefix(err.Error(), "error unmarshaling JSON: while decoding JSON: json: ")
		if field := unknownOne.FindStringSubmatch(text); field != nil {
			d := split(path, string(body))[0]
			_, _ = d.nodes(MaxBytes)
			return path, k, fmt.Errorf("%s:%d: %s: %s", path, d.at(field[1]), field[1], unknownField)
		}
		return path, k, fmt.Errorf("%s: %s", path, text)
	}
	if len(k.HelmCharts)+len(k.HelmChartInflationGenerator)+len(k.Generators)+len(k.Transformers)+len(k.Validators) > 0 || k.HelmGlobals != nil {
		return path, k, fmt.Errorf("%s: charts, generators, transformers and validators are not run; pipe in what they make: kustomize build | hostgrant plan -f -", path)
	}
	return path, k, nil
}

// files are the files and folders that a kustomization names: those that are YAML, and those that become data.
func files(k types.Kustomization) (manifests, data []string) {
	manifests = slices.Concat(k.Resources, k.Components, k.Bases, k.Crds, k.Configurations) //nolint:staticcheck // bases are still read
	for _, path := range k.OpenAPI {
		manifests = append(manifests, path)
	}
	for _, patch := range slices.Concat(k.Patches, k.PatchesJson6902) { //nolint:staticcheck // still read
		manifests = append(manifests, patch.Path)
	}
	for _, patch := range k.PatchesStrategicMerge { //nolint:staticcheck // still read
		if !strings.Contains(string(patch), "\n") {
			manifests = append(manifests, string(patch))
		}
	}
	for _, replacement := range k.Replacements {
		manifests = append(manifests, replacement.Path)
	}
	sources := make([]types.KvPairSources, 0, len(k.ConfigMapGenerator)+len(k.SecretGenerator))
	for _, one := range k.ConfigMapGenerator {
		sources = append(sources, one.KvPairSources)
	}
	for _, one := range k.SecretGenerator {
		sources = append(sources, one.KvPairSources)
	}
	for _, source := range sources {
		data = append(append(data, source.EnvSources...), source.EnvSource)
		for _, file := range source.FileSources {
			if _, path, named := strings.Cut(file, "="); named {
				file = path
			}
			data = append(data, file)
		}
	}
	empty := func(name string) bool { return name == "" }
	return slices.DeleteFunc(manifests, empty), slices.DeleteFunc(data, empty)
}
