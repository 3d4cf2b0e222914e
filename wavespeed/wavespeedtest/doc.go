// Package wavespeedtest simulates WaveSpeedAI on this machine. It is an HTTP server that
// accepts predictions, runs them, calls webhooks with real signatures, keeps the balance, and
// serves small real files as outputs. It is for tests, for demonstrations, and, as
// cmd/wavespeed-simulator, for programs in other languages.
//
//	provider, err := wavespeedtest.New(wavespeedtest.Options{})
//	…
//	defer provider.Close()
//	client, err := wavespeed.New(wavespeed.Options{
//		APIKey:  wavespeedtest.DefaultKey,
//		BaseURL: provider.URL(),
//	})
//
// # The ledger
//
// [Server.Ledger] lists every submit that was accepted and billed, whatever the caller was told
// about it. Use it to check whether something was paid twice.
//
// # Faults
//
// A [Fault] is a rule: what goes wrong, for which predictions, how often.
//
//	err = provider.Inject(
//		wavespeedtest.Fault{Kind: wavespeedtest.AcceptedReset, Probability: 0.02},
//		wavespeedtest.Fault{Kind: wavespeedtest.WebhookLost, Input: "lighthouse", Times: 1},
//	)
//
// Probabilities come from [Options.Seed], so a run's faults are reproducible. [Server.Counts]
// reports how often each has happened.
//
// # Outputs
//
// Files are created on request: pictures that show their prompt (PNG, or JPEG if the input
// requests it), clips (animated GIF: the one video-like format that every browser shows and the
// standard library writes), sounds (WAV), meshes (GLB). An output made from another output
// looks like it, so you can see how a pipeline's steps follow each other.
//
// # Over HTTP
//
// Everything that Go code can do is available below /simulator/ too: ledger, counts, faults,
// behavior, other people's predictions, rotation of secrets, ageing, reset. GET /simulator/
// lists it, and GET / shows the latest predictions with their outputs.
//
// # What is true and what is a guess
//
// Shapes, texts and life cycles are those that the provider documents or was seen to use. If
// its documentation is silent or contradicts itself, [Behavior] has a switch, whose zero value
// is the better supported reading. Inputs are checked against the published schemas; media on
// other hosts are not fetched.
//
// # Virtual time
//
// With an in-memory [Options.Listener], such as one based on net.Pipe, everything works in a
// bubble of testing/synctest: a video takes minutes of virtual time, but no real time.
//
// # Doubt
//
// The provider returns little to distinguish one submit from another. Lists have no inputs,
// unknown fields are dropped, models may be listed under another name, and other people use the
// same account. [Behavior] makes this worse or better; [AcceptedLate], [ListLag], [ChargeLag]
// and [ChargesError] delay and hide data. The ledger always knows the truth:
//
//	provider.Behave(func(b *wavespeedtest.Behavior) {
//		b.ListInputs, b.Rewrite = true, wavespeedtest.RewriteAll
//		b.OthersPerMinute, b.OthersInputs = 60, wavespeedtest.InputsEqual
//		b.ClockOffset = -90 * time.Second
//	})
package wavespeedtest
