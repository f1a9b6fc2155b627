// Writes the lines of standard input, each KEY:VALUE, and says where each stands: producer BOOTSTRAP TOPIC.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/confluentinc/confluent-kafka-go/kafka"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: producer BOOTSTRAP TOPIC")
	}
	topic := os.Args[2]
	producer, err := kafka.NewProducer(&kafka.ConfigMap{
		"bootstrap.servers": os.Args[1],
		// acks=all, and neither doubles nor another order when a broker dies and batches are sent again.
		"enable.idempotence": true,
		// Where Java's clients put a key; librdkafka's own default is another hash.
		"partitioner": "murmur2_random",
	})
	if err != nil {
		log.Fatal(err)
	}

	// The producer sends in the background; each record comes back once, as delivered or as failed.
	reported := make(chan int)
	go func() {
		failures := 0
		for event := range producer.Events() {
			record, isRecord := event.(*kafka.Message)
			if !isRecord {
				log.Println(event) // a broker that is away, for example: the client goes on by itself
				continue
			}
			if where := record.TopicPartition; where.Error != nil {
				failures++
				log.Printf("%s is not written: %v", record.Key, where.Error)
			} else {
				fmt.Printf("%d\t%v\t%s\t%s\n", where.Partition, where.Offset, record.Key, record.Value)
			}
		}
		reported <- failures
	}()

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		parts := strings.SplitN(lines.Text(), ":", 2)
		if len(parts) != 2 {
			log.Fatalf("not KEY:VALUE: %s", lines.Text())
		}
		// Waits while the queue is full.
		producer.ProduceChannel() <- &kafka.Message{
			TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny},
			Key:            []byte(parts[0]), Value: []byte(parts[1])}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
	for producer.Flush(1000) > 0 {
	}
	producer.Close()
	if <-reported > 0 {
		os.Exit(1)
	}
}
