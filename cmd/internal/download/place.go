package download

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxTries is how many names are tried for one file.
const maxTries = 1000

// place renames a temporary file to stem and extension, or adds a number to the stem if another
// file has that name. A file with the same content counts as saved. another reports whether a
// stem belongs to another output.
func place(partial, dir, stem, extension string, another func(stem string) bool) (Saved, error) {
	wanted := filepath.Join(dir, stem+extension)
	for n := 1; n <= maxTries; n++ {
		name := stem
		if n > 1 {
			if name = fmt.Sprintf("%s-%d", stem, n); another(name) {
				continue
			}
		}
		saved := Saved{Path: filepath.Join(dir, name+extension)}
		if n > 1 {
			saved.Taken = wanted
		}
		err := claim(partial, saved.Path)
		if err == nil || !errors.Is(err, fs.ErrExist) {
			return saved, err
		}
		if sameContent(partial, saved.Path) {
			saved.Existing = true
			return saved, nil
		}
	}
	return Saved{}, fmt.Errorf("%s and %d names like it are taken", wanted, maxTries-1)
}

// claim renames a file to an unused name. It fails with fs.ErrExist if the name is taken, even
// if another process has just taken it.
func claim(partial, path string) error {
	err := os.Link(partial, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return claimByName(partial, path)
}

// claimByName is for file systems without hard links: an empty file claims the name first.
func claimByName(partial, path string) error {
	empty, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode) // #nosec G302 G304 -- in the user's directory; the umask decides who can read it
	if err != nil {
		return err
	}
	_ = empty.Close()
	if err := os.Rename(partial, path); err != nil {
		_ = os.Remove(path)
		return err
	}
	return nil
}

// sameContent reports whether two regular files have the same content. An unreadable file
// counts as different.
func sameContent(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Lstat(b)
	if errA != nil || errB != nil || !infoB.Mode().IsRegular() || infoA.Size() != infoB.Size() {
		return false
	}
	fileA, err := os.Open(a) // #nosec G304 -- ours
	if err != nil {
		return false
	}
	defer fileA.Close()
	fileB, err := os.Open(b) // #nosec G304 -- in the user's directory
	if err != nil {
		return false
	}
	defer fileB.Close()
	bufferA, bufferB := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(fileA, bufferA)
		m, errB := io.ReadFull(fileB, bufferB)
		if n != m || !bytes.Equal(bufferA[:n], bufferB[:m]) {
			return false
		}
		if errA != nil || errB != nil {
			return atEnd(errA) && atEnd(errB)
		}
	}
}

func atEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
