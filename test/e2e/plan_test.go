package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// planned is what `hostgrant plan -o json` prints, as far as it is compared.
type planned struct {
	Groups []struct {
		People            []string
		Add, Remove, Held []change
		Mails             int
	}
}

type change struct {
	What []string
	Why  string
}

// rights are what people hold, one "address|place|permission" each.
type rights map[string]bool

func (r rights) change(people []string, changes []change, to bool) {
	for _, person := range people {
		for _, change := range changes {
			for _, line := range change.What {
				places, permissions, _ := strings.Cut(line, ": ")
				kind, names, _ := strings.Cut(places, " ")
				for name := range strings.SplitSeq(names, ", ") {
					for permission := range strings.SplitSeq(permissions, ", ") {
						if right := person + "|" + kind + " " + name + "|" + permission; to {
							r[right] = true
						} else {
							delete(r, right)
						}
					}
				}
			}
		}
	}
}

// differs tells what these people have that others have not ("+"), and the other way round ("-").
func (r rights) differs(want rights) (lines []string) {
	for right := range r {
		if !want[right] {
			lines = append(lines, "+"+right)
		}
	}
	for right := range want {
		if !r[right] {
			lines = append(lines, "-"+right)
		}
	}
	return lines
}

func held(ctx SpecContext, w *world.World) rights {
	rows, err := w.Provider.Rows(ctx, world.Owner)
	Expect(err).NotTo(HaveOccurred())
	all := rights{}
	for _, row := range rows {
		for _, permission := range row.Overall {
			all[row.Email+"|overall |"+permission] = true
		}
		for account, permissions := range row.Accounts {
			for _, permission := range permissions {
				all[row.Email+"|account "+account+"|"+permission] = true
			}
		}
	}
	return all
}

// randomGrants are some grants to some people of whom some have a profile.
func randomGrants(random *rand.Rand, w *world.World, people []string) []*v1alpha1.PermissionGrant {
	var grants []*v1alpha1.PermissionGrant
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		if random.IntN(4) == 0 {
			continue
		}
		g := world.GrantFor(name)
		g.Namespace, g.TypeMeta = w.Namespace, metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "PermissionGrant"}
		for _, i := range random.Perm(len(people))[:1+random.IntN(3)] {
			g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{Email: v1alpha1.Email(people[i])})
		}
		overall := []v1alpha1.OverallPermission{"Billing", "AccountManagement"}
		world.Overall(g, overall[random.IntN(2)])
		for _, account := range []string{"shop", "blog"}[:random.IntN(3)] {
			world.OnAccount(g, account, []v1alpha1.AccountPermission{"Sites", "Databases", "Domains"}[random.IntN(3)])
		}
		if random.IntN(4) == 0 {
			g.Spec.DeletionPolicy = v1alpha1.DeletionRetain
		}
		grants = append(grants, g)
	}
	return grants
}

// folderOf writes manifests.
func folderOf(grants []*v1alpha1.PermissionGrant) string {
	dir := GinkgoT().TempDir()
	for _, g := range grants {
		body, err := yaml.Marshal(g)
		Expect(err).NotTo(HaveOccurred())
		body = []byte(strings.ReplaceAll(string(body), "status: {}\n", ""))
		Expect(os.WriteFile(filepath.Join(dir, g.Name+".yaml"), body, 0o600)).To(Succeed())
	}
	return dir
}

// plan runs the built program as a person would.
func plan(ctx SpecContext, args ...string) (planned, int) {
	GinkgoHelper()
	command := exec.CommandContext(ctx, cluster.Program("hostgrant"), append([]string{"plan", "--kubeconfig", cluster.File("admin.kubeconfig"), "-o", "json", "--show-addresses"}, args...)...)
	out, err := command.Output()
	var failure *exec.ExitError
	if errors.As(err, &failure) && failure.ExitCode() == 1 {
		Fail(string(failure.Stderr))
	}
	got := planned{}
	Expect(json.Unmarshal(out, &got)).To(Succeed(), string(out))
	return got, command.ProcessState.ExitCode()
}

var _ = It("What a plan says is what happens", func(ctx SpecContext) {
	known := []string{"ann@acme.example", "bob@acme.example", "cyd@acme.example"}
	people := append(slices.Clone(known), "new@acme.example", "own@acme.example", "old@acme.example")
	w := cluster.New(known...)
	w.Backend(func(b *v1alpha1.HostingBackend) {
		b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 50, Settle: &metav1.Duration{Duration: time.Second}}
	})
	cluster.StartManager(world.NoLeaderElection)
	before, today := GinkgoT().TempDir(), map[string]*v1alpha1.PermissionGrant{}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		grants := randomGrants(random, w, people)
		dir := folderOf(grants)
		if len(grants) == 0 {
			continue
		}
		want, mails := held(ctx, w), map[string]int{}
		said, code := plan(ctx, "-f", dir, "--base", before)
		Expect(code == 2).To(Equal(len(said.Groups) > 0), "seed %d", seed)
		for _, group := range said.Groups {
			want.change(group.People, group.Add, true)
			want.change(group.People, group.Remove, false)
			for _, person := range group.People {
				mails[person] += group.Mails + w.Mailed(person)
			}
		}
		var gone []*v1alpha1.PermissionGrant
		kubectl(ctx, w, "apply", "--server-side", "--force-conflicts", "-f", dir)
		for name, g := range today {
			if !slices.ContainsFunc(grants, func(other *v1alpha1.PermissionGrant) bool { return other.Name == name }) {
				w.Delete(g)
				gone = append(gone, g)
				delete(today, name)
			}
		}
		for _, g := range grants {
			today[g.Name] = g
		}
		differs := func() []string { return held(ctx, w).differs(want) }
		Eventually(differs).Should(BeEmpty(), func() string { return fmt.Sprintf("seed %d: %+v\n%s", seed, said, w.Describe()) })
		Eventually(func() error { return atRest(ctx, w) }).Should(Succeed())
		Expect(differs()).To(BeEmpty(), "seed %d", seed)
		for person, count := range mails {
			if !slices.Contains(known, person) {
				Eventually(w.Mailed).WithArguments(person).Should(Equal(count), "seed %d: mails to %s", seed, person)
			}
		}
		for _, g := range gone {
			w.ExpectDeleted(g)
		}
		after, _ := plan(ctx, "-f", dir)
		for _, group := range after.Groups {
			Expect(group.Add).To(BeEmpty(), "seed %d: applied, and still to do", seed)
			Expect(group.Remove).To(BeEmpty(), "seed %d: applied, and still to do", seed)
		}
		before = dir
	}
})

// atRest says what is still under way.
func atRest(ctx SpecContext, w *world.World) error {
	records := &v1alpha1.AccessRecordList{}
	if err := w.K8s.List(ctx, records); err != nil {
		return fmt.Errorf("list: %w", err)
	}
	for _, record := range records.Items {
		if record.Namespace != w.Namespace {
			continue
		}
		for _, condition := range record.Status.Conditions {
			if record.Status.ObservedGeneration != record.Generation || condition.Type == v1alpha1.ConditionReconciling && condition.Status == metav1.ConditionTrue {
				return fmt.Errorf("%s: %s", record.Name, condition.Message)
			}
		}
	}
	return nil
}
