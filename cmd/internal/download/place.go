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

// place gives a file that was written aside its name: stem and extension, or with a number
// after the stem where that is taken by another file. A file of the same content counts as
// saved. another tells whether a stem is that of another output.
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

// claim gives a file a name that nothing has. It fails with fs.ErrExist otherwise, also if
// another process is faster.
func claim(partial, path string) error {
	err := os.Link(partial, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return claimByName(partial, path)
}

// claimByName is for file systems without hard links: an empty file takes the name first.
func claimByName(partial, path string) error {
	empty, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode) // #nosec G302 G304 -- in the user's directory, under a name of ours, for whom their umask lets read it
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

// sameContent tells whether two regular files hold the same. What can't be read differs.
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
