package kubeapi

import (
	"context"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/storage/names"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// kind is a kind that is served with its Go type.
type kind struct {
	plural, singular string
	object, list     func() runtime.Object
}

func core() []kind {
	return []kind{
		{"secrets", "secret", func() runtime.Object { return &corev1.Secret{} }, func() runtime.Object { return &corev1.SecretList{} }},
		{"configmaps", "configmap", func() runtime.Object { return &corev1.ConfigMap{} }, func() runtime.Object { return &corev1.ConfigMapList{} }},
	}
}

func apps() []kind {
	return []kind{
		{"deployments", "deployment", func() runtime.Object { return &appsv1.Deployment{} }, func() runtime.Object { return &appsv1.DeploymentList{} }},
	}
}

// install serves kinds of a group. Their v1 types are also their internal version, so that nothing is converted.
func install(server *genericapiserver.GenericAPIServer, etcd options.EtcdOptions, group string, kinds []kind) error {
	types, v1 := runtime.NewScheme(), schema.GroupVersion{Group: group, Version: "v1"}
	for _, version := range []schema.GroupVersion{{Group: group, Version: runtime.APIVersionInternal}, v1} {
		for _, k := range kinds {
			types.AddKnownTypes(version, k.object(), k.list())
		}
	}
	metav1.AddToGroupVersion(types, v1)
	if group != "" {
		metav1.AddToGroupVersion(types, schema.GroupVersion{Version: "v1"}) // the options of requests
	}
	if err := types.SetVersionPriority(v1); err != nil {
		return err
	}
	types.AddUnversionedTypes(corev1.SchemeGroupVersion, &metav1.Status{}, &metav1.APIVersions{}, &metav1.APIGroupList{}, &metav1.APIGroup{}, &metav1.APIResourceList{})
	codecs := serializer.NewCodecFactory(types)
	etcd.StorageConfig.Codec = codecs.LegacyCodec(v1)
	getter := etcd.CreateRESTOptionsGetter(&options.SimpleStorageFactory{StorageConfig: etcd.StorageConfig}, nil)
	info := genericapiserver.NewDefaultAPIGroupInfo(group, types, runtime.NewParameterCodec(types), codecs)
	info.VersionedResourcesStorageMap["v1"] = map[string]rest.Storage{}
	for _, k := range kinds {
		s, err := newStore(types, getter, group, k)
		if err != nil {
			return err
		}
		info.VersionedResourcesStorageMap["v1"][k.plural] = s
	}
	if group == "" {
		return server.InstallLegacyAPIGroup(genericapiserver.DefaultLegacyAPIPrefix, &info)
	}
	return server.InstallAPIGroup(&info)
}

// store gives a store a name, by which the server distinguishes stores.
type store struct{ *registry.Store }

func newStore(types *runtime.Scheme, getter generic.RESTOptionsGetter, group string, k kind) (*store, error) {
	plain := strategy{types, names.SimpleNameGenerator}
	resource := schema.GroupResource{Group: group, Resource: k.plural}
	s := &registry.Store{
		NewFunc: k.object, NewListFunc: k.list,
		DefaultQualifiedResource:  resource,
		SingularQualifiedResource: schema.GroupResource{Group: group, Resource: k.singular},
		CreateStrategy:            plain, UpdateStrategy: plain, DeleteStrategy: plain,
		TableConvertor: rest.NewDefaultTableConvertor(resource),
	}
	return &store{s}, s.CompleteWithOptions(&generic.StoreOptions{RESTOptions: getter})
}

// strategy accepts every object unchanged.
type strategy struct {
	runtime.ObjectTyper
	names.NameGenerator
}

func (strategy) NamespaceScoped() bool                                            { return true }
func (strategy) PrepareForCreate(context.Context, runtime.Object)                 {}
func (strategy) PrepareForUpdate(context.Context, runtime.Object, runtime.Object) {}
func (strategy) Validate(context.Context, runtime.Object) field.ErrorList         { return nil }

func (strategy) ValidateUpdate(_ context.Context, _, _ runtime.Object) field.ErrorList { return nil }

func (strategy) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }

func (strategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}
func (strategy) AllowCreateOnUpdate(context.Context) bool      { return false }
func (strategy) AllowUnconditionalUpdate(context.Context) bool { return true }
func (strategy) Canonicalize(runtime.Object)                   {}

// withSchemas adds the schemas of the types of install: server-side apply needs them.
func withSchemas(next common.GetOpenAPIDefinitions) common.GetOpenAPIDefinitions {
	text, bytes := spec.MapProperty(spec.StringProperty()), spec.MapProperty(spec.StrFmtProperty("byte"))
	return func(ref common.ReferenceCallback) map[string]common.OpenAPIDefinition {
		definitions := next(ref)
		object := func(metadata string, more map[string]spec.Schema, needs ...string) common.OpenAPIDefinition {
			fields := map[string]spec.Schema{
				"kind": *spec.StringProperty(), "apiVersion": *spec.StringProperty(),
				"metadata": {SchemaProps: spec.SchemaProps{Default: map[string]any{}, Ref: ref(metadata)}},
			}
			maps.Copy(fields, more)
			return common.OpenAPIDefinition{
				Schema:       spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{"object"}, Properties: fields}},
				Dependencies: append(needs, metadata),
			}
		}
		add := func(single, list string, fields map[string]spec.Schema) {
			definitions[single] = object(metav1.ObjectMeta{}.OpenAPIModelName(), fields)
			items := *spec.ArrayProperty(&spec.Schema{SchemaProps: spec.SchemaProps{Ref: ref(single)}})
			definitions[list] = object(metav1.ListMeta{}.OpenAPIModelName(), map[string]spec.Schema{"items": items}, single)
		}
		add(corev1.Secret{}.OpenAPIModelName(), corev1.SecretList{}.OpenAPIModelName(),
			map[string]spec.Schema{"immutable": *spec.BooleanProperty(), "type": *spec.StringProperty(), "data": *bytes, "stringData": *text})
		add(corev1.ConfigMap{}.OpenAPIModelName(), corev1.ConfigMapList{}.OpenAPIModelName(),
			map[string]spec.Schema{"immutable": *spec.BooleanProperty(), "data": *text, "binaryData": *bytes})
		anything := spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{"object"}}}
		anything.AddExtension("x-kubernetes-preserve-unknown-fields", true)
		add(appsv1.Deployment{}.OpenAPIModelName(), appsv1.DeploymentList{}.OpenAPIModelName(),
			map[string]spec.Schema{"spec": anything, "status": anything})
		return definitions
	}
}
