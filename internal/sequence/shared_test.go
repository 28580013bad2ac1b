package sequence

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// Whom two mailboxes of a run want at the same time only one of them gets, also where another of the run has him already.
func TestSharedClaimGivesEachToOne(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			due := s.Now()
			recs := make([]outreach.Recipient, 3)
			ids := make([]bson.ObjectID, len(recs))
			for i := range recs {
				ids[i] = bson.NewObjectID()
				recs[i] = outreach.Recipient{ID: ids[i], Email: ids[i].Hex() + "@c.example", State: outreach.StateQueued, NextSendAt: &due}
			}
			if _, err := s.InsertRecipients(t.Context(), recs); err != nil {
				t.Fatal(err)
			}
			r := &run{Worker: &Worker{Store: s}, me: store.Lessee{Owner: "o"}}
			before := &claiming{ids: ids[:1]}
			r.claimAll([]*claiming{before})
			first, second := &claiming{ids: ids[:2]}, &claiming{ids: ids[1:]}
			r.claimAll([]*claiming{first, second})
			for _, c := range []struct {
				*claiming
				want bson.ObjectID
			}{{before, ids[0]}, {first, ids[1]}, {second, ids[2]}} {
				if c.err != nil || len(c.got) != 1 || c.got[0].ID != c.want || c.got[0].Claim.Token != c.token {
					t.Errorf("got %+v, %v, want %v under the token %s", c.got, c.err, c.want, c.token)
				}
			}
		})
	}
}
