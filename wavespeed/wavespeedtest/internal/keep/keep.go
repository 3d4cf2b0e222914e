// Package keep writes predictions and uploads to a directory as they change, so that another
// server can continue with them.
package keep

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// Keeper writes to a directory. A nil Keeper writes nothing. The caller guards it.
type Keeper struct {
	dir         string
	predictions *os.File
	failed      error // the first error
}

// Upload is a file that has arrived. All but its content is stored in a second file.
type Upload struct {
	ID          string    `json:"-"`
	Name        string    `json:"name"`
	ContentType string    `json:"content_type"`
	At          time.Time `json:"at"`
	Content     []byte    `json:"-"`
}

// Open prepares a directory. Rewrite must come before the first Prediction.
func Open(dir string) (*Keeper, error) {
	if err := os.MkdirAll(filepath.Join(dir, "uploads"), 0o750); err != nil {
		return nil, err
	}
	return &Keeper{dir: dir}, nil
}

func (k *Keeper) path() string { return filepath.Join(k.dir, "predictions.jsonl") }

// Prediction writes a prediction's current state as a line of JSON.
func (k *Keeper) Prediction(state any) {
	if k == nil || k.predictions == nil {
		return
	}
	_, err := k.predictions.Write(line(state))
	k.noticed(err)
}

func line(state any) []byte { return append(encode(state), '\n') }

func encode(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // every value is one of the simulator's own
	}
	return encoded
}

// Upload writes a file that has arrived.
func (k *Keeper) Upload(u Upload) {
	if k == nil {
		return
	}
	file := filepath.Join(k.dir, "uploads", u.ID)
	k.noticed(errors.Join(
		os.WriteFile(file, u.Content, 0o600),
		os.WriteFile(file+".json", encode(u), 0o600),
	))
}

// Forget removes all that was written.
func (k *Keeper) Forget() {
	if k == nil {
		return
	}
	uploads := filepath.Join(k.dir, "uploads")
	k.noticed(errors.Join(k.predictions.Truncate(0), os.RemoveAll(uploads), os.MkdirAll(uploads, 0o750)))
}

func (k *Keeper) noticed(err error) {
	if k.failed == nil {
		k.failed = err
	}
}

// Close returns the first error of all that was written.
func (k *Keeper) Close() error {
	if k == nil || k.predictions == nil {
		return nil
	}
	return errors.Join(k.failed, k.predictions.Close())
}

// Predictions returns the last line of each id, in the order of the first ones. It skips a line
// that a killed server has not finished.
func Predictions[State any](k *Keeper, id func(State) string) ([]State, error) {
	text, err := os.ReadFile(k.path())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var kept []State
	at := make(map[string]int)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		var state State
		if json.Unmarshal(lines.Bytes(), &state) != nil || id(state) == "" {
			continue
		}
		i, again := at[id(state)]
		if !again {
			i = len(kept)
			at[id(state)] = i
			kept = append(kept, state)
		}
		kept[i] = state
	}
	return kept, lines.Err()
}

// Rewrite leaves one line of each prediction, and continues writing after them.
func Rewrite[State any](k *Keeper, predictions []State) error {
	var text bytes.Buffer
	for _, state := range predictions {
		text.Write(line(state))
	}
	aside := k.path() + ".new"
	if err := os.WriteFile(aside, text.Bytes(), 0o600); err != nil {
		return err
	}
	if err := os.Rename(aside, k.path()); err != nil {
		return err
	}
	var err error
	k.predictions, err = os.OpenFile(k.path(), os.O_WRONLY|os.O_APPEND, 0)
	return err
}

// Uploads returns the files that have arrived, but those that a killed server has not finished.
func (k *Keeper) Uploads() ([]Upload, error) {
	files, err := filepath.Glob(filepath.Join(k.dir, "uploads", "*.json"))
	if err != nil {
		return nil, err
	}
	var uploads []Upload
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		named := file[:len(file)-len(".json")]
		kept := Upload{ID: filepath.Base(named)}
		kept.Content, err = os.ReadFile(named)
		if err != nil || json.Unmarshal(text, &kept) != nil {
			continue
		}
		uploads = append(uploads, kept)
	}
	return uploads, nil
}
