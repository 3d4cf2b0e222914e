// Package signaler connects webhooks to Temporal, in a server that only receives them. The
// plugin of package worker does it for a server that has one.
//
//	c, err := client.Dial(client.Options{
//		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{signaler.DialOption()}},
//	})
//	…
//	handler, err := signaler.NewHandler(c, webhook.Options{Accounts: accounts})
package signaler

import (
	"errors"
	"net/http"

	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// NewHandler returns the handler that receives the webhooks of the accounts and signals the
// workflows that wait for them. It checks the options; an error names the field.
//
// The address is the last part of the path, whatever precedes it and however many slashes a
// proxy has added: an address is valid by itself.
//
// The client must have the namespace and the data converter of the workflows' workers, and
// permission to signal, describe and start workflows.
func NewHandler(c client.Client, options webhook.Options) (http.Handler, error) {
	if c == nil {
		return nil, errors.New("webhook: the client: is missing")
	}
	keyring, err := receiver.NewKeyring(options.Accounts, wavespeed.Webhooks())
	if err != nil {
		return nil, err
	}
	handler, err := receiver.New(keyring, signaler.New(c), options)
	if err != nil {
		return nil, err
	}
	return handler, nil
}

// DialOption belongs in the client's ConnectionOptions. It lets Temporal's server drop a signal
// that it already has, so that a hundred copies of a delivery are one event and one billable
// action. It also rejects a delivery for another namespace, so that the provider sends it again
// and another handler may get it. Without the option, such a delivery counts as one for an
// unknown workflow. Correctness does not depend on either: workflows count a prediction's
// outcome once, and poll if no webhook arrives.
func DialOption() grpc.DialOption { return signaler.DialOption() }
