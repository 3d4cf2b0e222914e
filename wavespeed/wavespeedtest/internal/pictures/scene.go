// Package pictures makes small real files: pictures, clips, sounds and meshes. Equal scenes make
// equal files.
package pictures

import (
	"bytes"
	"hash/fnv"
	"image/gif"
	"image/jpeg"
	"image/png"
)

// Scene is what a file shows: texts on a background.
type Scene struct {
	Title         string
	Note          string // in smaller letters, at the foot
	Hue           uint64 // decides the background
	Width, Height int
}

// Hue returns one that belongs to the text.
func Hue(text string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(text))
	return hash.Sum64()
}

// File makes a file with this extension. Others than those of [ContentType] are pictures as PNG.
func (sc Scene) File(extension string) []byte {
	var file bytes.Buffer
	var err error
	switch extension {
	case "gif":
		err = gif.EncodeAll(&file, sc.clip())
	case "wav":
		file.Write(sc.sound())
	case "glb":
		file.Write(sc.mesh())
	case "jpeg":
		err = jpeg.Encode(&file, sc.draw(0), nil)
	default:
		err = png.Encode(&file, sc.draw(0))
	}
	if err != nil {
		panic(err) // every picture is one of this package's own
	}
	return file.Bytes()
}

var contentTypes = map[string]string{
	"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "wav": "audio/wav", "glb": "model/gltf-binary",
}

// ContentType is the media type of files with this extension.
func ContentType(extension string) string { return contentTypes[extension] }
