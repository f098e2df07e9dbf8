// Command envtest downloads the programs of a local Kubernetes control plane that controller-tools publishes for tests.
//
//	go run ./hack/envtest VERSION FOLDER PROGRAM…
//
// VERSION is a minor one, for instance 1.37: the newest patch of it is taken. Each PROGRAM, of etcd, kube-apiserver and
// kubectl, appears in FOLDER when it is whole. Where nobody answers, that is known after five seconds at most.
package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sigs.k8s.io/yaml"
)

// published is where the index of all releases is, as envtest itself has it.
const published = "https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml"

const (
	// answerTimeout is how long an answer may take to begin, indexTimeout the index in all, downloadTimeout the archive.
	answerTimeout, indexTimeout, downloadTimeout = 5 * time.Second, 15 * time.Second, 5 * time.Minute
	// maxIndex and maxArchive bound what is read, in bytes.
	maxIndex, maxArchive = 16 << 20, 512 << 20
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "envtest: say which version, into which folder, and which programs: go run ./hack/envtest 1.37 FOLDER etcd")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := download(ctx, published, os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "envtest:", err)
		os.Exit(1) //nolint:gocritic // what stop would do, the end does
	}
}

// archive is where one is, and its SHA-512 in hexadecimal.
type archive struct {
	Hash     string `json:"hash"`
	SelfLink string `json:"selfLink"`
}

// download puts the programs of the newest patch of a minor version into a folder.
func download(ctx context.Context, index, minor, folder string, programs []string) error {
	text, err := get(ctx, index, indexTimeout, maxIndex)
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	found, err := newest(text, minor, runtime.GOOS+"-"+runtime.GOARCH)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "envtest: downloading", found.SelfLink)
	body, err := get(ctx, found.SelfLink, downloadTimeout, maxArchive)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	if sum := sha512.Sum512(body); hex.EncodeToString(sum[:]) != strings.ToLower(found.Hash) {
		return fmt.Errorf("%s is not what the index says: its SHA-512 is %x", found.SelfLink, sum)
	}
	return unpack(body, folder, programs)
}

// newest is the archive of the newest patch of a minor version for a platform, as "linux-amd64".
func newest(index []byte, minor, platform string) (archive, error) {
	var known struct {
		Releases map[string]map[string]archive `json:"releases"`
	}
	if err := yaml.Unmarshal(index, &known); err != nil {
		return archive{}, fmt.Errorf("read the index: %w", err)
	}
	best, found := -1, archive{}
	for version, archives := range known.Releases {
		text, of := strings.CutPrefix(version, "v"+minor+".")
		patch, err := strconv.Atoi(text)
		one, there := archives["envtest-"+version+"-"+platform+".tar.gz"]
		if of && err == nil && there && patch > best {
			best, found = patch, one
		}
	}
	if best < 0 {
		return archive{}, fmt.Errorf("nothing is published of Kubernetes %s for %s", minor, platform)
	}
	return found, nil
}

func get(ctx context.Context, url string, timeout time.Duration, most int64) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: answerTimeout}).DialContext,
		TLSHandshakeTimeout: answerTimeout, ResponseHeaderTimeout: answerTimeout,
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, response.Status)
	}
	if body, err = io.ReadAll(io.LimitReader(response.Body, most+1)); err == nil && int64(len(body)) > most {
		return nil, fmt.Errorf("%s is larger than %d MiB", url, most>>20)
	}
	return body, err
}

// unpack puts the programs of an archive into a folder, each when it is whole.
func unpack(body []byte, folder string, programs []string) error {
	unzipped, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	missing, files := slices.Clone(programs), tar.NewReader(io.LimitReader(unzipped, 2*maxArchive))
	for len(missing) > 0 {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the archive lacks %s", strings.Join(missing, ", "))
		}
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		name := path.Base(header.Name)
		if at := slices.Index(missing, name); at >= 0 && header.Typeflag == tar.TypeReg {
			if err := place(files, filepath.Join(folder, name)); err != nil {
				return fmt.Errorf("unpack %s: %w", name, err)
			}
			missing = slices.Delete(missing, at, at+1)
		}
	}
	return nil
}

// place writes a program beside where it belongs, and moves it there.
func place(from io.Reader, program string) error {
	file, err := os.CreateTemp(filepath.Dir(program), ".program-")
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	err = errors.Join(err, file.Chmod(0o755), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), program)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
