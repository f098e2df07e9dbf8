package preview

import (
	"maps"
	"slices"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// observe is what a decision about a person depends on.
func (c *cluster) observe(record *v1alpha1.AccessRecord) plan.Inputs {
	address := string(record.Spec.Email)
	in := plan.Inputs{Record: record.DeepCopy(), Now: c.now, Backend: c.backend(), Offboards: map[string]bool{}}
	for _, profile := range of[*v1alpha1.Profile](c.objects) {
		if index.Bounds(profile) && access.SameAddress(string(profile.Spec.Email), address) {
			in.Profiles = append(in.Profiles, *profile)
			in.Offboards[profile.Namespace] = access.Offboards(in.Backend, c.origin(profile.Namespace))
		}
	}
	in.Provider, in.Row = c.connection.View().Person(address)
	in.Memory, in.Invitation, in.Retry = access.MemoryOf(record.Status), record.Status.Invitation, c.retries[record.Name]
	return in
}

// record does one reconcile of a person, as controllers/record does.
func (c *cluster) record(record *v1alpha1.AccessRecord) {
	in := c.observe(record)
	d := c.decide(in)
	if d.Wait(in) > 0 {
		return
	}
	if d.NeedsProvider() {
		row, err := c.connection.ReadRow(c.Context(), drawn, string(record.Spec.Email), in.RowID())
		c.must(err)
		in = plan.Refreshed(in, row)
		for d = c.decide(in); d.Step != plan.Rest; d = c.decide(in) {
			in = c.step(in, d)
		}
	}
	c.publish(record.Name, in, d)
}

func (c *cluster) publish(name string, in plan.Inputs, d plan.Decision) {
	backoff := time.Duration(0)
	if d.Failed(in) {
		backoff = time.Minute
	}
	report, retry := plan.Status(in, d, backoff), d.Retried(in, c.retries[name])
	if d.Failed(in) {
		retry.Failed, retry.Until = d.Attempt(in).Cause, c.now.Add(report.RetryAfter)
	}
	c.retries[name] = retry
	if report.Remove {
		delete(c.records, name)
		delete(c.retries, name)
		c.connection.Guard().Remove(name)
		return
	}
	after := in.Record.DeepCopy()
	after.Status = report.Status
	c.records[name] = after
}

func (c *cluster) decide(in plan.Inputs) plan.Decision {
	desired, guard := plan.Compute(in), c.connection.Guard()
	guard.Update(in.Record.Name, desired.Person)
	if len(desired.Memory.Owed) > 0 && !guard.Complete() {
		guard.MarkComplete(slices.Collect(maps.Keys(c.records)))
	}
	var verdicts []gate.Verdict
	if in.Judged() {
		verdicts = guard.Evaluate(in.Record.Name, desired.Person, plan.RulesOf(in.Backend), in.Now.Time)
	}
	return plan.Decide(in, desired, verdicts)
}

// step persists the intent, does one step at the provider, and reads back.
func (c *cluster) step(in plan.Inputs, d plan.Decision) plan.Inputs {
	record := in.Record.DeepCopy()
	record.Status = d.IntentStatus(in)
	in = plan.Persisted(in, d, record)
	switch d.Step {
	case plan.Write:
		row, err := c.write(in, d, string(record.Spec.Email))
		if err != nil {
			return plan.WriteFailed(in, d, err, provider.Undone(err), c.now)
		}
		return plan.Wrote(in, d, row, c.now)
	case plan.Ask:
		row, err := c.connection.Invite(c.Context(), drawn, string(record.Spec.Email), *in.Row, d.Invitation.Step.Act == invite.Again)
		switch hosting.ClassOf(err) {
		case "":
			return plan.Asked(in, d, row, c.now)
		case hosting.ClassUnsupported, hosting.ClassInvalid, hosting.ClassForbidden:
			return plan.AskRefused(in, "")
		}
		return plan.Failed(in, err)
	}
	c.Fatalf("step %v: the provider mails", d.Step)
	return in
}

func (c *cluster) write(in plan.Inputs, d plan.Decision, address string) (*hosting.Row, error) {
	switch {
	case in.Row == nil:
		return c.connection.Create(c.Context(), drawn, address, hosting.NewRow{Email: address, Rights: d.Change.Target, Notify: d.Invitation.Notify})
	case d.Change.Target.Equal(hosting.NewRights()):
		return c.connection.Delete(c.Context(), drawn, address, in.Row.ID)
	}
	return c.connection.Update(c.Context(), drawn, address, *in.Row, d.Change.Target, in.Row.Annotation)
}
