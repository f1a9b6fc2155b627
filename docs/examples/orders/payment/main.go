// The payment service: answers each record of order-events with one in payment-status. Written with Sarama; a
// member of the group payment.
//
// A card must not be charged twice. So the offset of an order is committed after its answer is written, and an
// order that comes again, because this service or a broker died in between, is known by its answer: that is
// looked for in payment-status whenever a partition is taken over.
//
// BOOTSTRAP says where the cluster is.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/Shopify/sarama"
)

const (
	asked    = "order-events"
	answered = "payment-status"
	limit    = 100000 // cents
)

type order struct {
	ID     string `json:"order"`
	Amount int    `json:"amount"`
}

type status struct {
	ID     string `json:"order"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// charge is where a real service asks a bank.
func charge(wanted order) status {
	if wanted.Amount > limit {
		return status{wanted.ID, "refused", "more than the card allows"}
	}
	return status{wanted.ID, "accepted", ""}
}

type payment struct {
	client   sarama.Client
	producer sarama.SyncProducer
}

func (*payment) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*payment) Cleanup(sarama.ConsumerGroupSession) error { return nil }

// ConsumeClaim runs once for each partition, side by side.
func (p *payment) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	done, err := p.past(claim.Partition())
	if err != nil {
		return err
	}
	for {
		select {
		case record, isOpen := <-claim.Messages():
			if !isOpen {
				return nil
			}
			if !done[string(record.Key)] {
				if err := p.answer(record); err != nil {
					return err
				}
				done[string(record.Key)] = true
			}
			session.MarkMessage(record, "")
		case <-session.Context().Done():
			return nil
		}
	}
}

func (p *payment) answer(record *sarama.ConsumerMessage) error {
	var wanted order
	if err := json.Unmarshal(record.Value, &wanted); err != nil {
		log.Printf("offset %d is no order: %v", record.Offset, err)
		return nil
	}
	value, err := json.Marshal(charge(wanted))
	if err != nil {
		return err
	}
	// The order's own partition, by number: whoever joins the answers finds them together, whatever hash clients use.
	_, _, err = p.producer.SendMessage(&sarama.ProducerMessage{
		Topic: answered, Partition: record.Partition,
		Key: sarama.ByteEncoder(record.Key), Value: sarama.ByteEncoder(value)})
	return err
}

// past tells which orders of a partition have their answer.
func (p *payment) past(partition int32) (map[string]bool, error) {
	done := map[string]bool{}
	end, err := p.client.GetOffset(answered, partition, sarama.OffsetNewest)
	if err != nil {
		return nil, err
	}
	first, err := p.client.GetOffset(answered, partition, sarama.OffsetOldest)
	if err != nil || first == end {
		return done, err
	}
	consumer, err := sarama.NewConsumerFromClient(p.client)
	if err != nil {
		return nil, err
	}
	reader, err := consumer.ConsumePartition(answered, partition, first)
	if err != nil {
		return nil, err
	}
	defer reader.AsyncClose()
	for {
		select {
		case record := <-reader.Messages():
			done[string(record.Key)] = true
			if record.Offset+1 >= end {
				return done, nil
			}
		case err := <-reader.Errors():
			return nil, err
		}
	}
}

func configuration() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.V2_2_0_0
	config.Producer.Return.Successes = true
	config.Producer.Idempotent = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Net.MaxOpenRequests = 1
	config.Producer.Partitioner = sarama.NewManualPartitioner
	// By default Sarama gives up after three tries, 0.3 s in all. An election may take longer.
	config.Producer.Retry.Max = 100
	config.Producer.Retry.Backoff = 100 * time.Millisecond
	config.Metadata.Retry.Max = 20
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Return.Errors = true
	config.Consumer.Group.Session.Timeout = 6 * time.Second
	config.Consumer.Group.Heartbeat.Interval = time.Second
	return config
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	if os.Getenv("BOOTSTRAP") == "" {
		log.Fatal("BOOTSTRAP is wanted, as localhost:9092")
	}
	client, err := sarama.NewClient(strings.Split(os.Getenv("BOOTSTRAP"), ","), configuration())
	must(err)
	producer, err := sarama.NewSyncProducerFromClient(client)
	must(err)
	group, err := sarama.NewConsumerGroupFromClient("payment", client)
	must(err)
	go func() {
		for err := range group.Errors() {
			log.Println(err)
		}
	}()
	running, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
	}()
	// Consume returns whenever the group is shared out anew, or a broker has died: then it is called again.
	for running.Err() == nil {
		if err := group.Consume(running, []string{asked}, &payment{client, producer}); err != nil {
			log.Println(err)
			time.Sleep(100 * time.Millisecond)
		}
	}
	must(group.Close())
	must(producer.Close())
}
