package preview

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
)

func (c *cluster) table() *provider.Snapshot { return c.connection.View().Snapshot }

// judged is an edit, what was before it, and what was said of it.
type judged struct {
	*cluster
	edit   int
	before state
	said   map[string]Change
	// happened is what is now.
	happened state
}

// judge compares what a preview says of an edit with what then happens: while writes for some people fail, and once
// they do no more.
func (c *cluster) judge(edit int, after Objects, met map[string]int) {
	c.read()
	records := c.holding(func(*v1alpha1.AccessRecord) bool { return true })
	said, err := Of(c.Context(), Inputs{
		Objects: after, Today: c.objects, Records: records, Now: c.now, ReferenceGrace: time.Hour,
		Tables: map[types.NamespacedName]*provider.Snapshot{acme: c.table()},
	})
	c.must(err)
	j := &judged{cluster: c, edit: edit, before: c.state(), said: map[string]Change{}}
	for _, change := range said.Changes {
		j.said[change.Address] = change
	}
	c.provider.draw(c.T)
	c.edit(after)
	c.settle()
	j.each(func(address string, trouble *trouble) {
		if trouble.stopped() {
			j.stopped(address, trouble)
		}
	})
	c.lose()
	c.read()
	j.each(func(address string, trouble *trouble) {
		switch {
		case trouble.stopped():
			j.untouched(address)
		case trouble.is(gone):
			j.gone(address)
		default:
			j.done(address, trouble)
		}
		if trouble.hit() {
			met[trouble.name]++
		}
	})
	c.provider.lift()
	if !c.provider.inTrouble() {
		return
	}
	c.pass(retryAfter)
	c.read()
	j.each(func(address string, trouble *trouble) {
		if !trouble.is(gone) {
			j.done(address, trouble)
		}
	})
}

// each does something for everybody, with what became of them so far.
func (j *judged) each(do func(address string, trouble *trouble)) {
	j.happened = j.state()
	for _, address := range everyone {
		do(address, j.provider.trouble[address])
	}
}

// wanted is what somebody was said to have after a time, and what goes and comes again until then: where a grant finds
// room once others have left, that is there or not, and a plan tells of both.
func (j *judged) wanted(address string, after time.Duration) (want, both hosting.Rights) {
	change := j.said[address]
	late := func(p Part) bool { return p.After > after }
	change.Add, change.Remove = slices.DeleteFunc(slices.Clone(change.Add), late), slices.DeleteFunc(slices.Clone(change.Remove), late)
	return j.before.rights[address].Union(change.Added()).Minus(change.Removed()), change.Added().Intersect(change.Removed())
}

// done expects what was said, but for what a fault made moot.
func (j *judged) done(address string, trouble *trouble) {
	change := j.said[address]
	moot := j.freed(address).Union(j.heldTogether(address))
	if trouble.hit() {
		moot = moot.Union(j.overtaken(address))
		moot = moot.Union(j.withheld(address, moot))
	}
	want, both := j.wanted(address, always*time.Hour)
	either := moot.Union(both)
	if !j.happened.rights[address].Minus(either).Equal(want.Minus(either)) {
		j.fail(address, "has something else than was said")
	}
	if held := j.held(address); !held.Minus(moot).Equal(change.Held.Minus(moot)) {
		j.fail(address, "has "+fmt.Sprint(held.Sorted())+" that is due to go and stays")
	}
	if slices.Contains(known, address) {
		return // nobody with a profile is mailed
	}
	if got := j.happened.mails[address] - j.before.mails[address]; got > change.Mails || got < change.Mails && moot.Equal(hosting.NewRights()) {
		j.fail(address, fmt.Sprintf("got %d mails", got))
	}
}

// freed is what of what was held may go after all: how many lose something at once is another number where a row is
// gone, or a fault stopped what was to go, or what was to be given and to go again.
func (j *judged) freed(address string) hosting.Rights {
	others := func(other string) bool {
		trouble, change := j.provider.trouble[other], j.said[other]
		return trouble.is(gone) || trouble.hit() && len(j.overtaken(other).Union(change.Removed()).Sorted()) > 0
	}
	if change := j.said[address]; change.HeldBecause == v1alpha1.ReasonRemovalLimit && slices.ContainsFunc(everyone, others) {
		return change.Held
	}
	return hosting.NewRights()
}

// overtaken is what would have been given, and then been due to go, be held, or be left to the person: who was not given
// it in time is not given it any more, for no grant gives it now.
func (j *judged) overtaken(address string) hosting.Rights {
	change := j.said[address]
	return change.Added().Minus(j.gives(address))
}

// gives is what grants give somebody now.
func (j *judged) gives(address string) hosting.Rights {
	record := j.records[access.RecordName(acme.Name, address)]
	if record == nil {
		return hosting.NewRights()
	}
	return plan.Compute(j.observe(record)).Want.Rights
}

// withheld is what is not given without a second factor, which is not required any more: a grant that let that be has
// left in the meantime. The record tells it by name, and why.
func (j *judged) withheld(address string, moot hosting.Rights) hosting.Rights {
	want, both := j.wanted(address, always*time.Hour)
	lacks := want.Minus(j.happened.rights[address]).Minus(moot).Minus(both)
	if record := j.records[access.RecordName(acme.Name, address)]; record == nil || lacks.Equal(hosting.NewRights()) ||
		meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionReady).Reason != v1alpha1.ReasonForeignPermissions {
		return hosting.NewRights()
	}
	j.tells(address, nil, lacks, hosting.NewRights())
	return lacks
}

// heldTogether is what is held beside what was said to be: a removal that failed is due later, together with others,
// and these may be too many for the limit. The record tells it by name, and why.
func (j *judged) heldTogether(address string) hosting.Rights {
	held := j.held(address).Minus(j.said[address].Held)
	if !j.provider.inTrouble() || held.Equal(hosting.NewRights()) {
		return hosting.NewRights()
	}
	j.tells(address, []string{v1alpha1.ReasonRemovalLimit}, hosting.NewRights(), held)
	return held
}

// untouched expects that nothing of what was said was done.
func (j *judged) untouched(address string) {
	if !j.happened.rights[address].Equal(j.before.rights[address]) {
		j.fail(address, "has something else than before, and all writes fail")
	}
	if j.happened.mails[address] != j.before.mails[address] {
		j.fail(address, "was mailed, and all writes fail")
	}
}

// stopped expects that nothing was done of what was to be done by now, and that the record tells all of it by name, and
// why.
func (j *judged) stopped(address string, trouble *trouble) {
	j.untouched(address)
	want, both := j.wanted(address, time.Hour-time.Second)
	got := j.happened.rights[address]
	both = both.Union(j.overtaken(address))
	add, remove := want.Minus(got).Minus(both), got.Minus(want).Minus(both)
	if len(add.Union(remove).Sorted()) == 0 {
		return // it went and came again, and was stopped for a moment
	}
	j.tells(address, append([]string{v1alpha1.ReasonRemovalLimit}, trouble.reasons...), add, remove)
}

// tells expects that the record tells by name what is not done, and gives one of some reasons; any, without them.
func (j *judged) tells(address string, reasons []string, add, remove hosting.Rights) {
	record := j.records[access.RecordName(acme.Name, address)]
	if record == nil || record.Status.Pending == nil {
		j.fail(address, "has a record that tells nothing of what is not done")
		return
	}
	names := j.table().Names
	for _, of := range []struct {
		rights hosting.Rights
		told   []v1alpha1.NamedRights
	}{{add, record.Status.Pending.Add}, {remove, record.Status.Pending.Remove}} {
		for _, right := range of.rights.Sorted() {
			if !slices.ContainsFunc(of.told, func(t v1alpha1.NamedRights) bool {
				return t.Scope == v1alpha1.Scope(right.Scope) && slices.Contains(t.Permissions, right.Name) && (right.ID == 0 || slices.Contains(t.Places, names.Of(right)))
			}) {
				j.fail(address, fmt.Sprintf("has a record that does not tell of %v", right))
			}
		}
	}
	ready := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status == metav1.ConditionTrue || reasons != nil && !slices.Contains(reasons, ready.Reason) {
		j.fail(address, fmt.Sprintf("has a record that does not tell why: want one of %v", reasons))
	}
}

// gone expects that somebody whose row was taken away has nothing that they had not and were not to get, and that the
// record tells what grants give and is not given again, for they may have given it up.
func (j *judged) gone(address string) {
	want, both := j.wanted(address, always*time.Hour)
	got, change := j.happened.rights[address], j.said[address]
	if extra := got.Minus(want).Minus(both); !extra.Equal(hosting.NewRights()) {
		j.fail(address, "has more than was said, and the row was gone")
	}
	if mails := j.happened.mails[address] - j.before.mails[address]; mails > change.Mails+1 {
		j.fail(address, fmt.Sprintf("got %d mails, and a row was made anew once", mails))
	}
	lacks := want.Minus(got).Minus(both).Minus(change.Held).Intersect(j.gives(address))
	record := j.records[access.RecordName(acme.Name, address)]
	gaveUp := record != nil && slices.ContainsFunc(record.Status.Contributions, func(c v1alpha1.ContributionStatus) bool { return c.State == v1alpha1.ContributionRelinquished })
	if !lacks.Equal(hosting.NewRights()) && !gaveUp {
		j.tells(address, nil, lacks, hosting.NewRights())
	}
}

// held is what is due to go from somebody and stays.
func (c *cluster) held(address string) hosting.Rights {
	record := c.records[access.RecordName(acme.Name, address)]
	if record == nil {
		return hosting.NewRights()
	}
	row, _ := c.table().Row(address)
	return access.MemoryOf(record.Status).Due(row.Rights)
}

// fail tells in a few lines of whom something else became than was said: what was planned, what happened, and what
// their record and the grants that name them say.
func (j *judged) fail(address, what string) {
	change := j.said[address]
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("edit %d: %s %s", j.edit, address, what)
	line("had   %v", j.before.rights[address].Sorted())
	for sign, parts := range map[string][]Part{"+": change.Add, "-": change.Remove} {
		for _, part := range parts {
			line("said  %s %v: %s %v after %s", sign, part.Rights.Sorted(), part.Grants, part.Causes, part.After)
		}
	}
	line("said  held %v (%s), %d mails", change.Held.Sorted(), change.HeldBecause, change.Mails)
	line("has   %v, and %d mails more", j.happened.rights[address].Sorted(), j.happened.mails[address]-j.before.mails[address])
	if trouble := j.provider.trouble[address]; trouble != nil {
		line("fault %s: met %d times", trouble.name, trouble.met)
	}
	if record := j.records[access.RecordName(acme.Name, address)]; record != nil {
		if ready := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
			line("told  Ready=%s %s: %s", ready.Status, ready.Reason, ready.Message)
		}
		line("told  pending %+v", record.Status.Pending)
		for _, c := range record.Status.Contributions {
			line("told  %s/%s: %s %s", c.Grant.Namespace, c.Grant.Name, c.State, c.Reason)
		}
	}
	j.Fatal(b.String())
}
