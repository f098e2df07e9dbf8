// Package admission embeds the admission policies, as they are installed.
package admission

import _ "embed"

// RemovalApprovals holds the policy of RemovalApprovals, its binding and its ConfigMap.
//
//go:embed removalapprovals.yaml
var RemovalApprovals string
