package catalogue

import (
	"math"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/inputs"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
)

// Price returns the cost of a run with this input, by the rules on the model pages; a missing
// field counts as its default. Discounts apply in addition.
func (m *Model) Price(in inputs.Input) money.Dollars {
	base := m.BasePrice
	switch m.ID {
	case "wavespeed-ai/flux-dev", "wavespeed-ai/flux-dev-ultra-fast":
		return money.USD(base * in.Number("num_images", 1))
	case "google/nano-banana-pro/text-to-image", "google/nano-banana-pro/edit":
		if in.Text("resolution") == "4k" {
			return money.USD(0.24)
		}
	case "alibaba/wan-2.6/text-to-video", "alibaba/wan-2.6/image-to-video":
		if strings.Contains(in.Text("size")+in.Text("resolution"), "1080") {
			base *= 1.5
		}
		return money.USD(base * in.Number("duration", 5) / 5)
	case "wavespeed-ai/wan-2.1/i2v-480p", "kwaivgi/kling-v2.1-i2v-standard", "kwaivgi/kling-v2.1-i2v-pro":
		return money.USD(base * in.Number("duration", 5) / 5)
	case "bytedance/seedance-v1.5-pro/text-to-video", "bytedance/seedance-v1.5-pro/image-to-video":
		return seedancePrice(in)
	case "wavespeed-ai/infinitetalk":
		if in.Text("resolution") == "720p" {
			return money.USD(2 * base)
		}
	case "wavespeed-ai/ultimate-video-upscaler":
		byResolution := map[string]float64{"720p": 0.10, "2k": 0.25, "4k": 0.40}
		if amount, ok := byResolution[in.Text("target_resolution")]; ok {
			return money.USD(amount)
		}
	case "wavespeed-ai/mmaudio-v2":
		return money.USD(base * in.Number("duration", 8))
	case "wavespeed-ai/dia-tts":
		return money.USD(base * math.Max(1, math.Ceil(float64(len([]rune(in.Text("prompt"))))/1000)))
	case "tripo3d/p2/image-to-3d":
		switch {
		case in["texture"] == false:
			return money.USD(1.20)
		case in.Text("texture_quality") == "extreme":
			return money.USD(1.56)
		}
	}
	return money.USD(base)
}

// seedancePrice is by second, resolution and sound.
func seedancePrice(in inputs.Input) money.Dollars {
	perSecond := map[string]float64{"480p": 0.012, "": 0.026, "720p": 0.026, "1080p": 0.058}[in.Text("resolution")]
	if in["generate_audio"] != false {
		perSecond *= 2
	}
	seconds := in.Number("duration", 5)
	if seconds < 0 { // the model decides
		seconds = 5
	}
	return money.USD(perSecond * seconds)
}
