package wavespeedtest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// AccessKey is an additional API key of an account.
type AccessKey struct {
	// Name identifies the key in charges and the ledger. Required.
	Name string

	// Key is the API key. Required.
	Key string

	// UUID identifies the key in charges. The default is derived from the names of the account
	// and the key.
	UUID string
}

// accessKey is a key that predictions are made with. The zero value represents the provider's
// website.
type accessKey struct {
	secret, name string
	uuid, id     string
	number       int
}

func newAccessKey(account string, k AccessKey) accessKey {
	sum := sha256.Sum256([]byte(account + "\x00" + k.Name))
	number := binary.BigEndian.Uint32(sum[16:]) >> 8
	key := accessKey{secret: k.Key, name: k.Name, uuid: k.UUID, number: int(number) + 1, id: fmt.Sprintf("%d_%d", number%100_000, binary.BigEndian.Uint64(sum[20:])>>4)}
	setDefault(&key.uuid, hex.EncodeToString(sum[:16]))
	return key
}

// allKeys returns the account's keys, including the first one.
func (a Account) allKeys() []AccessKey {
	return append([]AccessKey{{Name: a.Name, Key: a.Key, UUID: a.UUID}}, a.Keys...)
}

// caller is the sender of a request.
type caller struct {
	*account
	key accessKey
}

// keyOfOthers returns the access key that other people use. The caller holds the lock.
func (a *account) keyOfOthers(name string) accessKey {
	for _, key := range a.keys {
		if key.name == name {
			return key
		}
	}
	if name == KeyWeb {
		return accessKey{}
	}
	return newAccessKey(a.Name, AccessKey{Name: name})
}

// wire adds the key's identifiers to a charge.
func (k accessKey) wire(record, order map[string]any, form string) {
	order["ak_id"] = 0
	record["access_key_name"] = ""
	if form == "none" {
		return
	}
	record["access_key_name"] = k.name
	if form == "all" && k.uuid != "" {
		record["access_key_id"], record["access_key_uuid"], order["ak_id"] = k.id, k.uuid, k.number
	}
}
