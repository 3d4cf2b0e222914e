package wavespeed_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func Example() {
	provider, err := wavespeedtest.New(wavespeedtest.Options{}) // in the place of WaveSpeedAI
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	client, err := wavespeed.New(wavespeed.Options{APIKey: wavespeedtest.DefaultKey, BaseURL: provider.URL()})
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	prediction, err := client.Submit(ctx, wavespeed.SubmitRequest{
		Model: "wavespeed-ai/flux-dev",
		Input: map[string]any{"prompt": "a lighthouse in a storm"},
	})
	for err == nil && !prediction.State.Terminal() {
		time.Sleep(10 * time.Millisecond)
		prediction, err = client.Result(ctx, prediction.ID)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(prediction.State, len(prediction.Outputs))
	// Output: completed 1
}

// A submit that got no answer may have been accepted, and is not to be repeated
// blindly.
func ExampleError_NotAccepted() {
	provider, err := wavespeedtest.New(wavespeedtest.Options{Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.SubmitLimited, Times: 1, Delay: 2 * time.Second},
		{Kind: wavespeedtest.AcceptedReset},
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	client, err := wavespeed.New(wavespeed.Options{APIKey: wavespeedtest.DefaultKey, BaseURL: provider.URL()})
	if err != nil {
		log.Fatal(err)
	}

	for range 2 {
		_, err = client.Submit(context.Background(), wavespeed.SubmitRequest{
			Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "a lighthouse in a storm"},
		})
		var failed *wavespeed.Error
		if errors.As(err, &failed) && failed.NotAccepted() {
			fmt.Println("refused: submit again after", failed.RetryAfter)
		} else if err != nil {
			fmt.Println("look for it first; the ledger has", len(provider.Ledger()))
		}
	}
	// Output:
	// refused: submit again after 2s
	// look for it first; the ledger has 1
}
