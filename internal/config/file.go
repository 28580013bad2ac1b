package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/joho/godotenv"
	"go.yaml.in/yaml/v3"
)

// maxFile bounds what is read of a settings file or of a secret's file.
const maxFile = 1 << 20

// value is a setting as one layer gives it.
type value struct {
	text   string
	origin string
	// dir is the folder from which a relative path counts.
	dir string
}

// layer holds the values of one source by variable name.
type layer map[string]value

// fold makes names comparable without regard to case and separators: sqlite_path, SQLITE_PATH, sqlitePath and sqlite: path: are one.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
}

// names maps folded names to variables, the _FILE twins among them.
func names() map[string]string {
	known := map[string]string{}
	for _, k := range Keys() {
		known[fold(k.Name)] = k.Name
		if k.Secret {
			known[fold(k.Name+"_FILE")] = k.Name + "_FILE"
		}
	}
	return known
}

// yamlFile reads mailrun.yaml: the names of the variables, in any case and flat or nested (imap: {host: …}), and collections.
type yamlFile struct {
	path        string
	known       map[string]string
	collections map[string]string // folded default name to default name
	values      layer
	renamed     map[string]string
	problems    []error
}

func readYAML(path string, collections []string) (*yamlFile, error) {
	raw, err := readFile(path)
	if err != nil {
		return nil, err
	}
	f := &yamlFile{path: path, known: names(), collections: map[string]string{}, values: layer{}, renamed: map[string]string{}}
	for _, name := range collections {
		f.collections[fold(name)] = name
	}
	var root yaml.Node
	switch err := yaml.Unmarshal(raw, &root); {
	case err != nil:
		return nil, fmt.Errorf("%s: not valid YAML: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	case len(root.Content) == 0:
		return f, nil
	case root.Content[0].Kind != yaml.MappingNode:
		return nil, fmt.Errorf("%s: expected lines like `sqlite_path: mailrun.db`", path)
	}
	f.mapping(root.Content[0], "")
	return f, errors.Join(f.problems...)
}

// mapping reads one level; outer is the name of the level above, for nested settings.
func (f *yamlFile) mapping(node *yaml.Node, outer string) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, val := node.Content[i], node.Content[i+1]
		path := strings.TrimPrefix(outer+"."+name.Value, ".")
		switch {
		case outer == "" && fold(name.Value) == "collections" && val.Kind == yaml.MappingNode:
			f.rename(val)
		case val.Kind == yaml.MappingNode && outer == "":
			f.mapping(val, path)
		default:
			f.setting(path, name, val)
		}
	}
}

func (f *yamlFile) setting(path string, name, val *yaml.Node) {
	variable, ok := f.known[fold(path)]
	switch {
	case !ok:
		f.problem(name, "unknown key %q%s", path, suggestion(path))
	case val.Kind != yaml.ScalarNode:
		f.problem(name, "%s: expected a single value", path)
	case f.values[variable].text != "":
		f.problem(name, "%s is set twice", path)
	case val.Tag != "!!null" && val.Value != "":
		f.values[variable] = value{text: val.Value, origin: fmt.Sprintf("%s line %d", f.path, name.Line), dir: filepath.Dir(f.path)}
	}
}

// collectionName is what MongoDB accepts everywhere and SQLite as a table.
var collectionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)

func (f *yamlFile) rename(node *yaml.Node) {
	taken := map[string]string{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, val := node.Content[i], node.Content[i+1]
		preset, ok := f.collections[fold(name.Value)]
		switch {
		case !ok:
			f.problem(name, "unknown key %q under collections", name.Value)
		case !collectionName.MatchString(val.Value):
			f.problem(val, "collections: %s: expected a name of letters, digits and _", name.Value)
		case taken[val.Value] != "":
			f.problem(val, "collections: %s and %s have the same name", taken[val.Value], name.Value)
		default:
			taken[val.Value] = name.Value
			f.renamed[preset] = val.Value
		}
	}
}

func (f *yamlFile) problem(at *yaml.Node, format string, args ...any) {
	f.problems = append(f.problems, fmt.Errorf("%s line %d: %s", f.path, at.Line, fmt.Sprintf(format, args...)))
}

// passedOn are no settings of mailrun's but of the libraries under it; in a .env they reach the environment.
var passedOn = []string{"SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "TZ"}

// assignment is one line of a .env, for line numbers and for the check of what godotenv would expand.
var assignment = regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*[=:][ \t]*(.*)$`)

// readEnv reads a .env file. The second result holds what is passed on to the environment.
func readEnv(path string) (layer, map[string]string, error) {
	raw, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	lines, problems := envLines(path, string(raw))
	if len(problems) > 0 {
		return nil, nil, errors.Join(problems...)
	}
	parsed, err := godotenv.UnmarshalBytes(raw)
	if err != nil {
		// The library's error quotes the file, and with it secrets.
		return nil, nil, fmt.Errorf("%s: not a list of NAME=value lines: a quote may not be closed", path)
	}
	known, values, others := names(), layer{}, map[string]string{}
	for name, text := range parsed {
		switch variable := known[fold(name)]; {
		case text == "":
		case variable != "" && strings.EqualFold(variable, name):
			values[variable] = value{text: text, origin: fmt.Sprintf("%s line %d", path, lines[name]), dir: filepath.Dir(path)}
		case isPassedOn(name):
			others[name] = text
		default:
			problems = append(problems, fmt.Errorf("%s line %d: unknown key %q%s; keep other programs' variables in another file", path, lines[name], name, suggestion(name)))
		}
	}
	return values, others, errors.Join(sorted(problems)...)
}

// envLines numbers the assignments of a .env and refuses a dollar sign outside single quotes: the parser would put a variable's value, mostly
// nothing, in its place, and a password would be wrong without anybody seeing why.
func envLines(path, text string) (map[string]int, []error) {
	lines := map[string]int{}
	var problems []error
	for _, m := range assignment.FindAllStringSubmatchIndex(text, -1) {
		name, val := text[m[2]:m[3]], text[m[4]:m[5]]
		lines[name] = strings.Count(text[:m[2]], "\n") + 1
		if unquoted, _, _ := strings.Cut(val, " #"); strings.Contains(unquoted, "$") && !strings.HasPrefix(val, "'") {
			problems = append(problems, fmt.Errorf("%s line %d: %s: a value with a dollar sign needs 'single quotes'", path, lines[name], name))
		}
	}
	return lines, problems
}

func isPassedOn(name string) bool {
	for _, other := range passedOn {
		if strings.EqualFold(name, other) {
			return true
		}
	}
	return false
}

// readFile reads a small file; its error names the file and what went wrong, without Go's "open".
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, reason(err))
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, reason(err))
	}
	if len(raw) > maxFile {
		return nil, fmt.Errorf("cannot read %s: larger than 1 MiB", path)
	}
	return raw, nil
}

func reason(err error) error {
	if wrapped, ok := errors.AsType[*os.PathError](err); ok {
		return wrapped.Err
	}
	return err
}
