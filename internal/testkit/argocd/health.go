// Package argocd judges objects the way Argo CD does, by the health script that
// docs/gitops/argocd ships.
package argocd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

// Folder of what is shipped for Argo CD, from the root of the repository, and the script in it,
// in the layout of Argo CD's own resource customizations: "_" stands for every kind.
const (
	Folder = "docs/gitops/argocd"
	Script = "resource_customizations/hostgrant.io/_/health.lua"
)

// The statuses that the script gives.
const (
	Healthy     = "Healthy"
	Suspended   = "Suspended"
	Progressing = "Progressing"
	Degraded    = "Degraded"
)

// Health is what Argo CD shows of an object.
type Health struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

// most bounds a script. Argo CD allows a second; a busy machine that runs tests gets more.
const most = 10 * time.Second

// script is the one shipped, read once.
var script = sync.OnceValues(func() (string, error) {
	root, err := testkit.Root()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(root, Folder, Script))
	return string(text), err
})

// Of runs the script on an object, as Argo CD does by default: with Lua's basic functions and
// those on tables, and no other library.
func Of(ctx context.Context, object *unstructured.Unstructured) (Health, error) {
	text, err := script()
	if err != nil {
		return Health{}, fmt.Errorf("the health script: %w", err)
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return Health{}, fmt.Errorf("lua: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", valueOf(state, object.Object))
	if err := state.DoString(text); err != nil {
		return Health{}, fmt.Errorf("the health script: %w", err)
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return Health{}, errors.New("the health script returns no table")
	}
	health := Health{Status: lua.LVAsString(table.RawGetString("status")), Message: lua.LVAsString(table.RawGetString("message"))}
	switch health.Status {
	case Healthy, Suspended, Progressing, Degraded:
		return health, nil
	}
	return health, fmt.Errorf("the health script gives the status %q, which Argo CD does not take", health.Status)
}

// valueOf is a value of JSON in Lua.
func valueOf(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case string:
		return lua.LString(value)
	case float64:
		return lua.LNumber(value)
	case int64:
		return lua.LNumber(value)
	case []any:
		list := state.CreateTable(len(value), 0)
		for _, item := range value {
			list.Append(valueOf(state, item))
		}
		return list
	case map[string]any:
		table := state.CreateTable(0, len(value))
		for key, item := range value {
			table.RawSetString(key, valueOf(state, item))
		}
		return table
	}
	return lua.LNil
}
