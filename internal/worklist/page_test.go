package worklist

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/table"
)

// TestThePageNeedsNothingElse: it loads and runs nothing, and shows what came from elsewhere as text.
func TestThePageNeedsNothingElse(t *testing.T) {
	l := listed(three())
	evil := `<script>alert(1)</script><img src=x onerror=y>`
	l.Items[0].Person, l.Decisions[0].Person, l.Notes = evil, evil, []string{evil + "\u202e"}
	l.Items[1].Form[0].Place, l.Items[1].Why[0].Grants = evil, evil
	l.Due = []Due{{What: evil, Event: Ends, On: now, People: []string{evil}}}
	l.Unconfirmed = []Unconfirmed{{Person: evil, Checked: []table.Grant{{Scope: hosting.ScopeAccount, Place: evil, Name: evil}}}}
	for _, language := range []table.Language{table.English, table.French} {
		page, err := l.HTML(In(language), now)
		if err != nil {
			t.Fatal(err)
		}
		tokens, shown := html.NewTokenizer(strings.NewReader(page)), 0
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			token := tokens.Token()
			if kind == html.TextToken {
				shown += strings.Count(token.Data, evil)
				continue
			}
			if slices.Contains([]string{"script", "img", "link", "iframe", "a", "form", "object"}, token.Data) {
				t.Errorf("the page has <%s>", token.Data)
			}
			for _, attribute := range token.Attr {
				if slices.Contains([]string{"src", "href", "onerror", "style"}, attribute.Key) {
					t.Errorf("the page has %s=%q", attribute.Key, attribute.Val)
				}
			}
		}
		if shown != 10 {
			t.Errorf("%d of 10 are shown as they are: %s", shown, page)
		}
		if strings.Contains(page, "\u202e") || strings.Contains(page, "http:") || strings.Contains(page, "https:") {
			t.Error(page)
		}
	}
	text, err := l.Markdown(In(table.English), now)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, "<!-- item")
		if strings.Count(line, evil) != strings.Count(line, "`"+evil+"`")+strings.Count(line, "for "+evil) && !strings.HasPrefix(line, "- `"+evil) {
			t.Error(line)
		}
	}
}

func TestJSONIsReadBack(t *testing.T) {
	l := listed(three())
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	again := List{}
	if err := json.Unmarshal(text, &again); err != nil || cmp.Diff(l, again) != "" {
		t.Error(err, cmp.Diff(l, again))
	}
}
