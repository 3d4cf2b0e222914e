// Package wavespeedtest is WaveSpeedAI on this machine: an HTTP server that takes
// predictions, runs them through their life, calls webhooks with real signatures,
// keeps the balance, and serves small real files as outputs. It is for tests, for
// demonstrations, and, as cmd/wavespeed-simulator, for programs in other languages.
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
// [Server.Ledger] lists every submit that was accepted and billed, whatever the
// caller was told about it. It is the judge of whether something was paid twice.
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
// Probabilities come from [Options.Seed], so that a run's faults can be had again.
// [Server.Counts] tells how often each has happened.
//
// # Outputs
//
// Files are made when they are asked for: pictures that show their prompt (PNG, or
// JPEG where the input asks for it), clips (animated GIF: the one moving format that
// every browser shows and the standard library writes), sounds (WAV), meshes (GLB).
// What was made from another output looks like it, so that a pipeline's steps can be
// followed by eye.
//
// # Over HTTP
//
// Everything that Go code can do is available below /simulator/ as well: ledger,
// counts, faults, behavior, other people's predictions, rotation of secrets, ageing,
// reset. GET /simulator/ lists it, and GET / shows the latest predictions with their
// outputs.
//
// # What is true and what is a guess
//
// Shapes, texts and life cycles are those that the provider documents or was seen
// to use. Where its documentation is silent or contradicts itself, [Behavior] has a
// switch, whose zero value is the better supported reading. Inputs are checked as
// the published schemas say; media on other hosts are not fetched.
//
// # Virtual time
//
// With an [Options.Listener] in memory, such as one of net.Pipe, everything works in a
// bubble of testing/synctest: a video takes its minutes, and the test does not.
//
// # Doubt
//
// The provider shows little that tells one submit from another. Lists have no inputs,
// unknown fields are dropped, models may be listed under another name, and other people
// use the same account. [Behavior] makes this worse or better, [AcceptedLate],
// [ListLag], [ChargeLag] and [ChargesError] delay and hide it, and the ledger still
// knows the truth:
//
//	provider.Behave(func(b *wavespeedtest.Behavior) {
//		b.ListInputs, b.Rewrite = true, wavespeedtest.RewriteAll
//		b.OthersPerMinute, b.OthersInputs = 60, wavespeedtest.InputsEqual
//		b.ClockOffset = -90 * time.Second
//	})
package wavespeedtest
