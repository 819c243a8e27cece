package kubeapi

import (
	"context"
	"slices"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/token/tokenfile"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// newAuthenticator authenticates the users of the tokens, and all others as system:anonymous, like OpenShift.
func newAuthenticator() authenticator.Request {
	tokens := tokenfile.New(map[string]*user.DefaultInfo{
		AdminToken:  {Name: "admin", Groups: []string{user.SystemPrivilegedGroup}},
		ReaderToken: {Name: "reader"},
		NobodyToken: {Name: "nobody"},
	})
	known := bearertoken.New(authenticator.WrapAudienceAgnosticToken(nil, tokens))
	return group.NewAuthenticatedGroupAdder(union.NewFailOnError(known, anonymous.NewAuthenticator(nil)))
}

// newAuthorizer allows everything to admin, what Readable says to reader, and discovery to every known user.
func newAuthorizer(readable Readable) authorizer.Authorizer {
	return authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		who := a.GetUser()
		reads := a.IsResourceRequest() && a.GetVerb() == "get" && who.GetName() == "reader" &&
			readable(a.GetAPIGroup(), a.GetResource(), a.GetNamespace())
		discovers := !a.IsResourceRequest() && a.GetVerb() == "get" && who.GetName() != user.Anonymous
		if slices.Contains(who.GetGroups(), user.SystemPrivilegedGroup) || reads || discovers {
			return authorizer.DecisionAllow, "", nil
		}
		return authorizer.DecisionNoOpinion, "", nil
	})
}
