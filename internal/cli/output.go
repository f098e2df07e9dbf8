package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// formats are the ways in which a command prints what it found out, by what --output calls them.
type formats[T any] map[string]func(io.Writer, T) error

func (f formats[T]) names() []string { return slices.Sorted(maps.Keys(f)) }

// named is the format that is asked for.
func (f formats[T]) named(name string) (func(io.Writer, T) error, error) {
	if render, known := f[name]; known {
		return render, nil
	}
	return nil, fmt.Errorf("--output %q: give one of %s", name, strings.Join(f.names(), ", "))
}

// outputOptions say how something is printed.
type outputOptions struct {
	format    string
	addresses bool
}

// addFlags adds all flags; usual is the format where none is asked for.
func (o *outputOptions) addFlags(command *cobra.Command, usual string, formats []string) {
	o.addFormatFlag(command, usual, formats)
	o.addAddressesFlag(command)
}

func (o *outputOptions) addFormatFlag(command *cobra.Command, usual string, formats []string) {
	command.Flags().StringVarP(&o.format, "output", "o", usual, "one of "+strings.Join(formats, ", "))
}

func (o *outputOptions) addAddressesFlag(command *cobra.Command) {
	command.Flags().BoolVar(&o.addresses, "show-addresses", false, "print e-mail addresses also into files and pipes; on a terminal they always are")
}

// shows says whether addresses are printed.
func (o *outputOptions) shows(streams genericiooptions.IOStreams) bool {
	return o.addresses || isTerminal(streams.Out)
}

// writeJSON writes a value for programs.
func writeJSON[T any](out io.Writer, value T) error {
	body, err := jsonText(value, "")
	if err == nil {
		_, err = out.Write(append(body, '\n'))
	}
	return err //nolint:wrapcheck // writing to the terminal
}

// jsonText is JSON in which what a terminal or a reader might follow stands as an escape. It says the same. indent is
// what each line but the first begins with.
func jsonText(value any, indent string) ([]byte, error) {
	body, err := json.MarshalIndent(value, indent, "  ")
	return escapedJSON(body), err //nolint:wrapcheck // what commands print is what JSON has
}

func escapedJSON(body []byte) []byte {
	return escaped(body, func(b *bytes.Buffer, c rune) {
		if high, low := utf16.EncodeRune(c); c > 0xffff {
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		} else {
			fmt.Fprintf(b, `\u%04x`, c)
		}
	})
}

// writeText writes what a package wrote itself, if it could.
func writeText[T string | []byte](out io.Writer, text T, err error) error {
	if err == nil {
		_, err = out.Write([]byte(text))
	}
	return err
}

// writeYAML writes the same as writeJSON.
func writeYAML[T any](out io.Writer, value T) error {
	var plain any
	body, err := json.Marshal(value)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		err = decoder.Decode(&plain)
	}
	if err == nil {
		body, err = yaml.MarshalWithOptions(quoted(plain), &yaml.EncoderOptions{SeqIndent: yaml.CompactSequenceStyle})
	}
	if err == nil {
		_, err = out.Write(escaped(body, func(b *bytes.Buffer, c rune) { fmt.Fprintf(b, `\U%08x`, c) }))
	}
	return err //nolint:wrapcheck // what commands print is what YAML has; writing to the terminal
}

// quoted is a value of JSON as YAML has it, with quotes around each text that needs escapes: they stand nowhere else.
func quoted(value any) any {
	switch value := value.(type) {
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: value.String()}
	case string:
		if strings.ContainsFunc(value, followed) {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Style: yaml.DoubleQuotedStyle, Value: value}
		}
	case []any:
		for i := range value {
			value[i] = quoted(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = quoted(value[key])
		}
	}
	return value
}

// followed finds what a terminal or a reader might follow: controls, and marks that turn the direction of writing around.
func followed(c rune) bool {
	return c < ' ' || c > '~' && unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// escaped is a text with escapes for what might be followed, but for line breaks.
func escaped(body []byte, escape func(*bytes.Buffer, rune)) []byte {
	odd := func(c rune) bool { return c != '\n' && followed(c) }
	if !bytes.ContainsFunc(body, odd) {
		return body
	}
	var b bytes.Buffer
	for _, c := range string(body) {
		if odd(c) {
			escape(&b, c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.Bytes()
}
