package wavespeed_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

type upload struct {
	name string
	size int64
	body io.Reader
}

func (u upload) to(c *wavespeed.Client) (string, error) {
	return c.Upload(context.Background(), u.name, u.size, u.body)
}

func file(content string) upload {
	return upload{"still.png", int64(len(content)), strings.NewReader(content)}
}

// storage takes files; the provider hands out places in it.
func storage(t *testing.T, status int) (stored, api *server) {
	stored = serve(t, say(status, ""))
	api = serve(t, say(http.StatusOK, fmt.Sprintf(`{"code":200,"data":{"type":"image","download_url":"https://cdn.example/still.png","filename":"still.png","size":5,
		"upload":{"method":"PUT","url":"%s/bucket/still.png?signature=abc%%2F","headers":{"Content-Type":"image/png","If-None-Match":"*"},"expires_at":"2026-08-11T06:00:00Z"}}}`, stored.URL)))
	return stored, api
}

func TestUploadTakesTwoStepsAndShowsTheKeyToTheFirstOnly(t *testing.T) {
	t.Parallel()
	stored, api := storage(t, http.StatusCreated)
	url, err := file("12345").to(client(t, api.URL))
	require.NoError(t, err)
	require.Equal(t, "https://cdn.example/still.png", url)
	require.JSONEq(t, `{"filename":"still.png","size":5,"content_type":"image/png"}`, api.requests()[0].body)
	require.Equal(t, "/api/v3/media/uploads", api.requests()[0].URL.Path)

	put := stored.requests()[0]
	require.Equal(t, http.MethodPut, put.Method)
	require.Equal(t, "/bucket/still.png?signature=abc%2F", put.RequestURI)
	require.Equal(t, "12345", put.body)
	require.EqualValues(t, 5, put.ContentLength)
	require.Equal(t, "image/png", put.Header.Get("Content-Type"))
	require.Equal(t, "*", put.Header.Get("If-None-Match"))
	require.NotContains(t, put.Header, "Authorization")
	require.NotContains(t, fmt.Sprint(put.Header), key)
}

func TestUploadFails(t *testing.T) {
	t.Parallel()
	_, refusing := storage(t, http.StatusForbidden)
	stored, api := storage(t, http.StatusOK)
	long, short := file("12345"), file("12345")
	long.size, short.size = 4, 6
	for name, test := range map[string]struct {
		base string
		file upload
		says string
	}{
		"no name":           {api.URL, upload{size: 1, body: strings.NewReader("1")}, "name is empty"},
		"no size":           {api.URL, upload{name: "a", body: strings.NewReader("1")}, "size is 0"},
		"no body":           {api.URL, upload{name: "a", size: 1}, "no body"},
		"body too long":     {api.URL, long, "longer than its size"},
		"body too short":    {api.URL, short, "shorter than its size"},
		"storage refuses":   {refusing.URL, file("12345"), "HTTP 403: the file was rejected by 127.0.0.1"},
		"provider refuses":  {serve(t, say(http.StatusRequestEntityTooLarge, `{"code":413,"message":"too large"}`)).URL, file("12345"), "HTTP 413: too large"},
		"no place":          {serve(t, say(http.StatusOK, `{"data":{}}`)).URL, file("12345"), "names no location"},
		"plain HTTP place":  {serve(t, say(http.StatusOK, `{"data":{"download_url":"x","upload":{"url":"http://storage.example/x"}}}`)).URL, file("12345"), "https://"},
		"place on a disk":   {serve(t, say(http.StatusOK, `{"data":{"download_url":"x","upload":{"url":"file:///etc/passwd"}}}`)).URL, file("12345"), "https://"},
		"redirecting place": {redirecting(t, stored.URL), file("12345"), "HTTP 307"},
	} {
		_, err := test.file.to(client(t, test.base))
		require.ErrorContains(t, err, test.says, name)
		require.Equal(t, "upload", failure(t, err).Op)
	}
}

// redirecting is an API whose storage sends callers on.
func redirecting(t *testing.T, to string) string {
	stored := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusTemporaryRedirect) })
	return serve(t, say(http.StatusOK, `{"data":{"download_url":"x","upload":{"url":"`+stored.URL+`/x"}}}`)).URL
}
