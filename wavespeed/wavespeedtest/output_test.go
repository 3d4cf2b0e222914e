package wavespeedtest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// output makes a prediction and reads its first file.
func (p *provider) output(model string, input map[string]any) (url, contentType string, content []byte) {
	p.t.Helper()
	done := p.ended(p.submit(model, input))
	require.Equal(p.t, "completed", done["status"], done["error"])
	url = done["outputs"].([]any)[0].(string)
	status, contentType, content := get(p.t, url)
	require.Equal(p.t, http.StatusOK, status)
	return url, contentType, content
}

func picture(t *testing.T, content []byte) *image.Paletted {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(content))
	require.NoError(t, err)
	return decoded.(*image.Paletted)
}

// lightest is the letters' color in the palette.
const lightest = 255

// letters counts the dots of a picture's text.
func letters(picture *image.Paletted) (count int) {
	for _, color := range picture.Pix {
		if color == lightest {
			count++
		}
	}
	return count
}

func TestPicturesShowTheirPrompt(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	_, contentType, content := p.output(fluxDev, map[string]any{"prompt": "a lighthouse in a storm", "size": "1024*576"})
	require.Equal(t, "image/png", contentType)
	shown := picture(t, content)
	require.Equal(t, image.Rect(0, 0, 512, 288), shown.Rect)
	require.Greater(t, letters(shown), 500)

	_, _, again := p.output(fluxDev, map[string]any{"prompt": "a lighthouse in a storm", "size": "1024*576"})
	require.Equal(t, content, again, "the same prompt gives the same picture")
	_, _, other := p.output(fluxDev, map[string]any{"prompt": "a lighthouse in the sun", "size": "1024*576"})
	require.NotEqual(t, content, other)
	_, _, accented := p.output(fluxDev, map[string]any{"prompt": "café"})
	_, _, plain := p.output(fluxDev, map[string]any{"prompt": "cafe"})
	require.Equal(t, letters(picture(t, plain)), letters(picture(t, accented)))
}

func TestPicturesOfEveryShapeAndTextOpen(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	long := bytes.Repeat([]byte("donaudampfschifffahrtsgesellschaft "), 60)
	for _, input := range []map[string]any{
		{"prompt": ""}, {"prompt": string(long)}, {"prompt": string(bytes.ReplaceAll(long, []byte(" "), nil))}, {"prompt": "日本語 \x00 \t\n🙂"},
		{"prompt": "x", "size": "1*4000"}, {"prompt": "x", "size": "4000*1"}, {"prompt": "x", "size": "nonsense"}, {"prompt": "x", "size": "0*0"},
		{"prompt": "x", "size": "99999999999*1"},
	} {
		_, _, content := p.output(fluxDev, input)
		picture(t, content)
	}
}

func TestJPEGIsGivenWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	url, contentType, content := p.output(fluxDev, map[string]any{"prompt": "x", "output_format": "jpeg"})
	require.Equal(t, "image/jpeg", contentType)
	require.Regexp(t, `/1\.jpeg$`, url)
	_, err := jpeg.Decode(bytes.NewReader(content))
	require.NoError(t, err)
}

func TestEveryStepOfAPipelineLooksLikeTheOneBefore(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	still, _, content := p.output(fluxDev, map[string]any{"prompt": "a lighthouse in a storm"})
	first := picture(t, content)

	_, _, content = p.output("wavespeed-ai/image-upscaler", map[string]any{"image": still})
	larger := picture(t, content)
	require.Equal(t, first.Rect.Dx()*2, larger.Rect.Dx())
	require.Equal(t, first.Palette, larger.Palette)

	clip, contentType, content := p.output("wavespeed-ai/wan-2.1/i2v-480p", map[string]any{"image": still, "prompt": "the waves rise"})
	require.Equal(t, "image/gif", contentType)
	moving, err := gif.DecodeAll(bytes.NewReader(content))
	require.NoError(t, err)
	require.Greater(t, len(moving.Image), 10)
	require.Equal(t, 0, moving.LoopCount, "without end")
	require.NotEqual(t, moving.Image[0].Pix, moving.Image[5].Pix)
	for i, color := range moving.Image[0].Palette {
		require.Equal(t, rgba(first.Palette[i]), rgba(color))
	}

	_, _, content = p.output("wavespeed-ai/ultimate-video-upscaler", map[string]any{"video": clip})
	_, err = gif.DecodeAll(bytes.NewReader(content))
	require.NoError(t, err)
	_, _, content = p.output("google/nano-banana-pro/edit", map[string]any{"images": []string{still}, "prompt": "at night"})
	require.Equal(t, first.Palette, picture(t, content).Palette)
	_, _, content = p.output("bytedance/seededit-v3", map[string]any{"image": "https://elsewhere.example/cat.png", "prompt": "a dog"})
	require.Greater(t, letters(picture(t, content)), 50)
	_, _, content = p.output("bytedance/seededit-v3", map[string]any{"image": "data:image/png;base64,AAAA", "prompt": "a dog"})
	require.Greater(t, letters(picture(t, content)), 50)
}

func rgba(c interface{ RGBA() (r, g, b, a uint32) }) [4]uint32 {
	r, g, b, a := c.RGBA()
	return [4]uint32{r >> 8, g >> 8, b >> 8, a >> 8}
}

func TestSoundsAreWAV(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	_, contentType, content := p.output("wavespeed-ai/dia-tts", map[string]any{"prompt": "hello"})
	require.Equal(t, "audio/wav", contentType)
	require.Equal(t, "RIFF", string(content[:4]))
	require.EqualValues(t, len(content)-8, binary.LittleEndian.Uint32(content[4:]))
	require.Equal(t, "WAVEfmt ", string(content[8:16]))
	require.EqualValues(t, 1, binary.LittleEndian.Uint16(content[20:]), "PCM")
	require.Equal(t, "data", string(content[36:40]))
	require.EqualValues(t, len(content)-44, binary.LittleEndian.Uint32(content[40:]))
	require.NotEqual(t, make([]byte, 2000), content[1000:3000], "it is not silent")
}

func TestMeshesAreBinaryGLTF(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	_, contentType, content := p.output("tripo3d/p2/image-to-3d", map[string]any{"image": "https://elsewhere.example/cat.png"})
	require.Equal(t, "model/gltf-binary", contentType)
	word := func(at int) int { return int(binary.LittleEndian.Uint32(content[at:])) }
	require.Equal(t, "glTF", string(content[:4]))
	require.Equal(t, 2, word(4))
	require.Equal(t, len(content), word(8))
	length := word(12)
	require.Equal(t, "JSON", string(content[16:20]))
	var document struct {
		Asset       struct{ Version string }
		BufferViews []struct{ ByteOffset, ByteLength int }
		Buffers     []struct{ ByteLength int }
		Accessors   []struct{ Count int }
	}
	require.NoError(t, json.Unmarshal(content[20:20+length], &document))
	require.Equal(t, "2.0", document.Asset.Version)
	require.Equal(t, "BIN\x00", string(content[24+length:28+length]))
	require.Zero(t, length%4)
	require.GreaterOrEqual(t, word(20+length), document.Buffers[0].ByteLength)
	require.Equal(t, 36, document.Accessors[1].Count)
	last := document.BufferViews[1]
	require.Equal(t, document.Buffers[0].ByteLength, last.ByteOffset+last.ByteLength)
}

func TestTextsAreGivenAsTheyAre(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	done := p.ended(p.submit("wavespeed-ai/prompt-optimizer", `{"text":"a lighthouse"}`))
	require.Regexp(t, "^a lighthouse, ", done["outputs"].([]any)[0])
}

func TestBase64IsNaked(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	done := p.ended(p.submit(fluxDev, `{"prompt":"x","enable_base64_output":true,"num_images":2}`))
	require.Len(t, done["outputs"], 2)
	for _, output := range done["outputs"].([]any) {
		content, err := base64.StdEncoding.DecodeString(output.(string))
		require.NoError(t, err)
		picture(t, content)
	}
}

func TestFilesThatAreNotThere(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Input: "fails"}}})
	id, failed := p.submit(fluxDev, `{"prompt":"x"}`), p.submit(fluxDev, `{"prompt":"fails"}`)
	p.ended(id)
	p.ended(failed)
	for _, path := range []string{id + "/2.png", id + "/0.png", id + "/1.gif", id + "/x", id + "/01.png", failed + "/1.png", "unknown/1.png"} {
		status, _, _ := get(t, p.URL()+"/outputs/"+path)
		require.Equal(t, http.StatusNotFound, status, path)
	}
}

func TestTheGalleryShowsTheLatest(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		PublicURL: "https://simulator.example/",
		Faults:    []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Input: "fails", Message: "no luck"}},
	})
	local := httptest.NewServer(p.Handler())
	t.Cleanup(local.Close)
	id := submitTo(t, local.URL, `{"prompt":"<b>bold</b>"}`)
	submitTo(t, local.URL, `{"prompt":"fails"}`)
	eventually(t, func() bool { return p.Counts().Predictions["completed"]+p.Counts().Predictions["failed"] == 2 })
	status, contentType, page := get(t, local.URL+"/")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "text/html; charset=utf-8", contentType)
	require.Contains(t, string(page), `<img src="/outputs/`+id+`/1.png"`)
	require.Contains(t, string(page), "&lt;b&gt;bold")
	require.Contains(t, string(page), "no luck")
}

// submitTo submits at another address than the public one.
func submitTo(t *testing.T, base, input string) string {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, base+submitPath(fluxDev), strings.NewReader(input))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+wavespeedtest.DefaultKey)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var body struct{ Data struct{ ID string } }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&body))
	return body.Data.ID
}
