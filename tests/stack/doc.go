// Package stack runs the system for tests as it runs in production: Temporal, the
// worker and the webhook handler as processes of their own that can be killed, and
// WaveSpeedAI's simulator behind real HTTP.
//
// Nothing here waits for a time to pass: everything waits for a condition.
package stack
