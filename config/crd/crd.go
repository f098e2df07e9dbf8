// Package crd embeds the CustomResourceDefinitions of the kinds, as they are installed.
package crd

import "embed"

// Bases holds one file per kind.
//
//go:embed bases/*.yaml
var Bases embed.FS
