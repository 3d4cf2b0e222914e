package pictures

import (
	"image"
	"image/gif"
)

// clip is the scene in motion for a second and a half, without end.
func (sc Scene) clip() *gif.GIF {
	const frames = 18
	if longest := max(sc.Width, sc.Height); longest > 512 {
		sc.Width, sc.Height = sc.Width*512/longest, sc.Height*512/longest
	}
	var clip gif.GIF
	for frame := range frames {
		clip.Image = append(clip.Image, sc.draw(float64(frame)/frames))
		clip.Delay = append(clip.Delay, 8)
	}
	clip.Config = image.Config{ColorModel: clip.Image[0].Palette, Width: sc.Width, Height: sc.Height}
	return &clip
}
