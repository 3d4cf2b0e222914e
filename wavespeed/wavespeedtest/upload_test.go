package wavespeedtest_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// put sends bytes to the storage, with these headers.
func put(t *testing.T, url string, content string, headers map[string]string) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodPut, url, strings.NewReader(content))
	require.NoError(t, err)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode
}

func TestUploadTakesTwoSteps(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	ticket := p.call(http.MethodPost, "/api/v3/media/uploads", `{"filename":"still.png","size":5,"content_type":"image/png"}`).data()
	require.Equal(t, "image", ticket["type"])
	require.Equal(t, "still.png", ticket["filename"])
	require.EqualValues(t, 5, ticket["size"])
	upload := ticket["upload"].(map[string]any)
	require.Equal(t, "PUT", upload["method"])
	require.Equal(t, map[string]any{"Content-Type": "image/png", "If-None-Match": "*"}, upload["headers"])
	url, download := upload["url"].(string), ticket["download_url"].(string)
	right := map[string]string{"Content-Type": "image/png", "If-None-Match": "*"}

	early := p.ended(p.submit("wavespeed-ai/image-upscaler", map[string]any{"image": download}))
	require.EqualValues(t, 1402, early["code"])
	for name, test := range map[string]struct {
		content string
		headers map[string]string
		status  int
	}{
		"with a key":         {"12345", map[string]string{"Content-Type": "image/png", "If-None-Match": "*", "Authorization": "Bearer x"}, 400},
		"without condition":  {"12345", map[string]string{"Content-Type": "image/png"}, 403},
		"of another type":    {"12345", map[string]string{"Content-Type": "image/jpeg", "If-None-Match": "*"}, 403},
		"of another length":  {"123456", right, 400},
		"as it should be":    {"12345", right, 200},
		"for a second time":  {"12345", right, 412},
		"to another address": {"12345", right, 404},
	} {
		if name == "for a second time" {
			continue // after the others
		}
		to := url
		if name == "to another address" {
			to = p.URL() + "/storage/unknown/file.png"
		}
		require.Equal(t, test.status, put(t, to, test.content, test.headers), name)
	}
	require.Equal(t, http.StatusPreconditionFailed, put(t, url, "12345", right))

	status, contentType, content := get(t, download)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "image/png", contentType)
	require.Equal(t, "12345", string(content))
	require.Equal(t, "completed", p.ended(p.submit("wavespeed-ai/image-upscaler", map[string]any{"image": download}))["status"])
}

func TestUploadRefuses(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	for body, status := range map[string]int{
		`{"size":5}`: 400, `{"filename":"a/b.png","size":5}`: 400, `{"filename":"a.png"}`: 413, `{"filename":"a.png","size":314572801}`: 413, `[]`: 400,
	} {
		require.Equal(t, status, p.call(http.MethodPost, "/api/v3/media/uploads", body).status, body)
	}
}

func TestTheOlderUploadTakesAForm(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "voice.wav")
	require.NoError(t, err)
	_, err = io.WriteString(part, "RIFF")
	require.NoError(t, err)
	require.NoError(t, form.Close())
	request, err := http.NewRequest(http.MethodPost, p.URL()+"/api/v3/media/upload/binary", &body)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+wavespeedtest.DefaultKey)
	request.Header.Set("Content-Type", form.FormDataContentType())
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"type":"audio"`)
	require.Contains(t, string(raw), `"filename":"voice.wav"`)
	require.Equal(t, http.StatusBadRequest, p.call(http.MethodPost, "/api/v3/media/upload/binary", `{}`).status)
}
