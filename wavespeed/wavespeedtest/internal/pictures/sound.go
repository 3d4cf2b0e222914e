package pictures

import (
	"bytes"
	"encoding/binary"
	"math"
)

// sound is two seconds of a melody that belongs to the scene.
func (sc Scene) sound() []byte {
	const rate, notes, length = 16000, 8, 4000
	samples := make([]int16, 0, notes*length)
	scale := []float64{0, 2, 4, 7, 9, 12, 14, 16}
	for note := range notes {
		step := scale[sc.Hue>>(note*3)%uint64(len(scale))]
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
