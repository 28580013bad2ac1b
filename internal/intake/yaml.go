package intake

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds what is read of a YAML input, in bytes.
const maxFile = 8 << 20

// form reads YAML nodes into fields and collects what is wrong with them.
type form struct {
	file     string
	problems Problems
}

// setter reads one node into a field. path is the field's name as a person would say it: smtp.port, steps[1].delay.
type setter func(n *yaml.Node, path string)

func (f *form) fail(n *yaml.Node, path, format string, args ...any) {
	f.problems = append(f.problems, Problem{File: f.file, Line: n.Line, Field: path, Message: fmt.Sprintf(format, args...)})
}

// documents calls each with the root of every YAML document; a document that is a list counts as many.
func (f *form) documents(r io.Reader, each func(*yaml.Node)) {
	dec := yaml.NewDecoder(io.LimitReader(r, maxFile))
	for {
		var root yaml.Node
		err := dec.Decode(&root)
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			f.problems = append(f.problems, syntaxProblem(f.file, err))
			return
		}
		if len(root.Content) == 0 || isNull(root.Content[0]) {
			continue
		}
		if body := root.Content[0]; body.Kind == yaml.SequenceNode {
			for _, item := range body.Content {
				each(item)
			}
		} else {
			each(body)
		}
	}
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

func syntaxProblem(file string, err error) Problem {
	message := err.Error()
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[1])
		return Problem{File: file, Line: line, Message: "not valid YAML: " + message[len(m[0]):]}
	}
	return Problem{File: file, Message: "not valid YAML: " + strings.TrimPrefix(message, "yaml: ")}
}

// mapping reads a node's keys by the table and returns which were there. A key that the table lacks is a mistake; a null value counts as absent.
func (f *form) mapping(n *yaml.Node, path string, fields map[string]setter) map[string]*yaml.Node {
	n = resolve(n)
	given := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		f.fail(n, path, "expected fields like `%s: …`", slices.Sorted(maps.Keys(fields))[0])
		return given
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], resolve(n.Content[i+1])
		name := strings.TrimPrefix(path+"."+key.Value, ".")
		set, known := fields[key.Value]
		switch {
		case !known:
			f.fail(key, name, "unknown field; expected one of %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		case given[key.Value] != nil:
			f.fail(key, name, "given twice")
		case !isNull(val):
			given[key.Value] = val
			set(val, name)
		}
	}
	return given
}

func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// scalar returns a node's text, whatever type YAML would make of it: a password may look like a number.
func (f *form) scalar(n *yaml.Node, path string) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		f.fail(n, path, "expected a single value")
		return "", false
	}
	return n.Value, true
}

// text reads a single value; checks, if any, return what is wrong with it.
func (f *form) text(field *string, checks ...func(string) error) setter {
	return func(n *yaml.Node, path string) {
		value, ok := f.scalar(n, path)
		if !ok {
			return
		}
		for _, check := range checks {
			if err := check(value); err != nil {
				f.fail(n, path, "%s", err)
				return
			}
		}
		*field = value
	}
}

// word reads one of a few words.
func word[T ~string](f *form, field *T, words ...T) setter {
	return func(n *yaml.Node, path string) {
		value, ok := f.scalar(n, path)
		if ok && !slices.Contains(words, T(value)) {
			f.fail(n, path, "%q is not one of %s", value, strings.Trim(fmt.Sprint(words), "[]"))
			return
		}
		*field = T(value)
	}
}

// number reads a whole number in a range.
func (f *form) number(field *int, least, most int) setter {
	return func(n *yaml.Node, path string) {
		value, ok := f.scalar(n, path)
		if !ok {
			return
		}
		number, err := strconv.Atoi(value)
		if err != nil || number < least || number > most {
			f.fail(n, path, "%q is not a whole number from %d to %d", value, least, most)
			return
		}
		*field = number
	}
}

// fraction reads a number from 0 to 1.
func (f *form) fraction(field *float64) setter {
	return func(n *yaml.Node, path string) {
		value, ok := f.scalar(n, path)
		if !ok {
			return
		}
		number, err := strconv.ParseFloat(value, 64)
		if err != nil || !(number >= 0 && number <= 1) {
			f.fail(n, path, "%q is not a number from 0 to 1 (0.05 is 5 %%)", value)
			return
		}
		*field = number
	}
}

// toggle reads true or false.
func (f *form) toggle(field *bool) setter {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.ScalarNode || n.Decode(field) != nil {
			f.fail(n, path, "%q is not true or false", n.Value)
		}
	}
}

// optional reads into a field that is nil while absent.
func optional[T any](field **T, inner func(*T) setter) setter {
	return func(n *yaml.Node, path string) {
		*field = new(T)
		inner(*field)(n, path)
	}
}

// list reads each item of a list.
func (f *form) list(item func(n *yaml.Node, path string)) setter {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.SequenceNode {
			f.fail(n, path, "expected a list")
			return
		}
		for i, node := range n.Content {
			item(resolve(node), fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

// texts reads a list of single values, each checked.
func (f *form) texts(field *[]string, check func(string) error) setter {
	return f.list(func(n *yaml.Node, path string) {
		var value string
		f.text(&value, check)(n, path)
		*field = append(*field, value)
	})
}

// table reads a mapping of names to single values.
func (f *form) table(field *map[string]string) setter {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.MappingNode {
			f.fail(n, path, "expected lines like `name: value`")
			return
		}
		*field = map[string]string{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if value, ok := f.scalar(resolve(n.Content[i+1]), path+"."+n.Content[i].Value); ok {
				(*field)[n.Content[i].Value] = value
			}
		}
	}
}
