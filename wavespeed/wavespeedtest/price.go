package wavespeedtest

import (
	"math"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/inputs"
)

// dollars are stored in millionths, so that a balance adds up.
type dollars int64

func usd(amount float64) dollars { return dollars(math.Round(amount * 1e6)) }

func (d dollars) float() float64 { return float64(d) / 1e6 }

// discounted is what is charged of a price.
func (b *Behavior) discounted(m *model, full dollars) dollars {
	return dollars(math.Round(float64(full) * b.payable(m) / 100))
}

// payable is the percentage of a model's price that is charged.
func (b *Behavior) payable(m *model) float64 {
	if rate, ok := b.Discounts[m.ID]; ok {
		return rate
	}
	if rate, ok := b.Discounts["*"]; ok {
		return rate
	}
	return 100
}

// price returns the cost of a run with this input, by the rules on the model pages; a missing
// field counts as its default. Discounts apply in addition.
func (m *model) price(in inputs.Input) dollars {
	base := m.BasePrice
	switch m.ID {
	case "wavespeed-ai/flux-dev", "wavespeed-ai/flux-dev-ultra-fast":
		return usd(base * in.Number("num_images", 1))
	case "google/nano-banana-pro/text-to-image", "google/nano-banana-pro/edit":
		if in.Text("resolution") == "4k" {
			return usd(0.24)
		}
	case "alibaba/wan-2.6/text-to-video", "alibaba/wan-2.6/image-to-video":
		if strings.Contains(in.Text("size")+in.Text("resolution"), "1080") {
			base *= 1.5
		}
		return usd(base * in.Number("duration", 5) / 5)
	case "wavespeed-ai/wan-2.1/i2v-480p", "kwaivgi/kling-v2.1-i2v-standard", "kwaivgi/kling-v2.1-i2v-pro":
		return usd(base * in.Number("duration", 5) / 5)
	case "bytedance/seedance-v1.5-pro/text-to-video", "bytedance/seedance-v1.5-pro/image-to-video":
		return seedancePrice(in)
	case "wavespeed-ai/infinitetalk":
		if in.Text("resolution") == "720p" {
			return usd(2 * base)
		}
	case "wavespeed-ai/ultimate-video-upscaler":
		byResolution := map[string]float64{"720p": 0.10, "2k": 0.25, "4k": 0.40}
		if amount, ok := byResolution[in.Text("target_resolution")]; ok {
			return usd(amount)
		}
	case "wavespeed-ai/mmaudio-v2":
		return usd(base * in.Number("duration", 8))
	case "wavespeed-ai/dia-tts":
		return usd(base * math.Max(1, math.Ceil(float64(len([]rune(in.Text("prompt"))))/1000)))
	case "tripo3d/p2/image-to-3d":
		switch {
		case in["texture"] == false:
			return usd(1.20)
		case in.Text("texture_quality") == "extreme":
			return usd(1.56)
		}
	}
	return usd(base)
}

// seedancePrice is by second, resolution and sound.
func seedancePrice(in inputs.Input) dollars {
	perSecond := map[string]float64{"480p": 0.012, "": 0.026, "720p": 0.026, "1080p": 0.058}[in.Text("resolution")]
	if in["generate_audio"] != false {
		perSecond *= 2
	}
	seconds := in.Number("duration", 5)
	if seconds < 0 { // the model decides
		seconds = 5
	}
	return usd(perSecond * seconds)
}
