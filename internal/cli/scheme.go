package cli

import (
	"errors"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// addForOperators adds the kinds by which approve and doctor ask a cluster who we are, what we may, and how Hostgrant is
// installed.
func addForOperators(scheme *runtime.Scheme) error {
	return errors.Join(
		admissionv1.AddToScheme(scheme), authenticationv1.AddToScheme(scheme), authorizationv1.AddToScheme(scheme),
		coordinationv1.AddToScheme(scheme), apiextensionsv1.AddToScheme(scheme),
	)
}
