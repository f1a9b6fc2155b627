// Reads a topic as a member of a group: consumer BOOTSTRAP GROUP TOPIC [COUNT]. Ends after COUNT records, or on
// Ctrl-C or SIGTERM; in either case its partitions are with the other members at once.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/Shopify/sarama"
)

// reader is what Sarama calls as partitions come and go; ConsumeClaim runs once for each partition, side by side.
type reader struct {
	lock sync.Mutex
	left int // records still wanted, negative for all
	done context.CancelFunc
}

func (*reader) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*reader) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (r *reader) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case record, isOpen := <-claim.Messages():
			if !isOpen || !r.work(record) {
				return nil
			}
			// What is committed, every second and at the end, is what was marked: records that are done with.
			session.MarkMessage(record, "")
		case <-session.Context().Done():
			return nil
		}
	}
}

// work says whether the record was still wanted.
func (r *reader) work(record *sarama.ConsumerMessage) bool {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.left == 0 {
		return false
	}
	fmt.Printf("%d\t%d\t%s\t%s\n", record.Partition, record.Offset, record.Key, record.Value)
	if r.left--; r.left == 0 {
		r.done()
	}
	return true
}

func main() {
	if len(os.Args) < 4 {
		log.Fatal("usage: consumer BOOTSTRAP GROUP TOPIC [COUNT]")
	}
	limit, done := context.WithCancel(context.Background())
	work := &reader{left: -1, done: done}
	if len(os.Args) > 4 {
		count, err := strconv.Atoi(os.Args[4])
		if err != nil {
			log.Fatal(err)
		}
		work.left = count
	}
	config := sarama.NewConfig()
	config.Version = sarama.V2_2_0_0
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Return.Errors = true
	// A member that is killed is missed after this time.
	config.Consumer.Group.Session.Timeout = 6 * time.Second
	config.Consumer.Group.Heartbeat.Interval = time.Second
	config.Metadata.Retry.Max = 20
	group, err := sarama.NewConsumerGroup(strings.Split(os.Args[1], ","), os.Args[2], config)
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for err := range group.Errors() {
			log.Println(err) // a broker that is away, for example
		}
	}()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		done()
	}()

	// Consume returns whenever the group is shared out anew, or a broker has died: then it is called again.
	for limit.Err() == nil {
		if err := group.Consume(limit, []string{os.Args[3]}, work); err != nil && limit.Err() == nil {
			log.Println(err)
			time.Sleep(100 * time.Millisecond)
		}
	}
	if err := group.Close(); err != nil {
		log.Fatal(err)
	}
}
