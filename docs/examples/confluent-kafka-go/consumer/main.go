// Reads a topic as a member of a group: consumer BOOTSTRAP GROUP TOPIC [COUNT]. Ends after COUNT records, or on
// Ctrl-C or SIGTERM; in either case its partitions are with the other members at once.
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/confluentinc/confluent-kafka-go/kafka"
)

func main() {
	if len(os.Args) < 4 {
		log.Fatal("usage: consumer BOOTSTRAP GROUP TOPIC [COUNT]")
	}
	left := -1
	if len(os.Args) > 4 {
		count, err := strconv.Atoi(os.Args[4])
		if err != nil {
			log.Fatal(err)
		}
		left = count
	}
	consumer, err := kafka.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": os.Args[1],
		"group.id":          os.Args[2],
		"auto.offset.reset": "earliest",
		// What is committed, every 5 s and at the end, is what was stored: records that are done with.
		"enable.auto.offset.store": false,
		// A member that is killed is missed after this time.
		"session.timeout.ms": 6000,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := consumer.Subscribe(os.Args[3], nil); err != nil {
		log.Fatal(err)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)

	for left != 0 {
		select {
		case <-stop:
			left = 0
			continue
		default:
		}
		switch event := consumer.Poll(200).(type) {
		case *kafka.Message:
			where := event.TopicPartition
			// The work.
			fmt.Printf("%d\t%v\t%s\t%s\n", where.Partition, where.Offset, event.Key, event.Value)
			where.Offset++
			if _, err := consumer.StoreOffsets([]kafka.TopicPartition{where}); err != nil {
				log.Println(err) // the partition has just gone to another member, which reads this again
			}
			left--
		case kafka.Error:
			log.Println(event) // a broker that is away, for example: the client goes on by itself
		}
	}
	// Commits what is stored, and leaves the group.
	if err := consumer.Close(); err != nil {
		log.Fatal(err)
	}
}
