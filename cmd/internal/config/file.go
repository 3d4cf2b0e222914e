package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

const fileSuffix = "_FILE"

// maxFileBytes limits a file that holds a value. It guards against files such as /dev/zero.
const maxFileBytes = 64 << 10

// readFile returns a file's content without surrounding white space, and whether everybody may
// read the file.
func readFile(path string) (content string, open bool, err error) {
	file, err := os.Open(path) // #nosec G304 -- the user names the file
	if err != nil {
		return "", false, withoutPath(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", false, withoutPath(err)
	}
	bytes, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	content = strings.TrimSpace(string(bytes))
	switch {
	case err != nil:
		return "", false, withoutPath(err)
	case len(bytes) > maxFileBytes:
		return "", false, fmt.Errorf("the file has more than %d bytes", maxFileBytes)
	case len(list(content)) == 0:
		return "", false, errors.New("the file is empty")
	}
	return content, info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0, nil
}

// withoutPath removes the path from an error, because it may be a secret set by mistake.
func withoutPath(err error) error {
	var failure *fs.PathError
	if errors.As(err, &failure) {
		return fmt.Errorf("cannot read the file that it names: %w", failure.Err)
	}
	return err
}
