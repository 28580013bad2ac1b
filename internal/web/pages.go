package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static/*
var staticFiles embed.FS

// pages are the parsed templates, and the static files by name. A file's address carries a piece of its hash, so that browsers may keep it.
type pages struct {
	templates *template.Template
	files     map[string]staticFile
}

// kinds are the media types of static files by what their names end in (RFC 2318, RFC 9239, W3C SVG). The machine's own table says what its
// users want, and takes a megabyte to read.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

type staticFile struct {
	body    []byte
	kind    string
	version string
}

func newPages() (*pages, error) {
	p := &pages{files: map[string]staticFile{}}
	names, err := fs.Glob(staticFiles, "static/*")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		body, err := staticFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		kind, known := kinds[path.Ext(name)]
		if !known {
			return nil, fmt.Errorf("%s: no media type is known for this kind of file", name)
		}
		sum := sha256.Sum256(body)
		p.files[path.Base(name)] = staticFile{
			body: body, kind: kind, version: base64.RawURLEncoding.EncodeToString(sum[:9]),
		}
	}
	p.templates, err = template.New("").Funcs(template.FuncMap{"asset": p.asset}).ParseFS(templateFiles, "templates/*.html")
	return p, err
}

// asset is a static file's address below the site's root.
func (p *pages) asset(name string) (string, error) {
	f, ok := p.files[name]
	if !ok {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return "static/" + name + "?v=" + f.version, nil
}

func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	f, ok := s.pages.files[r.PathValue("name")]
	if !ok {
		fail(w, http.StatusNotFound, "there is nothing here")
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	if r.URL.Query().Get("v") == f.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(f.body) // a client that is gone has nobody to be told
}

// show renders a template whole before it sends anything, so that a failure is an error and not half a page.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var page bytes.Buffer
	if err := s.pages.templates.ExecuteTemplate(&page, name, data); err != nil {
		s.broken(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // a client that is gone has nobody to be told
}

// errorView is a page that tells a person what went wrong. Root leads to the site's root.
type errorView struct {
	Root, Title, Message string
	Back                 bool
}

// refuse answers with an error: a page for a person's browser, JSON for programs.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, message string) {
	if !wantsPage(r) {
		fail(w, status, message)
		return
	}
	view := errorView{Root: strings.Repeat("../", strings.Count(r.URL.Path, "/")-1), Title: "This did not work", Message: upperFirst(message), Back: !isOptOut(r)}
	if status == http.StatusNotFound {
		view.Title = "Not found"
	}
	var page bytes.Buffer
	if err := s.pages.templates.ExecuteTemplate(&page, "error.html", view); err != nil {
		fail(w, status, message)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // a client that is gone has nobody to be told
}

// upperFirst makes a sentence's beginning of a message, which begin in lower case.
func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// home leads to the page.
func (s *Server) home(w http.ResponseWriter, _ *http.Request) { seeOther(w, "settings/cron") }

// loginView is what the login page shows. Root leads to the site's root: the page is also the answer to a failed POST somewhere else.
type loginView struct {
	Root, Problem, Notice string
	Ended, NoUsers        bool
}

func (s *Server) loginPage(w http.ResponseWriter, r *http.Request) {
	u, err := s.user(r)
	switch {
	case err != nil:
		s.broken(w, r, err)
	case u != nil:
		seeOther(w, "settings/cron")
	default:
		s.showLogin(w, r, http.StatusOK, "")
	}
}

// showLogin shows the login page; where nobody can sign in yet, it says how to make a user.
func (s *Server) showLogin(w http.ResponseWriter, r *http.Request, status int, problem string) {
	users, err := s.Store.HasUsers(r.Context())
	if err != nil {
		s.broken(w, r, err)
		return
	}
	view := loginView{Problem: problem, Notice: s.Notice, Ended: r.URL.Query().Has("ended") && problem == "", NoUsers: !users}
	if r.URL.Path != "/login" {
		view.Root = "../../"
	}
	s.show(w, r, status, "login.html", view)
}

// optOutView is an opt-out page: what to say, and whether to ask.
type optOutView struct {
	optOutTexts
	Head, More string
	Asks       bool
}

// showOptOut shows one of the opt-out pages: ask, done or unknown.
func (s *Server) showOptOut(w http.ResponseWriter, r *http.Request, status int, state string) {
	t := textsFor(r)
	view := optOutView{optOutTexts: t}
	switch state {
	case "ask":
		view.Head, view.More, view.Asks = t.Ask, t.AskMore, true
	case "done":
		view.Head, view.More = t.Done, t.DoneMore
	default:
		view.Head, view.More = t.Unknown, t.UnknownMore
	}
	w.Header().Set("Content-Language", t.Lang)
	w.Header().Add("Vary", "Accept-Language")
	s.show(w, r, status, "optout.html", view)
}
