package manifest

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/json"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"
)

// document is one YAML document of a stream.
type document struct {
	// name is where the stream is from, line the one of the stream at which the text begins (from 1).
	name string
	line int
	text string
	// root knows the lines of all fields. first is the line of the first one.
	root  *kyaml.Node
	first int
}

// problem is one thing that is wrong; line is of the stream, 0 where it is not of one.
type problem struct {
	line int
	text string
}

// problems are all that is wrong with a document.
type problems []problem

func (p problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.text
	}
	return strings.Join(lines, "\n")
}

// split splits a stream at its separators, which stay at the beginning of what follows them.
func split(name, stream string) (list []document) {
	stream = strings.TrimPrefix(strings.ReplaceAll(stream, "\r\n", "\n"), "\ufeff")
	begin, line := 0, 1
	add := func(end int) {
		list = append(list, document{name: name, line: line, text: stream[begin:end]})
		line += strings.Count(stream[begin:end], "\n")
		begin = end
	}
	for at := 0; at < len(stream); {
		end := strings.IndexByte(stream[at:], '\n') + 1
		if end == 0 {
			end = len(stream) - at
		}
		if text := stream[at : at+end]; at > begin && (strings.HasPrefix(text, "--- ") || strings.TrimRight(text, " \t\n") == "---") {
			add(at)
		}
		at += end
	}
	add(len(stream))
	return list
}

// legible says what keeps a stream from being text: what YAML or a terminal would not take.
func legible(stream string) error {
	if strings.HasPrefix(stream, "\xff\xfe") || strings.HasPrefix(stream, "\xfe\xff") {
		return problems{{0, "this is UTF-16: save it as UTF-8"}}
	}
	line := 1
	for at, c := range stream {
		switch {
		case c == utf8.RuneError && strings.HasPrefix(stream[at:], "\ufffd"):
		case c == utf8.RuneError:
			return problems{{line, fmt.Sprintf("byte 0x%02x: this is no UTF-8 text", stream[at])}}
		case c == '\n':
			line++
		case unicode.IsControl(c) && !strings.ContainsRune("\t\r\u0085", c):
			return problems{{line, fmt.Sprintf("control character U+%04X: YAML has none; write it as an escape in double quotes", c)}}
		}
	}
	return nil
}

// nodes finds what the document is made of: root is nil where it is empty. maxSize is how many bytes it may have with
// its aliases resolved, and size how many it has.
func (d *document) nodes(maxSize int) (size int, err error) {
	if len(d.text) > maxDocument {
		return 0, problems{{d.said(), fmt.Sprintf("the document is larger than %d MiB; divide it by lines ---", maxDocument>>20)}}
	}
	decoder, root := kyaml.NewDecoder(strings.NewReader(d.text)), &kyaml.Node{}
	switch err := decoder.Decode(root); {
	case errors.Is(err, io.EOF):
		return 0, nil
	case err != nil:
		return 0, d.syntax(err)
	}
	d.root = root.Content[0]
	d.first = d.line + d.root.Line - 1
	second := &kyaml.Node{}
	switch err := decoder.Decode(second); {
	case err == nil:
		return 0, problems{{d.line + second.Line - 1, secondDocument}}
	case !errors.Is(err, io.EOF):
		return 0, d.syntax(err)
	}
	return d.visit(maxSize)
}

// parse finds the document's value, which is nil where the document is empty; maxSize and size are as of nodes.
func (d *document) parse(maxSize int) (value map[string]any, size int, err error) {
	if size, err = d.nodes(maxSize); err != nil || d.root == nil || d.root.ShortTag() == "!!null" {
		return nil, size, err
	}
	if d.root.Kind != kyaml.MappingNode {
		return nil, size, problems{{d.first, "a manifest begins with apiVersion, kind and metadata; this is " + nodeKinds[d.root.Kind]}}
	}
	body, err := yaml.YAMLToJSONStrict([]byte(d.text))
	if err == nil {
		err = json.Unmarshal(body, &value) // whole numbers as such
	}
	if err != nil {
		return nil, size, d.syntax(err)
	}
	return value, size, nil
}

var nodeKinds = map[kyaml.Kind]string{kyaml.MappingNode: "a mapping", kyaml.SequenceNode: "a list", kyaml.ScalarNode: "a single value", kyaml.AliasNode: "an alias"}

// lined is where an error of the YAML library says in which line it is.
var lined = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?line (\d+): (.*)$`)

// syntax is an error of the YAML library as a problem in a line.
func (d *document) syntax(err error) error {
	text := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	text = Plain(strings.TrimPrefix(text, "yaml: unmarshal errors:\n  "))
	if anchor := unknownAnchor.FindStringSubmatch(text); anchor != nil {
		before, _, _ := strings.Cut(d.text, "*"+anchor[1])
		return problems{{d.line + strings.Count(before, "\n"), fmt.Sprintf("the alias *%s is of nothing; &%s has to come before it", anchor[1], anchor[1])}}
	}
	at := lined.FindStringSubmatch(text)
	if at == nil {
		return problems{{d.said(), strings.TrimPrefix(text, "yaml: ")}}
	}
	line, _ := strconv.Atoi(at[1])
	for _, one := range []string{"did not find expected", "found undefined tag handle"} {
		if strings.HasPrefix(at[2], one) {
			line++ // the library counts the lines of these from 0
		}
	}
	if strings.Contains(at[2], "<document start>") {
		at[2] = secondDocument
	}
	return problems{{d.line + line - 1, at[2]}}
}

const secondDocument = "a second document begins here; put a line --- before it"

var unknownAnchor = regexp.MustCompile(`^(?:yaml: )?unknown anchor '(.*)' referenced$`)

// said is the line of the first text that says something.
func (d *document) said() int {
	for i, text := range strings.Split(d.text, "\n") {
		if text = strings.TrimSpace(text); text != "" && text != "---" && !strings.HasPrefix(text, "#") {
			return d.line + i
		}
	}
	return d.line
}

// at is the line of a field, or of what it would be in where it is not there.
func (d *document) at(path string) int {
	node, line := d.root, d.first
	for _, step := range steps(path) {
		if node != nil && node.Kind == kyaml.AliasNode {
			node = node.Alias
		}
		key, next := child(node, step)
		if next == nil {
			break
		}
		node, line = next, d.line+key.Line-1
	}
	return line
}

// child is what a node has under a name or index, with the node that says where it begins.
func child(node *kyaml.Node, step string) (key, value *kyaml.Node) {
	switch {
	case node == nil:
	case node.Kind == kyaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i], node.Content[i+1]
			}
		}
	case node.Kind == kyaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	}
	return nil, nil
}

// steps are the names and indexes of a field's path: "spec.subjects[0].email".
func steps(path string) []string {
	return strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' || c == ']' })
}
