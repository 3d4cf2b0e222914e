// Package stack runs the system for tests as in production: Temporal, the worker and the
// webhook handler as separate processes that can be killed, and WaveSpeedAI's simulator over
// real HTTP.
//
// Nothing here waits for a fixed time: everything waits for a condition.
package stack
