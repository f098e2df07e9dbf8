package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
)

// accessOf is the answer to what somebody has.
type accessOf struct {
	Backend string       `json:"backend"`
	AsOf    *metav1.Time `json:"asOf,omitempty"`
	Person  string       `json:"person"`
	// Owner may do everything.
	Owner bool `json:"owner,omitempty"`
	// State at the provider, and of the second factor; empty where nothing is known of the person.
	State      v1alpha1.PersonState    `json:"state,omitempty"`
	TwoFactor  v1alpha1.TwoFactorState `json:"twoFactor,omitempty"`
	Invitation *invitation             `json:"invitation,omitempty"`
	// Permissions place by place: what the row holds, and what grants name.
	Permissions []holding `json:"permissions"`
	// Grants that name the person.
	Grants []grantOf `json:"grants"`
	Notes  []string  `json:"notes,omitempty"`
}

type invitation struct {
	State v1alpha1.InvitationState `json:"state"`
	// Mails is how many were decided on.
	Mails     int32  `json:"mails"`
	SentAt    string `json:"sentAt,omitempty"`
	ExpiresAt string `json:"expiresAt,omitempty"`
}

// holding is what somebody has at one place in one way.
type holding struct {
	Scope       hosting.Scope   `json:"scope"`
	Place       string          `json:"place"`
	Permissions []string        `json:"permissions"`
	Access      string          `json:"access"`
	State       inventory.State `json:"state"`
	// Declared: a grant that counts names it.
	Declared bool     `json:"declared"`
	Grants   []string `json:"grants,omitempty"`
	Until    string   `json:"until,omitempty"`
	Because  string   `json:"untilBecause,omitempty"`
	// ReviewBy is when the first of the grants is to be reviewed.
	ReviewBy string `json:"reviewBy,omitempty"`
	Leaving  string `json:"leaving,omitempty"`

	holding inventory.Holding
}

// grantOf is what one grant says of somebody.
type grantOf struct {
	Grant string   `json:"grant"`
	Via   []string `json:"via"`
	// Gives in words: "yes", or why not.
	Gives string          `json:"gives"`
	State inventory.State `json:"state,omitempty"`
	// Unread: the grant itself could not be read, and its reason and dates are not known.
	Unread     bool   `json:"unread,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Since      string `json:"since,omitempty"`
	Until      string `json:"until,omitempty"`
	Because    string `json:"untilBecause,omitempty"`
	ReviewBy   string `json:"reviewBy,omitempty"`
	ReviewedAt string `json:"reviewedAt,omitempty"`
}

func (a accessOf) page() page {
	p := page{title: fmt.Sprintf("What %s has, HostingBackend %s", a.Person, a.Backend), facts: []fact{{"Person", a.Person}}, notes: a.Notes}
	if a.Owner {
		p.facts = append(p.facts, fact{"Owner", "may do everything, whatever is listed here"})
	}
	if a.State != "" {
		p.facts = append(p.facts, fact{"Profile", profiles[a.State]}, fact{"Second factor", factors[a.TwoFactor]})
	}
	if i := a.Invitation; i != nil {
		text := fmt.Sprintf("%s, mails: %d", i.State, i.Mails)
		if i.SentAt != "" {
			text += ", last at " + i.SentAt
		}
		if i.ExpiresAt != "" {
			text += ", link ends at " + i.ExpiresAt
		}
		p.facts = append(p.facts, fact{"Invitation", text})
	}
	permissions := grid{caption: "Permissions", empty: "They have nothing, and no grant names them.",
		columns: []column{{"Place", false}, {"Permissions", false}, {"Access", true}, {"Grants", false}, {"Until", true}}}
	for _, h := range a.Permissions {
		permissions.rows = append(permissions.rows, []string{h.Place, strings.Join(h.Permissions, ", "), h.Access, strings.Join(h.Grants, ","), ended(h.Until, h.Because)})
	}
	if len(a.Grants) > 0 {
		permissions.empty = "They have nothing."
	}
	grants := grid{caption: "Grants", columns: []column{{"Grant", false}, {"Names them as", false}, {"Gives", false}, {"Reason", false}, {"Since", true}, {"Until", true}, {"Review by", true}, {"Reviewed", false}}}
	for _, g := range a.Grants {
		grants.rows = append(grants.rows, []string{g.Grant, strings.Join(g.Via, ", "), g.Gives, g.Reason, g.Since, ended(g.Until, g.Because), g.ReviewBy, g.ReviewedAt})
	}
	if p.grids = []grid{permissions}; len(grants.rows) > 0 {
		p.grids = append(p.grids, grants)
	}
	return p
}

func ended(until, because string) string {
	if until == "" {
		return ""
	}
	return fmt.Sprintf("%s (%s)", until, because)
}

// profiles are the states of people in words.
var profiles = map[v1alpha1.PersonState]string{
	v1alpha1.PersonActive: "has one", v1alpha1.PersonInvited: "none yet", v1alpha1.PersonAbsent: "not in the provider's table",
}

var factors = map[v1alpha1.TwoFactorState]string{
	v1alpha1.TwoFactorNotRequired: "not required", v1alpha1.TwoFactorEnabled: "required, and set up", v1alpha1.TwoFactorMissing: "required, and missing",
	v1alpha1.TwoFactorUnknown: "required; whether it is set up is not known",
}

type accessOptions struct {
	questionOptions
	profile string
}

func newAccessCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := accessOptions{}
	command := &cobra.Command{
		Use:   "access EMAIL | --profile NAME",
		Short: "List everything that one person has, through which grants and until when",
		Long: `List everything that one person has, place by place, with the grants that give it, why and until when; and the
grants that name the person and give nothing now, with why not. With --profile no address is typed: name a Profile of the
backend's namespace, or NAMESPACE/NAME.

What the provider has is known from the AccessRecords of the cluster; or, without a cluster, from the provider itself
with --backend-url, or from a table file with --table (see "hostgrant table"). Then the manifests of -f say why.`,
		Example: `  hostgrant access ann@example.com -n hosting
  hostgrant access --profile ann -n hosting -o markdown
  hostgrant access --profile ann -f hosting/ --table table.yaml`,
		Args: takes("[EMAIL]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == (o.profile != "") {
				return errors.New("name one person: an EMAIL, or --profile")
			}
			return o.run(cmd.Context(), config, streams, append(args, "")[0])
		},
	}
	o.inventoryOptions.addFlags(command)
	o.outputOptions.addFlags(command, "table", answerFormats.names())
	command.Flags().StringVar(&o.profile, "profile", "", "the person's Profile, NAME or NAMESPACE/NAME, instead of the address")
	return command
}

func (o *accessOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, email string) error {
	if email != "" {
		if _, err := access.NormalizeAddress(email); err != nil {
			return fmt.Errorf("EMAIL: %w", err)
		}
	}
	return o.answer(ctx, config, streams, answerFormats, func(t teller) (answer, error) {
		p, err := o.person(t, email)
		if err != nil {
			return nil, err
		}
		return t.accessOf(p), nil
	})
}

// person is who is asked about; somebody of whom nothing is known has an address alone.
func (o *accessOptions) person(t teller, email string) (inventory.Person, error) {
	if email != "" {
		if p, ok := t.Person(email); ok {
			return p, nil
		}
		return inventory.Person{Address: email, Record: access.RecordName(t.Backend.Name, email)}, nil
	}
	key := types.NamespacedName{Namespace: t.Backend.Namespace, Name: o.profile}
	if namespace, name, both := strings.Cut(o.profile, "/"); both {
		key = types.NamespacedName{Namespace: namespace, Name: name}
	}
	if p, ok := t.OfProfile(key); ok {
		return p, nil
	}
	address, known := t.Profiles[key]
	if !known {
		return inventory.Person{}, fmt.Errorf("--profile %q: no grant on HostingBackend %s names it, and the Profile is not at hand", o.profile, t.Backend)
	}
	return inventory.Person{Address: address, Profiles: []types.NamespacedName{key}, Record: access.RecordName(t.Backend.Name, address)}, nil
}

// accessOf tells what somebody has.
func (t teller) accessOf(p inventory.Person) accessOf {
	a := accessOf{
		Backend: t.Backend.String(), AsOf: t.asOfTime(), Person: t.person(p), Owner: t.IsOwner(p), State: p.State, TwoFactor: p.TwoFactor,
		Permissions: t.holdings(p), Grants: []grantOf{}, Notes: slices.Clone(t.Notes),
	}
	if i := p.Invitation; i != nil {
		a.Invitation = &invitation{State: i.State, Mails: i.Ordinal, SentAt: date(i.SentAt), ExpiresAt: date(i.ExpiresAt)}
	}
	if p.Shortened {
		a.Notes = append(a.Notes, "the row holds more than the AccessRecord lists: ask the provider with --backend-url")
	}
	for _, g := range p.Grants {
		a.Grants = append(a.Grants, t.grantOf(g))
	}
	return a
}

// grantOf tells what a grant says of somebody.
func (t teller) grantOf(g inventory.Grant) grantOf {
	one := grantOf{
		Grant: g.String(), Via: g.Via, Gives: "yes", State: g.State, Unread: !g.Known, Reason: g.Reason, Since: date(&g.Since),
		ReviewBy: date(g.ReviewBy), ReviewedAt: g.ReviewedAt,
	}
	one.Until, one.Because = until(g.End)
	why := reasonOf(g)
	switch {
	case !g.Counts:
		one.Gives = "no: " + why
	case g.State == inventory.Failed:
		one.Gives = "not all: " + why
	case why != "":
		one.Gives = "not yet: " + why
	}
	return one
}

// reasonOf says why a grant gives nothing, or not all.
func reasonOf(g inventory.Grant) string {
	var parts []string
	told := g.Message == "" && len(g.Problems) > 0 && g.Why == string(g.Problems[0].Kind)
	if !told {
		parts = append(parts, strings.TrimSuffix(g.Why+": "+g.Message, ": "))
	}
	for _, problem := range g.Problems {
		parts = append(parts, fmt.Sprintf("%s: %s", problem.Kind, place(problem.Place.Scope, problem.Place.Name)))
	}
	return strings.Join(unique(parts), "; ")
}

// holdings tells what somebody has, and what grants name: what is alike at one place on one line.
func (t teller) holdings(p inventory.Person) []holding {
	list, at := []holding{}, map[string]int{}
	names := t.Names()
	for _, h := range p.Holdings {
		one := holding{
			Scope: h.Scope, Place: place(h.Scope, names.Of(h.Right)), Access: t.access(p, h), State: h.State, Declared: p.Declared(h), Grants: t.grants(p, h),
			ReviewBy: date(p.ReviewDue(h)), Leaving: string(h.Leaving), holding: h,
		}
		one.Until, one.Because = until(p.Until(h))
		key := fmt.Sprint(one.Place, "\x00", one.Access, "\x00", one.Grants)
		if _, known := at[key]; !known {
			at[key] = len(list)
			list = append(list, one)
		}
		list[at[key]].Permissions = append(list[at[key]].Permissions, permissionName(h.Right))
	}
	slices.SortStableFunc(list, func(a, b holding) int {
		return cmp.Or(cmp.Compare(scopes[a.Scope], scopes[b.Scope]), strings.Compare(a.Place, b.Place))
	})
	return list
}

// scopes in the order of the provider's form.
var scopes = map[hosting.Scope]int{hosting.ScopeOverall: 0, hosting.ScopeAccount: 1, hosting.ScopeServer: 2, hosting.ScopeFlag: 3}

// permissionName is a permission in the catalogue's words.
func permissionName(right hosting.Right) string {
	if right == hosting.TwoFactorRight {
		return "2FA required"
	}
	return right.Name
}
