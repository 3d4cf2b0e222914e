// Package activities is the only code that calls WaveSpeedAI on behalf of a workflow.
//
//   - Submit sends the one POST that costs money, at most once per attempt. Only
//     errors that prove that nothing was accepted are tried again by the
//     activity's retry policy; whatever may have been accepted comes back to the
//     workflow as [generation.ErrorTypeSubmitUnknown].
//   - Find asks the witnesses what became of such a submit: this process's memory,
//     webhooks, the charges and the list of predictions, and what other workflows know.
//     Difference is doubt, not disproof; a submit is found or absent only by certain
//     knowledge. All searches of an account share one reading of the lists.
//   - Await asks for one prediction until it has ended. It is one activity whose
//     retries are the loop, so a history holds three events for it, however often
//     it asks.
//   - Check looks at a pipeline before anything of it is paid: models, inputs, prices,
//     the balance.
//   - Recall reads what an earlier run of a pipeline has made.
//
// Keys stay in the worker's memory: arguments and results name an account, never
// its key. The HTTP client retries nothing, so Temporal alone decides what is
// tried again and when.
package activities
