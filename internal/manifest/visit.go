package manifest

import (
	"fmt"
	"strings"

	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// maxDepth is how deep lists and mappings may be nested. No manifest comes near it.
const maxDepth = 200

// visit is one walk over a document.
type visit struct {
	d *document
	// sizes of anchors with their aliases resolved; an anchor that is open contains what is looked at.
	sizes map[*kyaml.Node]int
	open  map[*kyaml.Node]bool
	found problems
}

// visit finds what no manifest may have: keys that stand twice, aliases that grow without bound, numbers that
// JSON cannot say, what is nested too deep. It tells how large the document is with its aliases resolved.
func (d *document) visit(maxSize int) (size int, err error) {
	v := &visit{d: d, sizes: map[*kyaml.Node]int{}, open: map[*kyaml.Node]bool{}}
	size = v.node(d.root, "", 0, maxSize)
	if len(v.found) > 0 {
		return size, v.found
	}
	if size > maxSize {
		return size, problems{{d.first, fmt.Sprintf("with its aliases resolved it is larger than the %d MiB that all manifests may have", MaxBytes>>20)}}
	}
	return size, nil
}

func (v *visit) fail(node *kyaml.Node, path, format string, args ...any) {
	if path != "" {
		format = Plain(path) + ": " + format
	}
	v.found = append(v.found, problem{v.d.line + node.Line - 1, fmt.Sprintf(format, args...)})
}

// node is a node's size, no larger than a byte more than what is left.
func (v *visit) node(node *kyaml.Node, path string, depth, left int) (size int) {
	switch size = len(node.Value) + len(node.Tag) + 2; {
	case size > left || len(v.found) > maxErrors:
		return left + 1
	case depth > maxDepth:
		v.fail(node, "", "lists and mappings are nested deeper than %d levels", maxDepth)
		return left + 1
	case node.Kind == kyaml.AliasNode && v.open[node.Alias]:
		v.fail(node, path, "the alias *%s stands within what it is an alias of", Plain(node.Value))
		return left + 1
	case node.Kind == kyaml.AliasNode:
		return min(v.sizes[node.Alias], left+1) // its anchor comes before it
	}
	if node.Anchor != "" {
		v.open[node] = true
		defer func() { v.sizes[node] = size; delete(v.open, node) }()
	}
	return min(size+v.content(node, path, depth, left-size), left+1)
}

// content is the size of what a node holds.
func (v *visit) content(node *kyaml.Node, path string, depth, left int) (size int) {
	switch node.Kind {
	case kyaml.MappingNode:
		return v.mapping(node, path, depth, left)
	case kyaml.SequenceNode:
		for i := 0; i < len(node.Content) && size <= left; i++ {
			size += v.node(node.Content[i], fmt.Sprintf("%s[%d]", path, i), depth+1, left-size)
		}
		return size
	}
	if value := strings.ToLower(node.Value); node.ShortTag() == "!!float" && (strings.HasSuffix(value, "inf") || strings.HasSuffix(value, "nan")) {
		v.fail(node, path, "Invalid value: %s is no number that JSON has", Plain(node.Value))
	}
	return 0
}

// mapping is the size of what a mapping holds.
func (v *visit) mapping(node *kyaml.Node, path string, depth, left int) (size int) {
	first := map[string]int{}
	for i := 0; i+1 < len(node.Content) && size <= left; i += 2 {
		key := node.Content[i]
		at := strings.TrimPrefix(path+"."+key.Value, ".")
		switch line, twice := first[key.Value]; {
		case key.Kind == kyaml.AliasNode:
		case key.Kind != kyaml.ScalarNode:
			v.fail(key, path, "a key has to be a text; this is %s", nodeKinds[key.Kind])
		case twice:
			v.fail(key, at, "Duplicate value: the key stands in line %d already", line)
		default:
			first[key.Value] = v.d.line + key.Line - 1
		}
		size += v.node(key, path, depth+1, left-size)
		size += v.node(node.Content[i+1], at, depth+1, left-size)
	}
	return size
}
