package wire

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
)

// KeeperState is all that a keeper knows. It is encoded when the keeper continues as new, and when
// it is asked.
type KeeperState struct {
	*quota.Keeper

	// Configured are the limits that workers have, and Set those that a person has set since;
	// nil for none.
	Configured *Limits `json:"configured,omitempty"`
	Set        *Limits `json:"set,omitempty"`

	// Since is when the worker was started that told Configured.
	Since time.Time `json:"since,omitzero"`
}

// keeperState is a KeeperState as it is.
type keeperState KeeperState

// packedState is a large one. Temporal takes at most 2 MiB.
type packedState struct {
	Packed []byte `json:"packed"` // gzip
}

// readable is how large a state is left as it is, for people who query it.
const readable = 100_000

// MarshalJSON compresses a large state.
func (s KeeperState) MarshalJSON() ([]byte, error) {
	plain, err := json.Marshal(keeperState(s))
	if err != nil || len(plain) <= readable {
		return plain, err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return json.Marshal(packedState{packed.Bytes()})
}

// UnmarshalJSON reads what MarshalJSON has written.
func (s *KeeperState) UnmarshalJSON(data []byte) error {
	var packed packedState
	if err := json.Unmarshal(data, &packed); err != nil {
		return err
	}
	if packed.Packed == nil {
		return json.Unmarshal(data, (*keeperState)(s))
	}
	r, err := gzip.NewReader(bytes.NewReader(packed.Packed))
	if err != nil {
		return err
	}
	return json.NewDecoder(r).Decode((*keeperState)(s))
}
