// Sarama against a cluster: main produce|consume|admin BOOTSTRAP TOPIC COUNT. Writes "PARTITION OFFSET VALUE"
// for each record that was acknowledged or read; ends with 1 and the reason if anything is not as it must be.
// SARAMA_VERSION names the Kafka version that the client shall believe it speaks to.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/Shopify/sarama"
)

func must(err error, what string) {
	if err != nil {
		fmt.Fprintln(os.Stderr, what+":", err)
		os.Exit(1)
	}
}

func expect(isTrue bool, what string) {
	if !isTrue {
		fmt.Fprintln(os.Stderr, "not so:", what)
		os.Exit(1)
	}
}

func configuration() *sarama.Config {
	config := sarama.NewConfig()
	version, err := sarama.ParseKafkaVersion(os.Getenv("SARAMA_VERSION"))
	must(err, "SARAMA_VERSION")
	config.Version = version
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Retry.Max = 100
	config.Producer.Retry.Backoff = 100 * time.Millisecond
	config.Metadata.Retry.Max = 20
	config.Consumer.Return.Errors = true
	if version.IsAtLeast(sarama.V0_11_0_0) {
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
	}
	config.Producer.Compression = sarama.CompressionLZ4
	return config
}

func produce(brokers []string, topic string, count int) {
	producer, err := sarama.NewSyncProducer(brokers, configuration())
	must(err, "producer")
	for n := 0; n < count; n++ {
		value := fmt.Sprintf("value-%d", n)
		partition, offset, err := producer.SendMessage(&sarama.ProducerMessage{
			Topic: topic,
			Key:   sarama.StringEncoder(strconv.Itoa(n)),
			Value: sarama.StringEncoder(value),
		})
		must(err, value)
		fmt.Println(partition, offset, value)
	}
	must(producer.Close(), "closing the producer")
}

func consume(brokers []string, topic string, count int) {
	consumer, err := sarama.NewConsumer(brokers, configuration())
	must(err, "consumer")
	partitions, err := consumer.Partitions(topic)
	must(err, "partitions")
	records := make(chan *sarama.ConsumerMessage)
	for _, partition := range partitions {
		reader, err := consumer.ConsumePartition(topic, partition, sarama.OffsetOldest)
		must(err, "partition")
		go func() {
			for err := range reader.Errors() {
				must(err, "reading")
			}
		}()
		go func() {
			for record := range reader.Messages() {
				records <- record
			}
		}()
	}
	limit := time.After(30 * time.Second)
	for n := 0; n < count; n++ {
		select {
		case record := <-records:
			fmt.Println(record.Partition, record.Offset, string(record.Value))
		case <-limit:
			must(fmt.Errorf("%d of %d records", n, count), "time is over")
		}
	}
}

func admin(brokers []string, topic string) {
	config := configuration()
	admin, err := sarama.NewClusterAdmin(brokers, config)
	must(err, "admin")
	retention := "100000"
	detail := &sarama.TopicDetail{
		NumPartitions: 2, ReplicationFactor: 3,
		ConfigEntries: map[string]*string{"retention.ms": &retention}}
	must(admin.CreateTopic(topic, detail, false), "create")
	expect(admin.CreateTopic(topic, detail, false) != nil, "a topic cannot be made twice")
	must(admin.CreatePartitions(topic, 5, nil, false), "partitions")
	shorter := "50000"
	must(admin.AlterConfig(
		sarama.TopicResource, topic, map[string]*string{"retention.ms": &shorter}, false), "alter")
	// Neither DescribeConfig nor ListTopics: they ask with a version that Kafka 4 has dropped too.
	topics, err := admin.DescribeTopics([]string{topic})
	must(err, "describe")
	expect(len(topics[0].Partitions) == 5, "the topic has its partitions")
	expect(len(topics[0].Partitions[4].Isr) == 3, "a new partition has its replicas")
	brokersThere, _, err := admin.DescribeCluster()
	must(err, "cluster")
	expect(len(brokersThere) == 3, "there are three brokers")
	must(admin.DeleteTopic(topic), "delete")
	expect(admin.DeleteTopic(topic) != nil, "a topic cannot be deleted twice")
	must(admin.Close(), "closing")
}

func main() {
	brokers := strings.Split(os.Args[2], ",")
	count, err := strconv.Atoi(os.Args[4])
	must(err, "count")
	switch os.Args[1] {
	case "produce":
		produce(brokers, os.Args[3], count)
	case "consume":
		consume(brokers, os.Args[3], count)
	case "admin":
		admin(brokers, os.Args[3])
	}
}
