package apivalidation_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

// Who approves removals is said by a role of its own: it is part of no role of the cluster, gives nothing
// else, and no other role gives it.
func TestApprovingIsARoleOfItsOwn(t *testing.T) {
	root, err := testkit.Root()
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(filepath.Join(root, "config", "rbac", "people.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for document := range strings.SplitSeq(string(body), "\n---\n") {
		role := rbacv1.ClusterRole{}
		if err := yaml.UnmarshalStrict([]byte(document), &role); err != nil {
			t.Fatal(err)
		}
		own := role.Name == "hostgrant-removal-approver"
		found = found || own
		for label := range role.Labels {
			if own && strings.Contains(label, "aggregate-to") {
				t.Error("is part of another role:", label)
			}
		}
		for _, rule := range role.Rules {
			writes := slices.ContainsFunc(rule.Verbs, func(verb string) bool { return !slices.Contains([]string{"get", "list", "watch"}, verb) })
			if approves := slices.Contains(rule.Resources, "removalapprovals"); writes && (approves != own || own && len(rule.Resources) > 1) {
				t.Errorf("%s may %v %v", role.Name, rule.Verbs, rule.Resources)
			}
		}
	}
	if !found {
		t.Error("there is no such role")
	}
}
