package wavespeedtest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// getOutput serves a file, created on request. It requires no key, as at the provider.
func (s *Server) getOutput(w http.ResponseWriter, r *http.Request) {
	id, file := r.PathValue("id"), r.PathValue("file")
	n, err := strconv.Atoi(strings.TrimSuffix(file, path.Ext(file)))
	s.mu.Lock()
	p := s.predictions[id]
	found := p != nil && err == nil && n >= 1 && n <= p.count() && p.entry.Status == statusCompleted &&
		file == strconv.Itoa(n)+"."+p.extension()
	expired := found && s.expired(p.born)
	var faults map[Kind]Fault
	if found {
		faults = s.rules.decide(scopeOutput, subject{account: p.account.Name, model: p.model.ID, input: p.stored})
	}
	fault, gone := faults[OutputGone]
	if gone {
		s.tally.Faults[OutputGone]++
	}
	s.mu.Unlock()
	switch {
	case gone:
		http.Error(w, "AccessDenied", fault.status(http.StatusNotFound))
	case expired:
		http.Error(w, "AccessDenied", s.behavior.Load().ExpiredStatus)
	case !found:
		http.Error(w, "NoSuchKey", http.StatusNotFound)
	default:
		writeRaw(w, http.StatusOK, contentTypes[p.extension()], s.render(p, n))
	}
}

var contentTypes = map[string]string{
	"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "wav": "audio/wav", "glb": "model/gltf-binary",
}

// render makes the file of the n-th output. The caller must not hold the lock.
func (s *Server) render(p *prediction, n int) []byte {
	s.mu.Lock()
	sc := s.scene(p, n, depth)
	s.mu.Unlock()
	var file bytes.Buffer
	var err error
	switch p.extension() {
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

// clip is the scene in motion for a second and a half, without end.
func (sc scene) clip() *gif.GIF {
	const frames = 18
	if longest := max(sc.width, sc.height); longest > 512 {
		sc.width, sc.height = sc.width*512/longest, sc.height*512/longest
	}
	var clip gif.GIF
	for frame := range frames {
		clip.Image = append(clip.Image, sc.draw(float64(frame)/frames))
		clip.Delay = append(clip.Delay, 8)
	}
	clip.Config = image.Config{ColorModel: clip.Image[0].Palette, Width: sc.width, Height: sc.height}
	return &clip
}

// sound is two seconds of a melody that belongs to the scene.
func (sc scene) sound() []byte {
	const rate, notes, length = 16000, 8, 4000
	samples := make([]int16, 0, notes*length)
	scale := []float64{0, 2, 4, 7, 9, 12, 14, 16}
	for note := range notes {
		step := scale[sc.hue>>(note*3)%uint64(len(scale))]
		frequency := 220 * math.Pow(2, step/12)
		for i := range length {
			t := float64(i) / rate
			swell := math.Exp(-6*t) * math.Min(1, float64(i)/200)
			samples = append(samples, int16(9000*swell*math.Sin(2*math.Pi*frequency*t)))
		}
	}
	var file bytes.Buffer
	put := func(values ...any) {
		for _, value := range values {
			_ = binary.Write(&file, binary.LittleEndian, value) // a buffer takes everything
		}
	}
	size := uint32(2 * len(samples))
	put([]byte("RIFF"), 36+size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2*rate), uint16(2), uint16(16))
	put([]byte("data"), size, samples)
	return file.Bytes()
}

// mesh is a cube in the scene's color, as binary glTF.
func (sc scene) mesh() []byte {
	var positions []float32
	var indices []uint16
	for corner := range 8 {
		for axis := range 3 {
			positions = append(positions, float32(corner>>axis&1)-0.5)
		}
	}
	for _, face := range [6][4]uint16{{0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}} {
		indices = append(indices, face[0], face[1], face[2], face[0], face[2], face[3])
	}
	var data bytes.Buffer
	_ = binary.Write(&data, binary.LittleEndian, positions)
	_ = binary.Write(&data, binary.LittleEndian, indices)
	tint := hsv(float64(sc.hue%360)/360, 0.6, 0.9)
	document, _ := json.Marshal(map[string]any{
		"asset":  map[string]string{"version": "2.0", "generator": "wavespeed-simulator"},
		"scene":  0,
		"scenes": []any{map[string]any{"nodes": []int{0}, "name": sc.title}},
		"nodes":  []any{map[string]any{"mesh": 0}},
		"meshes": []any{map[string]any{"primitives": []any{
			map[string]any{"attributes": map[string]int{"POSITION": 0}, "indices": 1, "material": 0},
		}}},
		"materials": []any{map[string]any{"pbrMetallicRoughness": map[string]any{
			"baseColorFactor": []float64{float64(tint.R) / 255, float64(tint.G) / 255, float64(tint.B) / 255, 1},
		}}},
		"buffers": []any{map[string]int{"byteLength": data.Len()}},
		"bufferViews": []any{
			map[string]int{"buffer": 0, "byteOffset": 0, "byteLength": 4 * len(positions), "target": 34962},
			map[string]int{"buffer": 0, "byteOffset": 4 * len(positions), "byteLength": 2 * len(indices), "target": 34963},
		},
		"accessors": []any{
			map[string]any{
				"bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3",
				"min": []float64{-0.5, -0.5, -0.5}, "max": []float64{0.5, 0.5, 0.5},
			},
			map[string]any{"bufferView": 1, "componentType": 5123, "count": len(indices), "type": "SCALAR"},
		},
	})
	for len(document)%4 != 0 {
		document = append(document, ' ')
	}
	for data.Len()%4 != 0 {
		data.WriteByte(0)
	}
	var file bytes.Buffer
	for _, word := range []uint32{0x46546C67, 2, uint32(28 + len(document) + data.Len()), uint32(len(document)), 0x4E4F534A} {
		_ = binary.Write(&file, binary.LittleEndian, word)
	}
	file.Write(document)
	for _, word := range []uint32{uint32(data.Len()), 0x004E4942} {
		_ = binary.Write(&file, binary.LittleEndian, word)
	}
	file.Write(data.Bytes())
	return file.Bytes()
}
