package testkit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// endWithParent is a folder with etcd and kube-apiserver, as they are started by something that
// may be killed: they then end with it. Where the machine cannot do that (setpriv of
// util-linux is not there), it is the folder with the programs themselves.
func endWithParent(assets string) (string, error) {
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		return assets, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for scripts: %w", err)
	}
	digest := sha256.Sum256([]byte(assets + setpriv))
	folder := filepath.Join(cache, "hostgrant", "pdeathsig", hex.EncodeToString(digest[:8]))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make a folder for scripts: %w", err)
	}
	for _, program := range []string{"etcd", "kube-apiserver"} {
		script := fmt.Sprintf("#!/bin/sh\nexec %s --pdeathsig KILL '%s' \"$@\"\n", setpriv, filepath.Join(assets, program))
		if err := place(filepath.Join(folder, program), script); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// place writes a script, unless it is there: others may be running it.
func place(file, script string) error {
	if before, err := os.ReadFile(file); err == nil && string(before) == script {
		return nil
	}
	fresh, err := os.CreateTemp(filepath.Dir(file), ".script-")
	if err != nil {
		return fmt.Errorf("write a script: %w", err)
	}
	_, err = fresh.WriteString(script)
	if err := errors.Join(err, fresh.Chmod(0o700), fresh.Close(), os.Rename(fresh.Name(), file)); err != nil {
		return fmt.Errorf("write a script: %w", err)
	}
	return nil
}
