package config

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	// codecTimeout limits one call to the codec server.
	codecTimeout = 5 * time.Second

	// codecPatience is how long to retry an unavailable codec server if the caller sets no
	// limit.
	codecPatience = 5 * time.Second

	codecPause = 50 * time.Millisecond
)

// encode makes a client use the codec server, for errors and their details too. Without the
// failure converter, those would be stored in plain text.
func encode(options *client.Options, codec *envconfig.ClientConfigCodec) {
	namespace := options.Namespace
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: codec.Endpoint,
		Client:   http.Client{Timeout: codecTimeout, Transport: available{http.DefaultTransport}},
		ModifyRequest: func(r *http.Request) error {
			r.Header.Set("X-Namespace", namespace)
			if codec.Auth != "" {
				r.Header.Set("Authorization", codec.Auth)
			}
			return nil
		},
	})
	options.DataConverter = workflow.DataConverterWithoutDeadlockDetection(newPatient(context.Background(), remote, false))
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: true,
	})
}

// available turns responses that say nothing about the payload into errors.
type available struct{ http.RoundTripper }

func (a available) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.RoundTripper.RoundTrip(r)
	if err == nil && (response.StatusCode >= http.StatusInternalServerError || response.StatusCode == http.StatusTooManyRequests) {
		_ = response.Body.Close()
		return nil, fmt.Errorf("the codec server answers %s", response.Status)
	}
	return response, err
}

// patient is a data converter that waits for its codec server. A restarting server must not
// look like an undecodable payload, which would end a generation.
type patient struct {
	converter.DataConverter
	remote converter.PayloadCodec
	ctx    context.Context
	inFlow bool // in workflow code, where the workflow task is retried instead of waiting
}

func newPatient(ctx context.Context, remote converter.PayloadCodec, inFlow bool) *patient {
	p := &patient{remote: remote, ctx: ctx, inFlow: inFlow}
	p.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), p)
	return p
}

// WithContext limits the wait to the caller's context.
func (p *patient) WithContext(ctx context.Context) converter.DataConverter {
	return newPatient(ctx, p.remote, false)
}

// WithWorkflowContext is called by the SDK in workflow code.
func (p *patient) WithWorkflowContext(workflow.Context) converter.DataConverter {
	return newPatient(p.ctx, p.remote, true)
}

// Encode implements converter.PayloadCodec.
func (p *patient) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return p.try(p.remote.Encode, payloads)
}

// Decode implements converter.PayloadCodec.
func (p *patient) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return p.try(p.remote.Decode, payloads)
}

func (p *patient) try(call func([]*commonpb.Payload) ([]*commonpb.Payload, error), payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	ctx, cancel := context.WithTimeout(p.ctx, codecPatience)
	defer cancel()
	for {
		done, err := call(payloads)
		var unavailable *url.Error
		if !errors.As(err, &unavailable) {
			return done, err
		}
		select {
		case <-time.After(codecPause):
		case <-ctx.Done():
			if p.inFlow {
				panic(err)
			}
			return payloads, err
		}
	}
}
