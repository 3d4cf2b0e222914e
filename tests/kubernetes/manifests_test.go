// Package kubernetes builds deploy/kubernetes as kubectl does, and holds the outcome to
// the types of the Kubernetes API: a field that they don't have is an error. It is a
// module of its own since those types are heavy.
package kubernetes

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

type objects struct {
	deployments map[string]appsv1.Deployment
	services    map[string]corev1.Service
	configs     map[string]corev1.ConfigMap
	policies    map[string]networkingv1.NetworkPolicy
	budgets     map[string]policyv1.PodDisruptionBudget
}

func build(t *testing.T) objects {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join("..", "..", "deploy", "kubernetes"))
	require.NoError(t, err)
	o := objects{map[string]appsv1.Deployment{}, map[string]corev1.Service{}, map[string]corev1.ConfigMap{}, map[string]networkingv1.NetworkPolicy{}, map[string]policyv1.PodDisruptionBudget{}}
	for _, resource := range built.Resources() {
		text, err := resource.AsYAML()
		require.NoError(t, err)
		switch resource.GetKind() {
		case "Deployment":
			decode(t, text, o.deployments)
		case "Service":
			decode(t, text, o.services)
		case "ConfigMap":
			decode(t, text, o.configs)
		case "NetworkPolicy":
			decode(t, text, o.policies)
		case "PodDisruptionBudget":
			decode(t, text, o.budgets)
		default:
			t.Errorf("%s is not looked at", resource.GetKind())
		}
	}
	return o
}

func decode[T any](t *testing.T, text []byte, into map[string]T) {
	t.Helper()
	var object T
	require.NoError(t, yaml.UnmarshalStrict(text, &object), "%s", text)
	var named struct{ Metadata struct{ Name string } }
	require.NoError(t, yaml.Unmarshal(text, &named))
	into[named.Metadata.Name] = object
}

func TestManifests(t *testing.T) {
	t.Parallel()
	o := build(t)
	require.Len(t, o.deployments, 2)
	require.Len(t, o.configs, 1)
	for name, d := range o.deployments {
		require.Equal(t, d.Spec.Selector.MatchLabels["app.kubernetes.io/name"], d.Spec.Template.Labels["app.kubernetes.io/name"], name)
		require.Contains(t, o.policies, name)
		require.Contains(t, o.budgets, name)
		pod := d.Spec.Template.Spec
		require.False(t, *pod.AutomountServiceAccountToken, name)
		require.True(t, *pod.SecurityContext.RunAsNonRoot, name)
		require.Greater(t, *pod.TerminationGracePeriodSeconds, int64(70), "%s: SHUTDOWN_TIMEOUT is 70 s", name)
		c := pod.Containers[0]
		require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, name)
		require.False(t, *c.SecurityContext.AllowPrivilegeEscalation, name)
		require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop, name)
		require.NotNil(t, c.ReadinessProbe, name)
		require.NotNil(t, c.LivenessProbe, name)
		require.Contains(t, o.configs, c.EnvFrom[0].ConfigMapRef.Name, "%s: the generated name", name)
	}
	service := o.services["wavespeed-webhook"]
	require.Equal(t, o.deployments["wavespeed-webhook"].Spec.Selector.MatchLabels["app.kubernetes.io/name"], service.Spec.Selector["app.kubernetes.io/name"])
}
