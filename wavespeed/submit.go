package wavespeed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// SubmitRequest describes a new prediction.
type SubmitRequest = provider.SubmitRequest

// Submit requests a prediction. It costs money as soon as the provider accepts it, so the
// request is sent at most once; see [Error.NotAccepted] for what to do if it fails. If the
// response names a prediction, Submit returns it whatever else the response says, because it
// exists.
func (c *Client) Submit(ctx context.Context, request SubmitRequest) (Prediction, error) {
	r := call{op: opSubmit, subject: request.Model, method: http.MethodPost, secrets: webhookSecrets(request.WebhookURL)}
	if err := validateModel(request.Model); err != nil {
		r.subject = ""
		return Prediction{}, c.invalid(r, err.Error())
	}
	input, err := encodeInput(request.Input)
	if err != nil {
		return Prediction{}, c.invalid(r, "input "+err.Error())
	}
	if err := c.checkWebhook(request.WebhookURL, input); err != nil {
		return Prediction{}, c.invalid(r, err.Error())
	}
	r.body, r.path = input, "/"+request.Model
	if request.WebhookURL != "" {
		r.path += "?webhook=" + url.QueryEscape(request.WebhookURL)
	}
	got, err := c.exchange(ctx, c.submits, r)
	if err != nil {
		return Prediction{}, err
	}
	if p, named := got.prediction(); named {
		return c.tidy(p), nil
	}
	if !got.ok() {
		return Prediction{}, c.failure(r, got)
	}
	return Prediction{}, c.unreadable(r, got, errNoPrediction)
}

// checkWebhook rejects what the provider would reject, before it costs a call.
func (c *Client) checkWebhook(address string, input json.RawMessage) error {
	if address == "" {
		return nil
	}
	if _, err := parseAddress(address, c.options.AllowHTTP); err != nil {
		return fmt.Errorf("webhook URL %w", err)
	}
	var switches object
	if json.Unmarshal(input, &switches) == nil && string(switches[switchBase64]) == "true" {
		return errors.New("input.enable_base64_output cannot be true with a webhook: the provider rejects that")
	}
	return nil
}

// encodeInput encodes a JSON object.
func encodeInput(input any) (json.RawMessage, error) {
	if input == nil {
		return json.RawMessage("{}"), nil
	}
	encoded, err := encode(input)
	if err != nil {
		return nil, fmt.Errorf("cannot be encoded as JSON: %T", input)
	}
	trimmed := bytes.TrimLeft(encoded, " \t\r\n")
	switch {
	case len(trimmed) == 0 || string(bytes.TrimSpace(trimmed)) == "null":
		return json.RawMessage("{}"), nil
	case trimmed[0] != '{':
		return nil, errors.New("must be a JSON object")
	case !json.Valid(encoded):
		return nil, errors.New("is not valid JSON")
	}
	return encoded, nil
}

// webhookSecrets are the parts of a webhook URL that must not be repeated, because anyone who
// knows them can call it.
func webhookSecrets(address string) []string {
	if address == "" {
		return nil
	}
	secrets := []string{address, url.QueryEscape(address)}
	if last := address[strings.LastIndex(address, "/")+1:]; len(last) >= 16 {
		secrets = append(secrets, last)
	}
	return secrets
}

// tidy removes the key from what the provider says about a prediction.
func (c *Client) tidy(p Prediction) Prediction {
	p.Failure.Reason = strings.ReplaceAll(p.Failure.Reason, c.options.APIKey, redacted)
	return p
}
