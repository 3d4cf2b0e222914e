package wavespeedtest_test

import (
	"fmt"
	"log"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// WaveSpeedAI on this machine, with a client of it.
func Example() {
	provider, err := wavespeedtest.New(wavespeedtest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	client, err := wavespeed.New(wavespeed.Options{
		APIKey:  wavespeedtest.DefaultKey,
		BaseURL: provider.URL(),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
}

// A plugin that generates with the simulator.
func ExampleServer_URL() {
	provider, err := wavespeedtest.New(wavespeedtest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	plugin, err := worker.NewPlugin(worker.Options{APIKey: wavespeedtest.DefaultKey, BaseURL: provider.URL()})
	fmt.Println(plugin.Name(), err)
	// Output: wavespeed.Generations <nil>
}

// One webhook in fifty submits is lost, and so is the first one of a lighthouse.
func ExampleServer_Inject() {
	provider, err := wavespeedtest.New(wavespeedtest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	err = provider.Inject(
		wavespeedtest.Fault{Kind: wavespeedtest.AcceptedReset, Probability: 0.02},
		wavespeedtest.Fault{Kind: wavespeedtest.WebhookLost, Input: "lighthouse", Times: 1},
	)
	fmt.Println(err)
	// Output: <nil>
}

// A provider that shows little of what it was given, and whose account others use.
func ExampleServer_Behave() {
	provider, err := wavespeedtest.New(wavespeedtest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	provider.Behave(func(b *wavespeedtest.Behavior) {
		b.ListInputs, b.Rewrite = true, wavespeedtest.RewriteAll
		b.OthersPerMinute, b.OthersInputs = 60, wavespeedtest.InputsEqual
		b.ClockOffset = -90 * time.Second
	})
}
