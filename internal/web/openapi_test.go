package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// description is openapi.json, as far as answers are compared with it.
type description struct {
	Paths      map[string]map[string]struct{ Responses map[string]response }
	Components struct {
		Schemas   map[string]schema
		Responses map[string]response
	}
}

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct{ Schema schema }
}

type schema struct {
	Ref        string `json:"$ref"`
	Properties map[string]schema
	Required   []string
	Items      *schema
	AnyOf      []schema
	OneOf      []schema
}

func newDescription(t *testing.T) *description {
	t.Helper()
	var d description
	if err := json.Unmarshal(openAPIDocument, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// check says what of an answer the description does not tell; "" if it tells all. Addresses that nothing serves are not described.
func (d *description) check(method, address string, a answer) string {
	u, err := url.Parse(address)
	if err != nil {
		return err.Error()
	}
	if method == "HEAD" {
		method = "GET"
	}
	operation, ok := d.Paths[described(u.Path)][strings.ToLower(method)]
	if !ok {
		return "" // TestOpenAPIMatchesRoutes compares the routes
	}
	r, ok := operation.Responses[fmt.Sprint(a.status)]
	if !ok {
		return fmt.Sprintf("status %d is not described", a.status)
	}
	if r.Ref != "" {
		r = d.Components.Responses[r.Ref[strings.LastIndex(r.Ref, "/")+1:]]
	}
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	content, ok := r.Content[kind]
	if !ok && a.body != "" && kind != "text/html" && kind != "text/plain" {
		return fmt.Sprintf("an answer %d of %s is not described", a.status, kind)
	}
	if kind != "application/json" || a.body == "" {
		return ""
	}
	var value any
	if err := json.Unmarshal([]byte(a.body), &value); err != nil {
		return err.Error()
	}
	return d.compare("answer", content.Schema, value)
}

// described is the described path that serves an address.
func described(path string) string {
	for _, prefix := range []string{"/u/", "/static/"} {
		if strings.HasPrefix(path, prefix) {
			return map[string]string{"/u/": "/u/{token}", "/static/": "/static/{name}"}[prefix]
		}
	}
	return path
}

// compare says which fields of a value are not described, and which described as required are not there.
func (d *description) compare(where string, s schema, value any) string {
	if s.Ref != "" {
		s = d.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	if value == nil {
		return ""
	}
	for _, one := range append(s.AnyOf, s.OneOf...) {
		if one.Ref != "" {
			return d.compare(where, one, value)
		}
	}
	switch value := value.(type) {
	case map[string]any:
		if len(s.Properties) == 0 {
			return "" // free
		}
		for _, name := range s.Required {
			if _, there := value[name]; !there {
				return where + " lacks " + name
			}
		}
		for name, field := range value {
			described, ok := s.Properties[name]
			if !ok {
				return where + "." + name + " is not described"
			}
			if wrong := d.compare(where+"."+name, described, field); wrong != "" {
				return wrong
			}
		}
	case []any:
		for _, item := range value {
			if s.Items == nil {
				return where + " is no list by the description"
			}
			if wrong := d.compare(where+"[]", *s.Items, item); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}
