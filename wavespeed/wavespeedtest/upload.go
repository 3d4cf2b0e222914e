package wavespeedtest

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/keep"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// The largest of the limits that the provider's pages name.
const maxUpload = 300 << 20

// upload is a file that models may be given. The server's lock guards it.
type upload struct {
	id, name, contentType string
	size                  int64
	born                  birth
	content               []byte // nil until it has been sent
}

func (s *Server) openUpload(w http.ResponseWriter, r *http.Request, _ caller) {
	var body struct {
		Filename    string `json:"filename"`
		Size        int64  `json:"size"`
		ContentType string `json:"content_type"`
	}
	if !reply.Read(w, r, &body) {
		return
	}
	switch {
	case body.Filename == "" || strings.ContainsAny(body.Filename, "/\\"):
		reply.Problem(w, http.StatusBadRequest, "field %q must be a file name", "filename")
		return
	case body.Size < 1 || body.Size > maxUpload:
		reply.Problem(w, http.StatusRequestEntityTooLarge, "field %q must be between 1 and %d", "size", maxUpload)
		return
	}
	setDefault(&body.ContentType, typeOf(body.Filename))
	u := s.keep(&upload{id: newID(), name: body.Filename, contentType: body.ContentType, size: body.Size})
	ticket := s.ticket(u)
	ticket["upload"] = map[string]any{
		"method": http.MethodPut, "url": fmt.Sprintf("%s/storage/%s/%s", s.base, u.id, u.fileName()),
		"headers":    map[string]string{"Content-Type": u.contentType, "If-None-Match": "*"},
		"expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	}
	reply.Data(w, ticket)
}

func (s *Server) ticket(u *upload) map[string]any {
	kind, _, _ := strings.Cut(u.contentType, "/")
	return map[string]any{
		"type": kind, "download_url": fmt.Sprintf("%s/media/%s/%s", s.base, u.id, u.fileName()),
		"filename": u.name, "size": u.size,
	}
}

func (u *upload) kept() keep.Upload {
	return keep.Upload{ID: u.id, Name: u.name, ContentType: u.contentType, At: u.born.at, Content: u.content}
}

// fileName is fit for a URL.
func (u *upload) fileName() string { return "file" + path.Ext(u.name) }

func (s *Server) keep(u *upload) *upload {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.born = s.born()
	s.uploads[u.id] = u
	if u.content != nil {
		s.kept.Upload(u.kept())
	}
	return u
}

func typeOf(name string) string {
	if known := mime.TypeByExtension(path.Ext(name)); known != "" {
		return known
	}
	return "application/octet-stream"
}

// putUpload takes the file, with exactly the headers that were asked for and
// without a key, as the storage behind the provider does.
func (s *Server) putUpload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	u := s.uploads[r.PathValue("id")]
	s.mu.Unlock()
	switch {
	case u == nil:
		http.Error(w, "NoSuchKey", http.StatusNotFound)
	case r.Header.Get("Authorization") != "":
		http.Error(w, "InvalidArgument: only one auth mechanism is allowed", http.StatusBadRequest)
	case r.Header.Get("Content-Type") != u.contentType || r.Header.Get("If-None-Match") != "*":
		http.Error(w, "SignatureDoesNotMatch", http.StatusForbidden)
	case r.ContentLength != u.size:
		http.Error(w, "IncompleteBody", http.StatusBadRequest)
	default:
		s.store(w, r, u)
	}
}

func (s *Server) store(w http.ResponseWriter, r *http.Request, u *upload) {
	content, err := io.ReadAll(io.LimitReader(r.Body, u.size+1))
	if err != nil || int64(len(content)) != u.size {
		http.Error(w, "IncompleteBody", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.content != nil {
		http.Error(w, "PreconditionFailed", http.StatusPreconditionFailed)
		return
	}
	u.content = content
	s.kept.Upload(u.kept())
}

// uploadBinary is the older way: a form in one step.
func (s *Server) uploadBinary(w http.ResponseWriter, r *http.Request, _ caller) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	file, header, err := r.FormFile("file")
	if err != nil {
		reply.Problem(w, http.StatusBadRequest, "field %q must be a file of a multipart form", "file")
		return
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		reply.Problem(w, http.StatusBadRequest, "the file is incomplete")
		return
	}
	name := path.Base(header.Filename)
	reply.Data(w, s.ticket(s.keep(&upload{
		id: newID(), name: name, contentType: typeOf(name), size: int64(len(content)), content: content,
	})))
}

func (s *Server) getUpload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	u := s.uploads[r.PathValue("id")]
	gone := u == nil || u.content == nil || s.expired(u.born)
	s.mu.Unlock()
	if gone {
		http.Error(w, "AccessDenied", s.behavior.Load().ExpiredStatus)
		return
	}
	reply.Raw(w, http.StatusOK, u.contentType, u.content)
}

// unreachable names the field of an input that points to a file of this server
// which is not there (any more); "" if none does. Other hosts are believed. The
// caller holds the lock.
func (s *Server) unreachable(p *prediction) string {
	for name, value := range p.input {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, one := range list {
			if url, ok := one.(string); ok && s.missingFile(url) {
				return name
			}
		}
	}
	return ""
}

func (s *Server) missingFile(url string) bool {
	if rest, ours := strings.CutPrefix(url, s.base+"/media/"); ours {
		id, _, _ := strings.Cut(rest, "/")
		u := s.uploads[id]
		return u == nil || u.content == nil || s.expired(u.born)
	}
	if rest, ours := strings.CutPrefix(url, s.base+"/outputs/"); ours {
		id, _, _ := strings.Cut(rest, "/")
		source := s.predictions[id]
		return source == nil || source.status != statusCompleted && !source.removed || s.expired(source.born)
	}
	return false
}
