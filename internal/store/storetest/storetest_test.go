package storetest_test

import (
	"testing"

	"mailrun/internal/store/storetest"
)

func TestSQLite(t *testing.T) { storetest.Run(t, storetest.SQLite()) }

func TestMemory(t *testing.T) { storetest.Run(t, storetest.Memory()) }

func TestMongoDB(t *testing.T) { storetest.Run(t, storetest.MongoDB()) }
