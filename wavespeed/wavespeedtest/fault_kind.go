package wavespeedtest

import "slices"

// Kind is what goes wrong.
type Kind string

// Faults of a submit. Those named "accepted" happen after the prediction was
// accepted and billed; the others before.
const (
	// SubmitReset resets the connection; nothing is accepted.
	SubmitReset Kind = "submit-reset"

	// SubmitError answers Status (default 503) with Message; nothing is accepted. Any status
	// works: 401, 402, 404, 307 with Value as its Location, 200 with Code as the code of its
	// envelope. With Value, the response is that page of a gateway. All faults that answer a
	// Status support these details.
	SubmitError Kind = "submit-error"

	// SubmitStall answers nothing for Delay (default 30s), then resets the
	// connection; nothing is accepted.
	SubmitStall Kind = "submit-stall"

	// SubmitLimited answers 429, with Delay as Retry-After if it is given.
	SubmitLimited Kind = "submit-limited"

	// AcceptedLate resets the connection immediately, and accepts the submit Delay (default
	// 30s) later.
	AcceptedLate Kind = "accepted-late"

	// AcceptedReset resets the connection instead of an answer.
	AcceptedReset Kind = "accepted-reset"

	// AcceptedError answers Status (default 502, 503 and 504 in turn).
	AcceptedError Kind = "accepted-error"

	// AcceptedStall answers nothing for Delay (default 30s), then resets the connection.
	AcceptedStall Kind = "accepted-stall"

	// AcceptedSlow answers after Delay (default 1s).
	AcceptedSlow Kind = "accepted-slow"

	// AcceptedGarbled answers 200 with half of the JSON.
	AcceptedGarbled Kind = "accepted-garbled"

	// AcceptedNameless answers 200 without the prediction's id.
	AcceptedNameless Kind = "accepted-nameless"

	// SyncTimeout ends a synchronous submit immediately with code 5004.
	SyncTimeout Kind = "sync-timeout"

	// SyncTimeoutBare is SyncTimeout without urls in the response.
	SyncTimeoutBare Kind = "sync-timeout-bare"

	// SyncGatewayTimeout ends a synchronous submit immediately with HTTP 504.
	SyncGatewayTimeout Kind = "sync-gateway-timeout"
)

// Faults of a prediction's life.
const (
	// Fails makes it fail with Code (default 1405) and Message, directly from created.
	Fails Kind = "fails"

	// FailsWithObject is Fails with an error that is an object.
	FailsWithObject Kind = "fails-with-object"

	// NeverEnds leaves it processing forever.
	NeverEnds Kind = "never-ends"

	// EndsAs ends it with the status Value: cancelled (default), timeout, deleted
	// or anything else.
	EndsAs Kind = "ends-as"

	// UnknownStatus shows the status Value (default "paused") for Delay (default
	// 1s) before it ends.
	UnknownStatus Kind = "unknown-status"

	// Slow makes it take Delay (default 10s) longer.
	Slow Kind = "slow"

	// OutputsEmpty completes it with no outputs.
	OutputsEmpty Kind = "outputs-empty"

	// OutputsObject gives outputs as objects with a url.
	OutputsObject Kind = "outputs-object"

	// OutputsText gives Value (default a sentence) as the output.
	OutputsText Kind = "outputs-text"

	// OutputsBase64 gives the file itself, in base64.
	OutputsBase64 Kind = "outputs-base64"

	// NSFWNull sets has_nsfw_contents to null, NSFWAbsent omits it, and NSFWFlagged sets it to
	// true.
	NSFWNull    Kind = "nsfw-null"
	NSFWAbsent  Kind = "nsfw-absent"
	NSFWFlagged Kind = "nsfw-flagged"
)

// Faults of webhooks.
const (
	// WebhookEarly ends the prediction immediately and sends its webhook before the submit is
	// answered.
	WebhookEarly Kind = "webhook-early"

	// WebhookLost never sends it.
	WebhookLost Kind = "webhook-lost"

	// WebhookDelayed sends it after Delay (default 5s), with the time of the sending.
	WebhookDelayed Kind = "webhook-delayed"

	// WebhookLate sends it after Delay (default 5s), with the time of the event.
	WebhookLate Kind = "webhook-late"

	// WebhookStale sends it with a timestamp that is Delay (default 10m) old.
	WebhookStale Kind = "webhook-stale"

	// WebhookReordered holds it back until another one has been sent, or for Delay
	// (default 2s).
	WebhookReordered Kind = "webhook-reordered"

	// WebhookDuplicated sends it Count (default 1) more times.
	WebhookDuplicated Kind = "webhook-duplicated"

	// WebhookContradicted then sends another one that says the opposite.
	WebhookContradicted Kind = "webhook-contradicted"

	// WebhookProgress first sends another one with the status processing.
	WebhookProgress Kind = "webhook-progress"

	// WebhookGarbled first sends another one whose body is not JSON.
	WebhookGarbled Kind = "webhook-garbled"

	// WebhookForged first sends another one with false outputs, signed with a wrong secret.
	WebhookForged Kind = "webhook-forged"

	// WebhookMisdirected also sends one to the address of another prediction of the account, if
	// there is one.
	WebhookMisdirected Kind = "webhook-misdirected"

	// SecretRotated replaces the account's secret before the webhook is signed.
	SecretRotated Kind = "secret-rotated"
)

// Faults of reading.
const (
	// ResultMissing answers 404 for Delay (default 10s) after the submit.
	ResultMissing Kind = "result-missing"

	// ResultError answers Status (default 503).
	ResultError Kind = "result-error"

	// ResultLimited answers 429, with Delay as Retry-After if it is given.
	ResultLimited Kind = "result-limited"

	// ResultReset resets the connection.
	ResultReset Kind = "result-reset"

	// ResultStall answers nothing for Delay (default 30s), then resets the connection.
	ResultStall Kind = "result-stall"

	// ResultGarbled answers 200 with half of the JSON.
	ResultGarbled Kind = "result-garbled"

	// ListLag omits the prediction from lists for Delay (default 30s).
	ListLag Kind = "list-lag"

	// ListError answers Status (default 503) to a request for a list.
	ListError Kind = "list-error"

	// ChargeLag omits the prediction's charges from the billing for Delay (default 30s) after
	// it was accepted.
	ChargeLag Kind = "charge-lag"

	// ChargesError answers Status (default 503) to a request for charges: 403 if billing is
	// forbidden, 404 if it doesn't exist.
	ChargesError Kind = "charges-error"

	// OutputGone answers Status (default 404) to a request for an output.
	OutputGone Kind = "output-gone"

	// Outage answers Status (default 503) to every request of the API.
	Outage Kind = "outage"
)

// A scope says what a fault is decided for: each submit before it is accepted, each accepted
// one, or each request of another kind.
type scope string

const (
	scopeSubmit   scope = "submit"
	scopeAccepted scope = "accepted"
	scopeResult   scope = "result"
	scopeList     scope = "list"
	scopeCharges  scope = "charges"
	scopeOutput   scope = "output"
	scopeAll      scope = "all"
)

var kindsByScope = map[scope][]Kind{
	scopeSubmit: {
		SubmitReset, SubmitError, SubmitStall, SubmitLimited, AcceptedLate,
	},
	scopeAccepted: {
		AcceptedReset, AcceptedError, AcceptedStall, AcceptedSlow, AcceptedGarbled, AcceptedNameless,
		SyncTimeout, SyncTimeoutBare, SyncGatewayTimeout,
		Fails, FailsWithObject, NeverEnds, EndsAs, UnknownStatus, Slow,
		OutputsEmpty, OutputsObject, OutputsText, OutputsBase64, NSFWNull, NSFWAbsent, NSFWFlagged,
		WebhookEarly, WebhookLost, WebhookDelayed, WebhookLate, WebhookStale, WebhookReordered, WebhookDuplicated,
		WebhookContradicted, WebhookProgress, WebhookGarbled, WebhookForged, WebhookMisdirected, SecretRotated,
		ResultMissing, ListLag, ChargeLag,
	},
	scopeResult:  {ResultError, ResultLimited, ResultReset, ResultStall, ResultGarbled},
	scopeList:    {ListError},
	scopeCharges: {ChargesError},
	scopeOutput:  {OutputGone},
	scopeAll:     {Outage},
}

var scopes = func() map[Kind]scope {
	byKind := map[Kind]scope{}
	for scope, kinds := range kindsByScope {
		for _, kind := range kinds {
			byKind[kind] = scope
		}
	}
	return byKind
}()

// Kinds lists every kind of fault.
func Kinds() []Kind {
	var all []Kind
	for _, scope := range []scope{scopeSubmit, scopeAccepted, scopeResult, scopeList, scopeCharges, scopeOutput, scopeAll} {
		all = append(all, kindsByScope[scope]...)
	}
	return slices.Clip(all)
}
