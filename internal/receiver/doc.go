// Package receiver is the handler of webhooks, and the keyring that seals and opens their
// addresses. Package webhook holds its options and describes what it does; package worker and
// package webhook/signaler make it.
//
// It uses Temporal only through a [Signaler], and does not import the SDK.
package receiver
