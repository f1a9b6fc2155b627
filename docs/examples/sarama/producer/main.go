// Writes the lines of standard input, each KEY:VALUE, and says where each stands: producer BOOTSTRAP TOPIC.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/Shopify/sarama"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: producer BOOTSTRAP TOPIC")
	}
	config := sarama.NewConfig()
	config.Version = sarama.V2_2_0_0
	config.Producer.Return.Successes = true
	// Neither doubles nor another order when a broker dies and records are sent again; asks for both of these.
	config.Producer.Idempotent = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Net.MaxOpenRequests = 1
	// By default Sarama gives up after three tries, 0.3 s in all. An election may take longer.
	config.Producer.Retry.Max = 100
	config.Producer.Retry.Backoff = 100 * time.Millisecond
	config.Metadata.Retry.Max = 20
	producer, err := sarama.NewSyncProducer(strings.Split(os.Args[1], ","), config)
	if err != nil {
		log.Fatal(err)
	}

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		parts := strings.SplitN(lines.Text(), ":", 2)
		if len(parts) != 2 {
			log.Fatalf("not KEY:VALUE: %s", lines.Text())
		}
		// Returns when the record is acknowledged. Sarama's hash of a key is FNV-1a, not that of Java's clients.
		partition, offset, err := producer.SendMessage(&sarama.ProducerMessage{
			Topic: os.Args[2],
			Key:   sarama.StringEncoder(parts[0]),
			Value: sarama.StringEncoder(parts[1]),
		})
		if err != nil {
			log.Fatalf("%s is not written: %v", parts[0], err)
		}
		fmt.Printf("%d\t%d\t%s\t%s\n", partition, offset, parts[0], parts[1])
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
	if err := producer.Close(); err != nil {
		log.Fatal(err)
	}
}
