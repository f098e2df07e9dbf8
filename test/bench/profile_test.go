package bench_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"k8s.io/client-go/kubernetes"
)

// profilesVariable is the folder that profiles go to, for 'go tool pprof'; none are taken where it is empty.
const profilesVariable = "BENCH_PROFILES"

// profiled is how many seconds are profiled from the start of a phase on, also where that ends before.
const profiled = 7

// profile does something and says how long that took. Profiles of the CPU are taken meanwhile, of the API server and of
// the manager once it runs, and then one of what the manager holds in memory.
func (b *bench) profile(phase string, do func()) time.Duration {
	GinkgoHelper()
	folder := os.Getenv(profilesVariable)
	if folder == "" {
		return timed(do)
	}
	Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
	file := filepath.Join(folder, strings.NewReplacer(" ", "-", ",", "").Replace(phase))
	var taking errgroup.Group
	taking.Go(func() error { return save(file+".kube-apiserver.cpu", b.ofAPIServer) })
	if b.manager != nil {
		taking.Go(func() error { return save(file+".manager.cpu", b.ofManager(fmt.Sprint("profile?seconds=", profiled))) })
	}
	took := timed(do)
	Expect(taking.Wait()).To(Succeed())
	if b.manager != nil {
		Expect(save(file+".manager.heap", b.ofManager("heap"))).To(Succeed())
	}
	return took
}

func timed(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}

func save(file string, read func() ([]byte, error)) error {
	body, err := read()
	if err != nil {
		return err
	}
	return os.WriteFile(file+".pprof", body, 0o600)
}

func (b *bench) ofAPIServer() ([]byte, error) {
	clientset, err := kubernetes.NewForConfig(cluster.Admin)
	if err != nil {
		return nil, err
	}
	return clientset.RESTClient().Get().AbsPath("/debug/pprof/profile").Param("seconds", fmt.Sprint(profiled)).DoRaw(b.ctx)
}

func (b *bench) ofManager(what string) func() ([]byte, error) {
	return func() ([]byte, error) {
		request, err := http.NewRequestWithContext(b.ctx, http.MethodGet, "http://"+b.pprof+"/debug/pprof/"+what, http.NoBody)
		if err != nil {
			return nil, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		if err = errors.Join(err, response.Body.Close()); err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("the manager answers %s", response.Status)
		}
		return body, err
	}
}
