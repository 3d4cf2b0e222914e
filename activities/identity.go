package activities

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// keysMark starts the part of a worker's identity that identifies its API keys. Temporal
// records which worker had an activity, so a search can learn which key a submit used even if
// the worker was killed before it could report.
const keysMark = "wavespeed-keys="

// maxTags limits an identity, for which Temporal allows 1,000 characters.
const maxTags = 100

// Identity returns the identity for a worker that runs these activities: its own identity,
// which must not be empty, plus a short digest of each account's API key. The digest doesn't
// reveal the key. With more than 100 accounts it adds nothing.
func (a *Activities) Identity(own string) string {
	var tags []string
	for _, name := range slices.Sorted(maps.Keys(a.accounts)) {
		if tag := a.accounts[name].tag(); tag != "" {
			tags = append(tags, tag)
		}
	}
	if len(tags) == 0 || len(tags) > maxTags || strings.Contains(own, keysMark) {
		return own
	}
	return own + " " + keysMark + strings.Join(tags, ",")
}

// tag is a short digest of the account's name and key; "" if the key is unknown.
func (a *account) tag() string {
	key := a.apiKey()
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(a.name + "\x00" + key))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// postedWith reports whether the worker with this identity had the account's current key.
func (a *account) postedWith(identity string) (same, known bool) {
	_, tags, known := strings.Cut(identity, keysMark)
	if !known || a.tag() == "" {
		return false, false
	}
	return slices.Contains(strings.Split(tags, ","), a.tag()), true
}

// anotherKey represents an unknown key that is not the current one.
const anotherKey = "another"

// learnPostedKey reads from the workflow's history which worker had the submit, if its response
// didn't name the key.
func (s *search) learnPostedKey(ctx context.Context) error {
	if s.in.KeyKnown || s.in.StartedEvent == 0 {
		return nil
	}
	identity, err := s.account.identities.of(ctx, s)
	if err != nil {
		return err
	}
	same, known := s.account.postedWith(identity)
	switch {
	case !known:
	case same:
		s.in.APIKeys, s.in.KeyKnown = []string{s.account.apiKey()}, true
	default:
		s.in.APIKeys, s.in.KeyKnown = []string{anotherKey}, true
	}
	return nil
}

// identities are the workers that had submits, by nonce. They can be cached, because a history
// does not change.
type identities struct {
	mu    sync.Mutex
	known map[string]string
}

const maxIdentities = 10_000

func (i *identities) of(ctx context.Context, s *search) (string, error) {
	i.mu.Lock()
	identity, known := i.known[s.in.Nonce]
	i.mu.Unlock()
	if known {
		return identity, nil
	}
	identity, err := startedBy(ctx, s)
	if err != nil {
		return "", err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known == nil || len(i.known) >= maxIdentities {
		i.known = make(map[string]string)
	}
	i.known[s.in.Nonce] = identity
	return identity, nil
}

// startedBy reads the history backwards, because a search starts soon after its submit.
func startedBy(ctx context.Context, s *search) (string, error) {
	c := s.client(ctx)
	request := &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: s.info.Namespace,
		Execution: &commonpb.WorkflowExecution{WorkflowId: s.info.WorkflowExecution.ID, RunId: s.info.WorkflowExecution.RunID},
	}
	for {
		page, err := c.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, request)
		if err != nil {
			return "", err
		}
		for _, event := range page.GetHistory().GetEvents() {
			if event.GetEventId() == s.in.StartedEvent {
				return event.GetActivityTaskStartedEventAttributes().GetIdentity(), nil
			}
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return "", nil // the history does not go back so far
		}
	}
}
