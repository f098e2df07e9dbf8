package rest

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

const goodHolding = `{"id":7,"href":"/v1/my_permission/7/","owner":{"href":"/v1/customer/3/","email":"other@example.org"},` +
	`"require_2fa":true,"billing":true,"accounts":[{"account":{"href":"/v1/account/4/"},"permissions":["site","newer"]}],"servers":[]}`

// What the key's own profile holds is asked for as the key itself, whoever it acts for.
func TestHoldingsAreTheKeysOwn(t *testing.T) {
	p := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answering(http.StatusOK, "["+goodHolding+"]")(w, r)
	})
	w := p.writer(t, func(o *Options) { o.Customer = "owner@example.org" })
	list, err := w.Holdings(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	want := hosting.NewRights(
		hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}, hosting.TwoFactorRight,
		hosting.Right{Scope: hosting.ScopeAccount, ID: 4, Name: "Sites"}, hosting.Right{Scope: hosting.ScopeAccount, ID: 4, Name: "wire:newer"})
	if got := list[0]; got.ID != 7 || got.OwnerID != 3 || got.Owner != "other@example.org" || !got.Rights.Equal(want) {
		t.Errorf("%+v", got)
	}
	if err := w.DropHolding(t.Context(), 7); err != nil {
		t.Error(err)
	}
	got := p.requests()
	if len(got) != 2 || got[0].path != "/v1/my_permission/" || got[1].method != http.MethodDelete || got[1].path != "/v1/my_permission/7/" {
		t.Fatalf("%+v", got)
	}
	for _, request := range got {
		if request.header.Get("Authorization") != "Basic "+basic(testToken) {
			t.Errorf("%s as somebody else", request.method)
		}
	}
	if got[1].header.Get("alwaysdata-synchronous") != "yes" {
		t.Error("the answer does not wait for the effect")
	}
}

func TestHoldingsFailures(t *testing.T) {
	status := http.StatusNotFound
	p := newProvider(t, func(w http.ResponseWriter, r *http.Request) { answering(status, `{"detail":"x"}`)(w, r) })
	w := p.writer(t)
	if _, err := w.Holdings(t.Context()); hosting.ClassOf(err) != hosting.ClassUnsupported {
		t.Error("a provider without the resource", err)
	}
	if err := w.DropHolding(t.Context(), 7); err != nil {
		t.Error("gone is as good as dropped", err)
	}
	status = http.StatusForbidden
	if err := w.DropHolding(t.Context(), 7); hosting.ClassOf(err) != hosting.ClassForbidden {
		t.Error(err)
	}
	r, err := NewReader(p.options())
	if err != nil {
		t.Fatal(err)
	}
	if _, writes := r.(interface {
		DropHolding(context.Context, int64) error
	}); writes {
		t.Error("a reader can drop (I15)")
	}
}

func TestMalformedHoldings(t *testing.T) {
	for name, body := range map[string]string{
		"a permission":     strings.ReplaceAll(goodHolding, "my_permission", "permission"),
		"another id":       strings.Replace(goodHolding, `"id":7`, `"id":8`, 1),
		"no owner":         strings.Replace(goodHolding, `"owner"`, `"who"`, 1),
		"owner null":       strings.Replace(goodHolding, `{"href":"/v1/customer/3/","email":"other@example.org"}`, `null`, 1),
		"owner an address": strings.Replace(goodHolding, `{"href":"/v1/customer/3/","email":"other@example.org"}`, `"other@example.org"`, 1),
		"owner without id": strings.Replace(goodHolding, `/v1/customer/3/`, `/v1/customer/`, 1),
		"owner unnamed":    strings.Replace(goodHolding, `other@example.org`, ` `, 1),
		"no 2fa":           strings.Replace(goodHolding, `require_2fa`, `require`, 1),
		"no accounts":      strings.Replace(goodHolding, `"accounts"`, `"account"`, 1),
		"twice":            goodHolding + "," + goodHolding,
		"cut":              goodHolding[:40],
	} {
		p := newProvider(t, answering(http.StatusOK, "["+body+"]"))
		list, err := p.writer(t).Holdings(t.Context())
		if hosting.ClassOf(err) != hosting.ClassUnavailable || list != nil {
			t.Errorf("%s: %v, %v", name, list, err)
		}
		if err != nil && strings.Contains(err.Error(), "@") {
			t.Errorf("%s: an address in %v", name, err)
		}
	}
}
