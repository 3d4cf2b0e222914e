package pictures

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
)

// mesh is a cube in the scene's color, as binary glTF.
func (sc Scene) mesh() []byte {
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
	tint := hsv(float64(sc.Hue%360)/360, 0.6, 0.9)
	document, _ := json.Marshal(map[string]any{
		"asset":  map[string]string{"version": "2.0", "generator": "wavespeed-simulator"},
		"scene":  0,
		"scenes": []any{map[string]any{"nodes": []int{0}, "name": sc.Title}},
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
