package wavespeedtest

import "slices"

// Kind is what goes wrong.
type Kind string

// Faults of a submit. Those named "accepted" happen after the prediction was
// accepted and billed; the others before.
const (
	// SubmitReset resets the connection; nothing is accepted.
	SubmitReset Kind = "submit-reset"

	// SubmitError answers Status (default 503) with Message; nothing is accepted. Any
	// status will do: 401, 402, 404, 307 with Value as its Location, 200 with Code as the
	// code of its envelope. With Value, the answer is that page of a gateway. All faults
	// that answer a Status know these details.
	SubmitError Kind = "submit-error"

	// SubmitStall answers nothing for Delay (default 30s), then resets the
	// connection; nothing is accepted.
	SubmitStall Kind = "submit-stall"

	// SubmitLimited answers 429, with Delay as Retry-After if it is given.
	SubmitLimited Kind = "submit-limited"

	// AcceptedLate resets the connection at once, and accepts the submit Delay (default
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

	// SyncTimeout ends a synchronous submit at once with code 5004.
	SyncTimeout Kind = "sync-timeout"

	// SyncTimeoutBare is SyncTimeout without urls in the answer.
	SyncTimeoutBare Kind = "sync-timeout-bare"

	// SyncGatewayTimeout ends a synchronous submit at once with HTTP 504.
	SyncGatewayTimeout Kind = "sync-gateway-timeout"
)

// Faults of a prediction's life.
const (
	// Fails lets it fail with Code (default 1405) and Message, straight from
	// created.
	Fails Kind = "fails"

	// FailsWithObject is Fails with an error that is an object.
	FailsWithObject Kind = "fails-with-object"

	// NeverEnds leaves it processing for ever.
	NeverEnds Kind = "never-ends"

	// EndsAs ends it with the status Value: cancelled (default), timeout, deleted
	// or anything else.
	EndsAs Kind = "ends-as"

	// UnknownStatus shows the status Value (default "paused") for Delay (default
	// 1s) before it ends.
	UnknownStatus Kind = "unknown-status"

	// Slow lets it take Delay (default 10s) longer.
	Slow Kind = "slow"

	// OutputsEmpty completes it with no outputs.
	OutputsEmpty Kind = "outputs-empty"

	// OutputsObject gives outputs as objects with a url.
	OutputsObject Kind = "outputs-object"

	// OutputsText gives Value (default a sentence) as the output.
	OutputsText Kind = "outputs-text"

	// OutputsBase64 gives the file itself, in base64.
	OutputsBase64 Kind = "outputs-base64"

	// NSFWNull and NSFWAbsent write has_nsfw_contents as null and not at all;
	// NSFWFlagged says true.
	NSFWNull    Kind = "nsfw-null"
	NSFWAbsent  Kind = "nsfw-absent"
	NSFWFlagged Kind = "nsfw-flagged"
)

// Faults of webhooks.
const (
	// WebhookEarly ends the prediction at once and sends its webhook before the
	// submit is answered.
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

	// WebhookContradicted sends another one after it that says the opposite.
	WebhookContradicted Kind = "webhook-contradicted"

	// WebhookProgress sends another one before it, with the status processing.
	WebhookProgress Kind = "webhook-progress"

	// WebhookGarbled sends another one before it, whose body is no JSON.
	WebhookGarbled Kind = "webhook-garbled"

	// WebhookForged sends another one before it, with false outputs and signed with
	// a wrong secret.
	WebhookForged Kind = "webhook-forged"

	// WebhookMisdirected sends another one, to the address of another prediction of
	// the account, if there is one.
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

	// ListLag leaves the prediction out of lists for Delay (default 30s).
	ListLag Kind = "list-lag"

	// ListError answers Status (default 503) to a request for a list.
	ListError Kind = "list-error"

	// ChargeLag leaves the prediction's charges out of the billing for Delay (default
	// 30s) after it was accepted.
	ChargeLag Kind = "charge-lag"

	// ChargesError answers Status (default 503) to a request for charges: 403 where
	// billing is forbidden, 404 where there is none.
	ChargesError Kind = "charges-error"

	// OutputGone answers Status (default 404) to a request for an output.
	OutputGone Kind = "output-gone"

	// Outage answers Status (default 503) to every request of the API.
	Outage Kind = "outage"
)

// A scope says for what a fault is decided: for each submit before it is accepted,
// for each accepted one, or for each request of another kind.
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
