package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/manifest"
)

// whoCan is the answer to who may do something.
type whoCan struct {
	Backend    string       `json:"backend"`
	AsOf       *metav1.Time `json:"asOf,omitempty"`
	Permission string       `json:"permission"`
	// Place that was asked about: "account shop"; empty for all.
	Place string `json:"place,omitempty"`
	// Owner may do everything.
	Owner   string      `json:"owner"`
	Answers []whoAnswer `json:"answers"`
	Notes   []string    `json:"notes,omitempty"`
}

// whoAnswer is one way in which one person may do it, or is named for it.
type whoAnswer struct {
	Person string `json:"person"`
	// Access in words, and State in one.
	Access string          `json:"access"`
	State  inventory.State `json:"state"`
	// Scope of the permission that is asked for, and where the person may do it.
	Scope hosting.Scope `json:"scope"`
	Place string        `json:"place"`
	// Through another permission, or what else it is given by; empty for the permission itself.
	Through string `json:"through,omitempty"`
	// IfThere: the person may do it on the accounts that are located on a server, and which these are is not known.
	IfThere bool     `json:"ifThere,omitempty"`
	Grants  []string `json:"grants,omitempty"`
	Until   string   `json:"until,omitempty"`
	// Because is what ends it then.
	Because string `json:"untilBecause,omitempty"`
	// Leaving is why it is due to be taken away.
	Leaving string `json:"leaving,omitempty"`
}

func (w whoCan) page() page {
	g := grid{
		caption: "Who can do it", empty: "Nobody but the owner.",
		columns: []column{{"Person", false}, {"Access", true}, {"Place", false}, {"Through", false}, {"Grants", false}, {"Until", true}},
		rows:    [][]string{{w.Owner, "yes", "everywhere", "owner of the hosting", "", ""}},
	}
	for _, a := range w.Answers {
		g.rows = append(g.rows, []string{a.Person, a.Access, a.Place, a.Through, strings.Join(a.Grants, ","), a.Until})
	}
	title := "Who can " + w.Permission
	if w.Place != "" {
		title += ", " + w.Place
	}
	return page{title: title + ", HostingBackend " + w.Backend, grids: []grid{g}, notes: w.Notes}
}

type whoCanOptions struct {
	questionOptions
	account, server string
}

func newWhoCanCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := whoCanOptions{}
	command := &cobra.Command{
		Use:   "who-can PERMISSION",
		Short: "List who may do something, through which grants and until when",
		Long: `List who may do something: also through another permission, and also those who may not do it yet or any
more, with why. PERMISSION is a name of manifests ("EmailHistory") or a label of the provider's form ("History of sent
emails"). Without --account and --server, all places are listed.

What the provider has is known from the AccessRecords of the cluster; or, without a cluster, from the provider itself
with --backend-url, or from a table file with --table (see "hostgrant table"). Then the manifests of -f say why.`,
		Example: `  hostgrant who-can Sites --account shop -n hosting
  hostgrant who-can "SSH users" --server web1 -n hosting -o json
  HOSTGRANT_TOKEN=... hostgrant who-can Billing -f hosting/ --backend-url https://api.example.com/v1/
  hostgrant who-can Sites -f hosting/ --table table.yaml`,
		Args: takes("PERMISSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"account", "server"} {
				if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "" {
					return fmt.Errorf("--%s: the name is empty; leave the flag out for all", name)
				}
			}
			if err := either(cmd, "account", "server"); err != nil {
				return err
			}
			return o.run(cmd.Context(), config, streams, args[0])
		},
	}
	command.ValidArgsFunction = cobra.FixedCompletions(permissionNames(), cobra.ShellCompDirectiveNoFileComp)
	o.inventoryOptions.addFlags(command)
	o.outputOptions.addFlags(command, "table", answerFormats.names())
	command.Flags().StringVar(&o.account, "account", "", "only on this account")
	command.Flags().StringVar(&o.server, "server", "", "only on this server")
	return command
}

// permissionNames are those that can be asked about, each once.
func permissionNames() (names []string) {
	for _, p := range hosting.Catalogue() {
		if p.Scope != hosting.ScopeFlag && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

func (o *whoCanOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, word string) error {
	permissions, err := o.permissions(word)
	if err != nil {
		return err
	}
	return o.answer(ctx, config, streams, answerFormats, func(t teller) (answer, error) { return o.whoCan(t, permissions) })
}

// permissions that a word names, one in each scope at most.
func (o *whoCanOptions) permissions(word string) (fit []hosting.Permission, err error) {
	var words []string
	var scopes []hosting.Scope
	for _, p := range hosting.Catalogue() {
		if p.Scope == hosting.ScopeFlag {
			continue
		}
		words = append(words, p.Name, p.LabelEN, p.LabelFR)
		if !strings.EqualFold(word, p.Name) && !strings.EqualFold(word, p.LabelEN) && !strings.EqualFold(word, p.LabelFR) {
			continue
		}
		scopes = append(scopes, p.Scope)
		if scope, _ := o.asked(); scope == "" || scope == p.Scope {
			fit = append(fit, p)
		}
	}
	switch scope, name := o.asked(); {
	case len(fit) > 0:
		return fit, nil
	case len(scopes) > 0:
		return nil, fmt.Errorf("--%s %s: %s is no permission on %ss (it is %s): leave --%[1]s out", strings.ToLower(string(scope)), name, word, strings.ToLower(string(scope)), scopesInWords(scopes))
	}
	if closest := manifest.Closest(word, words); closest != "" {
		return nil, fmt.Errorf("PERMISSION %q: there is none of this name: did you mean %q?", word, closest)
	}
	return nil, fmt.Errorf("PERMISSION %q: there is none of this name; `kubectl explain permissiongrant.spec` lists them", word)
}

func scopesInWords(scopes []hosting.Scope) string {
	words := map[hosting.Scope]string{hosting.ScopeOverall: "an overall one", hosting.ScopeAccount: "one per account", hosting.ScopeServer: "one per server"}
	list := make([]string, 0, len(scopes))
	for _, scope := range scopes {
		list = append(list, words[scope])
	}
	return strings.Join(list, " and ")
}

// asked is the place that is asked about; empty for all.
func (o *whoCanOptions) asked() (hosting.Scope, string) {
	switch {
	case o.account != "":
		return hosting.ScopeAccount, o.account
	case o.server != "":
		return hosting.ScopeServer, o.server
	}
	return "", ""
}

func (o *whoCanOptions) whoCan(t teller, permissions []hosting.Permission) (whoCan, error) {
	scope, name := o.asked()
	w := whoCan{Backend: t.Backend.String(), AsOf: t.asOfTime(), Permission: permissions[0].Name, Owner: t.owner(), Notes: slices.Clone(t.Notes), Answers: []whoAnswer{}}
	if name != "" {
		w.Place = place(scope, name)
	}
	for _, permission := range permissions {
		answers, seen, err := t.WhoCan(inventory.Question{Permission: permission, Place: name})
		switch {
		case err != nil:
			return w, err
		case !seen && t.Complete:
			return w, t.noPlace(scope, name)
		case !seen:
			w.Notes = append(w.Notes, fmt.Sprintf("no record knows %s: whether the provider has it is not known here", w.Place))
		}
		for _, a := range answers {
			w.Answers = append(w.Answers, t.who(permission, a))
		}
	}
	return w, nil
}

// noPlace says that the provider has no place of a name.
func (t teller) noPlace(scope hosting.Scope, name string) error {
	kind, names := strings.ToLower(string(scope)), []string{}
	for key := range t.Places {
		if key.Scope == scope {
			names = append(names, key.Name)
		}
	}
	if closest := manifest.Closest(name, names); closest != "" {
		return fmt.Errorf("%s %q: the provider has none of this name: did you mean %q?", kind, name, closest)
	}
	return fmt.Errorf("%s %q: the provider has none of this name", kind, name)
}

// who tells one answer.
func (t teller) who(asked hosting.Permission, a inventory.Answer) whoAnswer {
	h := *a.Holding
	one := whoAnswer{
		Person: t.person(*a.Person), Access: t.access(*a.Person, h), State: h.State, Scope: asked.Scope, Place: place(asked.Scope, a.Place),
		Grants: t.grants(*a.Person, h), Leaving: string(h.Leaving), IfThere: a.Maybe,
	}
	one.Until, one.Because = until(a.Person.Until(h))
	all := "all " + strings.ToLower(string(asked.Scope)) + "s"
	switch {
	case a.Everywhere:
		one.Through, one.Access = all, "not known"
	case a.Maybe && a.Place == "":
		one.Place, one.Through = "accounts of all servers", a.Through.Name
	case a.Maybe:
		one.Place, one.Through = "accounts of server "+a.Place, a.Through.Name+" on server "+a.Place
	case a.Through.Name != "":
		one.Place, one.Through = all, a.Through.Name
	}
	if a.Maybe {
		one.Access += ", if the account is there"
	}
	return one
}

// asOfTime is when the table was read; nil where that is not known.
func (t teller) asOfTime() *metav1.Time {
	if t.AsOf.IsZero() {
		return nil
	}
	return &t.AsOf
}
