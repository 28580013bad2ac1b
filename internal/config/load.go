package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"mailrun/pkg/outreach"
)

// Names of the files that are read from the working folder when no flag names others.
const (
	DefaultFile    = "mailrun.yaml"
	DefaultEnvFile = ".env"
)

// Sources says where settings come from.
type Sources struct {
	// File and EnvFile are named by flags and must then exist; blank, the defaults are read where they exist.
	File, EnvFile string
	// Lookup reads an environment variable, as os.LookupEnv does.
	Lookup func(string) (string, bool)
	// Flags are searched for flags that Bind tied to a setting. May be nil.
	Flags *pflag.FlagSet
	// Collections are the default names that `collections:` may rename.
	Collections []string
}

const bound = "mailrun-setting"

// Bind ties a flag to a setting: given on the command line, it wins over every other layer.
func Bind(flags *pflag.FlagSet, flag, variable string) {
	f := flags.Lookup(flag)
	f.Annotations = map[string][]string{bound: {variable}}
}

// Load reads all layers and checks them. Its error joins every problem found, each fit to be shown on a line of its own.
func Load(src Sources) (*Settings, error) {
	l := &loader{src: src, v: viper.New(), origins: map[string]value{}}
	settings := &Settings{Collections: map[string]string{}}
	for _, k := range Keys() {
		l.v.SetDefault(k.Name, k.Default)
	}
	l.readFile(settings)
	l.readEnvFile()
	l.merge(l.environment())
	l.flags()
	for _, k := range Keys() {
		l.apply(k, settings)
	}
	l.complete(settings)
	if err := errors.Join(l.problems...); err != nil {
		return nil, err
	}
	return settings, nil
}

type loader struct {
	src      Sources
	v        *viper.Viper
	origins  map[string]value
	problems []error
}

func (l *loader) fail(err error) {
	if err != nil {
		l.problems = append(l.problems, err)
	}
}

func (l *loader) readFile(settings *Settings) {
	path := present(l.src.File, DefaultFile)
	if path == "" {
		return
	}
	file, err := readYAML(path, l.src.Collections)
	l.fail(err)
	if file != nil {
		settings.Collections = file.renamed
		l.merge(file.values)
	}
}

func (l *loader) readEnvFile() {
	path := present(l.src.EnvFile, DefaultEnvFile)
	if path == "" {
		return
	}
	values, others, err := readEnv(path)
	l.fail(err)
	for name, text := range others {
		if now, _ := l.src.Lookup(name); now == "" {
			l.fail(os.Setenv(name, text))
		}
	}
	l.merge(values)
}

// present returns the named file, or the preset one where it exists.
func present(named, preset string) string {
	if named != "" {
		return named
	}
	if _, err := os.Stat(preset); err != nil {
		return ""
	}
	return preset
}

func (l *loader) environment() layer {
	values := layer{}
	for _, name := range names() {
		if text, _ := l.src.Lookup(name); text != "" {
			values[name] = value{text: text, origin: "environment"}
		}
	}
	return values
}

// merge lays one layer over what is there. A *_FILE twin counts as its setting, in the layer in which it stands.
func (l *loader) merge(values layer) {
	settings := map[string]any{}
	for _, k := range Keys() {
		got, ok := values[k.Name]
		if twin, named := values[k.Name+"_FILE"]; k.Secret && named {
			if ok {
				l.fail(fmt.Errorf("%s and %s_FILE are both set (%s): keep one", k.Name, k.Name, twin.origin))
				continue
			}
			got, ok = l.secretFile(k.Name, twin)
		}
		if !ok {
			continue
		}
		settings[k.Name] = got.text
		l.origins[k.Name] = got
	}
	l.fail(l.v.MergeConfigMap(settings))
}

func (l *loader) secretFile(name string, twin value) (value, bool) {
	path := absolute(twin.text, twin.dir)
	raw, err := readFile(path)
	content := strings.TrimSpace(string(raw))
	if err == nil && content == "" {
		err = fmt.Errorf("%s is empty", path)
	}
	if err != nil {
		l.fail(fmt.Errorf("%s_FILE: %w (%s)", name, err, twin.origin))
		return value{}, false
	}
	return value{text: content, origin: twin.origin + ", read from " + path}, true
}

func (l *loader) flags() {
	if l.src.Flags == nil {
		return
	}
	l.src.Flags.VisitAll(func(f *pflag.Flag) {
		variable := f.Annotations[bound]
		if len(variable) == 0 {
			return
		}
		l.fail(l.v.BindPFlag(variable[0], f))
		if f.Changed {
			l.origins[variable[0]] = value{origin: "flag --" + f.Name}
		}
	})
}

// apply checks one setting and stores it.
func (l *loader) apply(k Key, settings *Settings) {
	from := l.origins[k.Name]
	if from.origin == "" {
		from.origin = "default"
	}
	content := strings.TrimSpace(l.v.GetString(k.Name))
	if k.path && content != "" {
		content = absolute(content, from.dir)
	}
	shown := content
	if k.Secret {
		shown = Secret(content).String()
	}
	if content != "" {
		if err := k.set(settings, content); err != nil {
			l.fail(fmt.Errorf("%s: %q is not valid: %w (%s)", k.Name, shown, err, from.origin))
		}
	}
	settings.Lines = append(settings.Lines, Line{Name: k.Name, Value: shown, Origin: from.origin})
}

// complete fills what follows from other settings and checks what belongs together.
func (l *loader) complete(s *Settings) {
	if s.AI.APIKey == "" {
		s.AI.APIKey = Secret(strings.TrimSpace(l.v.GetString("OPENAI_API_KEY")))
	}
	s.IMAP.Security, s.IMAP.Port = doorDefaults(s.IMAP.Security, s.IMAP.Port)
	if s.IMAP.Host != "" && (s.IMAP.User == "" || s.IMAP.Password == "") {
		l.fail(fmt.Errorf("IMAP_HOST needs IMAP_USER and IMAP_PASSWORD (%s)", l.origins["IMAP_HOST"].origin))
	}
}

// doorDefaults completes a port by its protection and the other way round (RFC 8314 section 3.2: 993 is IMAP over TLS).
func doorDefaults(security outreach.Security, port int) (outreach.Security, int) {
	switch {
	case security == "" && port == 143:
		security = outreach.SecuritySTARTTLS
	case security == "":
		security = outreach.SecurityTLS
	}
	switch {
	case port == 0 && security == outreach.SecurityTLS:
		port = 993
	case port == 0:
		port = 143
	}
	return security, port
}

// absolute makes a path absolute: a leading ~/ is the home folder, a relative path counts from dir, or from the working folder if dir is blank.
func absolute(path, dir string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

func sorted(problems []error) []error {
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return problems
}
