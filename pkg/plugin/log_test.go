package plugin

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
)

func TestLogLevels(t *testing.T) {
	for name, test := range map[string]struct {
		verbosity int
		terminal  bool
		want      string
	}{
		"quiet":      {0, false, ""},
		"a terminal": {0, true, "Note: x can be read by all\\x1b\n"},
		"-v=1":       {1, false, "Note: x can be read by all\\x1b\nretrying: host h, try 2, reason a b\n"},
		"-v=6":       {6, false, "Note: x can be read by all\\x1b\nretrying: host h, try 2, reason a b\nasked\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			log := (&log{out: &b, terminal: test.terminal, verbosity: test.verbosity}).logger()
			log.Warn("x can be read by all\x1b")
			log.With(slog.String("host", "h")).Info("retrying", slog.Int("try", 2), slog.Any("reason", errors.New("a b")))
			log.Debug("asked")
			if b.String() != test.want {
				t.Errorf("got\n%swant\n%s", b.String(), test.want)
			}
		})
	}
}
