package table

import (
	"bytes"
	"encoding/json"
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// file is a table with what its file begins with.
type file struct {
	APIVersion string `json:"apiVersion" yaml:"apiVersion"`
	Kind       string `json:"kind" yaml:"kind"`
	Table      `yaml:",inline"`
}

// YAML is the table as a file that Decode reads.
func (t Table) YAML() ([]byte, error) {
	body, err := yaml.Marshal(file{APIVersion, Kind, t.Canonical()})
	if err != nil {
		return nil, fmt.Errorf("write the table: %w", err)
	}
	return body, nil
}

// JSON is the table as a file that Decode reads.
func (t Table) JSON() ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(file{APIVersion, Kind, t.Canonical()}); err != nil {
		return nil, fmt.Errorf("write the table: %w", err)
	}
	return body.Bytes(), nil
}
