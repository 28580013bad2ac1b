package bench

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"mailrun/internal/store/storetest"
)

// databases are what figures are measured on: SQLite, and MongoDB's protocol as the server that MONGODB_TEST_URI names speaks it, or else one
// of our own that keeps its documents in memory.
func databases() []storetest.Engine {
	return []storetest.Engine{storetest.SQLite(), mongoDB()}
}

func mongoDB() storetest.Engine {
	if real := storetest.MongoDB(); !real.Scans {
		return real
	}
	return storetest.Memory()
}

// memoryNote says what a figure is worth that was not measured on MongoDB.
const memoryNote = "no MongoDB is installed here: a server of our own that speaks its protocol, keeps documents in memory behind real indexes and waits for no disk " +
	"stands in, in a process of its own on the same cores"

// protocol names a database in a row, with what is to be known about it.
func protocol(kind storetest.Engine) (name, note string) {
	switch kind.Name {
	case storetest.SQLite().Name:
		return "SQLite", ""
	case storetest.Memory().Name:
		return "MongoDB protocol", memoryNote
	}
	return "MongoDB", ""
}

// load is what a database's server has done so far: nothing for SQLite, which has none.
type load struct {
	requests int64
	cpu      time.Duration
}

// loadOf asks the server (mongodb.com/docs/manual/reference/command/serverStatus).
func loadOf(b *testing.B, kind storetest.Engine, place string) load {
	b.Helper()
	if kind.Name == storetest.SQLite().Name {
		return load{}
	}
	status := administer(b, place, "serverStatus")
	number := func(path ...string) int64 {
		n, _ := status.Lookup(path...).AsInt64OK()
		return n
	}
	used := number("extra_info", "user_time_us") + number("extra_info", "system_time_us")
	return load{number("network", "numRequests"), time.Duration(used) * time.Microsecond}
}

// settle has a database's server be done with what was written (mongodb.com/docs/manual/reference/command/fsync).
func settle(b *testing.B, kind storetest.Engine, place string) {
	b.Helper()
	if kind.Name != storetest.SQLite().Name {
		administer(b, place, "fsync")
	}
}

// administer runs a command without arguments on a server.
func administer(b *testing.B, place, command string) bson.Raw {
	b.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(place))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = client.Disconnect(b.Context()) }()
	answer, err := client.Database("admin").RunCommand(b.Context(), bson.D{{Key: command, Value: 1}}).Raw()
	if err != nil {
		b.Fatal(err)
	}
	return answer
}

// setting is the variable that has the program use a database.
func setting(kind storetest.Engine, place string) string {
	if kind.Name == storetest.SQLite().Name {
		return "SQLITE_PATH=" + place
	}
	return "MONGODB_URI=" + place
}
