//go:build race

package simulation

import "google.golang.org/protobuf/proto"

// own gives the caller a copy of what the frontend answered: the SDK writes payloads back
// to where it read them, and the frontend keeps what it answers.
func own(reply any) {
	message := reply.(proto.Message)
	mine := proto.Clone(message)
	proto.Reset(message)
	proto.Merge(message, mine)
}
