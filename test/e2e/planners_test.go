package e2e_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// planned is what `hostgrant plan -o json` prints, as far as it is compared.
type planned struct {
	Groups []struct {
		People                   []string
		Add, Remove, Held, Later []change
		Mails                    int
	}
	Issues []struct{ Grant, Subject, Reason string }
	Notes  []string
}

type change struct {
	What []string
	Why  string
}

// forOne is what a plan says of one person.
type forOne struct {
	// changes are "+place|permission", "-place|permission", and what would be held as "!place|permission", in order; whys are the
	// reasons given for them.
	changes, whys []string
	mails         int
}

// byPerson is a plan by whom it is about.
func (p planned) byPerson() map[string]forOne {
	people := map[string]forOne{}
	for _, group := range p.Groups {
		one := forOne{mails: group.Mails}
		for sign, changes := range map[string][]change{"+": group.Add, "-": group.Remove, "!": group.Held, "?": group.Later} {
			for _, change := range changes {
				one.whys = append(one.whys, sign+change.Why)
				for _, line := range change.What {
					one.changes = append(one.changes, spread(sign, line)...)
				}
			}
		}
		slices.Sort(one.changes)
		slices.Sort(one.whys)
		for _, person := range group.People {
			people[person] = one
		}
	}
	return people
}

// spread is a line of a plan, "account blog, shop: Databases, Sites", as one right each.
func spread(sign, line string) (list []string) {
	places, permissions, _ := strings.Cut(line, ": ")
	kind, names, _ := strings.Cut(places, " ")
	for name := range strings.SplitSeq(names, ", ") {
		for permission := range strings.SplitSeq(permissions, ", ") {
			list = append(list, sign+kind+" "+name+"|"+permission)
		}
	}
	return list
}

// changes are those of everybody, as rights differ.
func (p planned) changes() (list []string) {
	for person, one := range p.byPerson() {
		for _, change := range one.changes {
			list = append(list, change[:1]+person+"|"+change[1:])
		}
	}
	slices.Sort(list)
	return list
}

// rights are what people hold, one "address|place|permission" each.
type rights map[string]bool

// held is what the provider has.
func held(ctx SpecContext, w *world.World) rights {
	rows, err := w.Provider.Rows(ctx, world.Owner)
	Expect(err).NotTo(HaveOccurred())
	all := rights{}
	for _, row := range rows {
		for _, permission := range row.Overall {
			all[row.Email+"|overall |"+permission] = true
		}
		for kind, places := range map[string]map[string][]string{"account ": row.Accounts, "server ": row.Servers} {
			for place, permissions := range places {
				for _, permission := range permissions {
					all[row.Email+"|"+kind+place+"|"+permission] = true
				}
			}
		}
		if row.RequireTwoFactor {
			all[row.Email+"|2FA required|"] = true
		}
	}
	return all
}

// of counts what somebody holds.
func (r rights) of(email string) (count int) {
	for right := range r {
		if strings.HasPrefix(right, email+"|") {
			count++
		}
	}
	return count
}

// differs tells what came ("+") and what went ("-") since.
func (r rights) differs(before rights) (lines []string) {
	for right := range r {
		if !before[right] {
			lines = append(lines, "+"+right)
		}
	}
	for right := range before {
		if !r[right] {
			lines = append(lines, "-"+right)
		}
	}
	slices.Sort(lines)
	return lines
}

// planners plan the same manifests in each way that there is, in a folder with what they need.
type planners struct {
	ctx SpecContext
	w   *world.World
	dir string
}

// plans are what each of them said.
type plans struct{ cluster, provider, table planned }

func (p planners) file(name string) string { return filepath.Join(p.dir, name) }

func (p planners) write(name string, body []byte) {
	GinkgoHelper()
	Expect(os.MkdirAll(filepath.Dir(p.file(name)), 0o700)).To(Succeed())
	Expect(os.WriteFile(p.file(name), body, 0o600)).To(Succeed())
}

// hostgrant runs the built program with nothing in its environment, and gives what it prints. It has to end with 0 or 2.
func (p planners) hostgrant(args ...string) ([]byte, int) {
	GinkgoHelper()
	command := exec.CommandContext(p.ctx, cluster.Program("hostgrant"), args...)
	command.Env, command.Dir = []string{}, p.dir
	out, err := command.Output()
	var failure *exec.ExitError
	if errors.As(err, &failure) && failure.ExitCode() != 2 {
		Fail(string(failure.Stderr))
	}
	return out, command.ProcessState.ExitCode()
}

func (p planners) plan(args ...string) (got planned) {
	GinkgoHelper()
	out, code := p.hostgrant(append([]string{"plan", "-o", "json", "--show-addresses"}, args...)...)
	Expect(json.Unmarshal(out, &got)).To(Succeed(), string(out))
	Expect(code == 2).To(Equal(len(got.Groups) > 0), "2 says that something changes")
	return got
}

func (p planners) fromCluster(dir string, more ...string) planned {
	GinkgoHelper()
	return p.plan(append([]string{"--kubeconfig", cluster.File("admin.kubeconfig"), "-f", dir}, more...)...)
}

// all plans what a folder declares, and what another declared before.
func (p planners) all(dir, base string) plans {
	GinkgoHelper()
	ask := []string{"--backend-url", p.w.Provider.URL(), "--backend-ca", "ca.pem", "--token-file", "token", "--allow-private-endpoints"}
	Expect(os.RemoveAll(p.file("table.yaml"))).To(Succeed())
	p.hostgrant(append([]string{"table", "from-provider", "--file", "table.yaml"}, ask...)...)
	alone := []string{"-f", dir, "--base", base}
	return plans{
		cluster:  p.fromCluster(dir, "--base", base),
		provider: p.plan(append(slices.Clone(alone), ask...)...),
		table:    p.plan(append(slices.Clone(alone), "--table", "table.yaml")...),
	}
}

// What plans without a cluster say that they do not know, and nothing else.
const (
	nothingBefore = "nothing is remembered without a cluster: only what would be added is known; --base says what was declared before"
	forgotten     = "what was taken away within the last day is not known without a cluster: the removal limit may hold more than is shown"
	unseen        = "a table does not know who has a profile, an invitation or a second factor: nothing is concluded from that, and mails to people in the table are not counted"
)

// expectSame expects the same changes of the same people for the same reasons from each way to plan. What differs is what
// each says in its notes that it does not know:
//   - a plan from a cluster, whether there is a place on which nobody holds anything;
//   - a plan without one, what was taken away within a day: it counts towards the removal limit, which is not reached here;
//   - a plan by a table, who of its people has no profile: it counts no mails to them. Nor does any other plan:
//     whoever has a row was told of it.
func (p plans) expectSame(seed uint64, had rights, first bool) {
	GinkgoHelper()
	memory := map[bool]string{true: nothingBefore, false: forgotten}[first]
	for _, note := range p.cluster.Notes {
		_, place, is := strings.Cut(strings.TrimSuffix(note, "; what the provider has of it is not known here"), ": no record knows ")
		Expect(is).To(BeTrue(), "seed %d: %s", seed, note)
		for right := range had {
			Expect(right).NotTo(ContainSubstring("|"+place+"|"), "seed %d: somebody holds something on a place that no record knows", seed)
		}
	}
	Expect(p.provider.Notes).To(ConsistOf(memory), "seed %d", seed)
	Expect(p.table.Notes).To(ConsistOf(memory, unseen, HavePrefix("what the provider has is from a table of ")), "seed %d", seed)
	Expect(p.provider.Issues).To(ConsistOf(p.cluster.Issues), "seed %d", seed)
	Expect(p.table.Issues).To(ConsistOf(p.cluster.Issues), "seed %d", seed)

	asked := p.provider.byPerson()
	Expect(asked).To(Equal(p.cluster.byPerson()), "seed %d: by the provider and by the cluster", seed)
	for person, one := range asked {
		if had.of(person) > 0 {
			Expect(one.mails).To(BeZero(), "seed %d: %s has a row, and was told of it", seed, person)
		}
	}
	Expect(p.table.byPerson()).To(Equal(asked), "seed %d: by the table file and by the provider", seed)
}

// tally is how much was compared: by sign, by what is given or taken away, and how many mails.
type tally map[string]int

func (t tally) count(one forOne) {
	t["mails"] += one.mails
	for _, change := range one.changes {
		kind, _, _ := strings.Cut(change[1:], " ")
		t[change[:1]]++
		t[kind]++
	}
}

func (t tally) expectEnough() {
	GinkgoHelper()
	for kind, least := range map[string]int{"+": 60, "-": 60, "overall": 20, "account": 60, "server": 20, "2FA": 5, "mails": 4} {
		Expect(t[kind]).To(BeNumerically(">=", least), "%s: %v were compared, which shows little", kind, t)
	}
}
