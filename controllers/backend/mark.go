package backend

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get

// Marks names installations in providers' tables.
type Marks struct {
	// Live reads past the cache.
	Live client.Reader

	mu      sync.Mutex
	cluster types.UID
}

// For is what a backend's rows are marked with: as the spec says, or a digest of the
// cluster's id (that of the kube-system namespace, by convention) and the backend's name. It
// is the same after the backend was deleted and created again, and another in a second
// cluster that has the same manifests.
func (m *Marks) For(ctx context.Context, backend *v1alpha1.HostingBackend) (string, error) {
	if mark := backend.Spec.OwnerMarker; mark != "" {
		return string(mark), nil
	}
	cluster, err := m.clusterID(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(string(cluster) + "/" + backend.Namespace + "/" + backend.Name))
	return hex.EncodeToString(sum[:8]), nil
}

func (m *Marks) clusterID(ctx context.Context) (types.UID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cluster == "" {
		namespace := &corev1.Namespace{}
		if err := m.Live.Get(ctx, types.NamespacedName{Name: metav1.NamespaceSystem}, namespace); err != nil {
			return "", fmt.Errorf("read the cluster's id: %w", err)
		}
		m.cluster = namespace.UID
	}
	return m.cluster, nil
}
