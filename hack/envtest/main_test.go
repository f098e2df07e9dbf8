package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var programs = []string{"etcd", "kube-apiserver", "kubectl"}

// archiveOf is an archive of files with their own names in them.
func archiveOf(t *testing.T, names ...string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	zipped := gzip.NewWriter(&buffer)
	files := tar.NewWriter(zipped)
	for _, name := range names {
		if err := files.WriteHeader(&tar.Header{Name: "controller-tools/envtest/" + name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(name))}); err != nil {
			t.Fatal(err)
		}
		if _, err := files.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// publish serves an index of an older and a newer archive, and gives its address.
func publish(t *testing.T, newer []byte, hash string) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	platform := runtime.GOOS + "-" + runtime.GOARCH
	mux.HandleFunc("/index.yaml", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "releases:\n")
		for version, link := range map[string]string{"v1.37.2": "/older", "v1.37.10": "/newer", "v1.38.0": "/older", "v1.37.11-rc.1": "/older"} {
			fmt.Fprintf(w, "  %s:\n    envtest-%s-%s.tar.gz:\n      hash: %s\n      selfLink: %s%s\n", version, version, platform, hash, server.URL, link)
		}
	})
	mux.HandleFunc("/newer", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(newer) })
	return server.URL + "/index.yaml"
}

// The newest patch of a version is taken, if it is what the index says and whole.
func TestDownload(t *testing.T) {
	whole, part := archiveOf(t, "LICENSE", "etcd", "kube-apiserver", "kubectl"), archiveOf(t, "etcd", "kubectl")
	for what, c := range map[string]struct {
		archive       []byte
		hash, version string
		wrong         string
	}{
		"whole":           {whole, fmt.Sprintf("%x", sha512.Sum512(whole)), "1.37", ""},
		"another content": {whole, fmt.Sprintf("%x", sha512.Sum512(part)), "1.37", "is not what the index says"},
		"a part":          {part, fmt.Sprintf("%x", sha512.Sum512(part)), "1.37", "lacks kube-apiserver"},
		"another version": {whole, "00", "1.39", "nothing is published of Kubernetes 1.39"},
	} {
		folder := t.TempDir()
		err := download(t.Context(), publish(t, c.archive, c.hash), c.version, folder, programs)
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v", what, err)
		}
		for _, program := range programs {
			body, err := os.ReadFile(filepath.Join(folder, program))
			if c.wrong == "" && (err != nil || string(body) != program) {
				t.Errorf("%s: %s: %q, %v", what, program, body, err)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(folder, ".*")); len(left) > 0 {
			t.Errorf("%s: leaves %v", what, left)
		}
	}
}

// Where nobody answers, that is known soon.
func TestNobodyAnswers(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	began := time.Now()
	if err := download(t.Context(), silent.URL, "1.37", t.TempDir(), programs); err == nil || time.Since(began) > 2*answerTimeout {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}
