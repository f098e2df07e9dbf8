package testkit

import "testing"

func TestControlPlaneStarts(t *testing.T) {
	env, config, err := StartControlPlane(ControlPlane{CRDs: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if config.Host == "" {
		t.Error("no address to reach the API server at")
	}
}
