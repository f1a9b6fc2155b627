// confluent-kafka-go against a cluster: main produce|consume|admin BOOTSTRAP TOPIC COUNT. Writes "PARTITION
// OFFSET VALUE" for each record that was acknowledged or read; ends with 1 and the reason if anything is not as
// it must be.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/confluentinc/confluent-kafka-go/kafka"
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

func show(record *kafka.Message) {
	where := record.TopicPartition
	fmt.Println(where.Partition, int64(where.Offset), string(record.Value))
}

func produce(brokers string, topic string, count int) {
	producer, err := kafka.NewProducer(&kafka.ConfigMap{
		"bootstrap.servers": brokers, "enable.idempotence": true, "linger.ms": 2})
	must(err, "producer")
	done := make(chan bool)
	go func() {
		seen := 0
		for event := range producer.Events() {
			if record, isRecord := event.(*kafka.Message); isRecord {
				must(record.TopicPartition.Error, string(record.Value))
				show(record)
				seen++
			}
			if seen == count {
				done <- true
			}
		}
	}()
	for n := 0; n < count; n++ {
		producer.ProduceChannel() <- &kafka.Message{
			TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny},
			Key:            []byte(strconv.Itoa(n)),
			Value:          []byte(fmt.Sprintf("value-%d", n)),
			Headers:        []kafka.Header{{Key: "n", Value: []byte(strconv.Itoa(n))}}}
		if n%100 == 0 {
			// Over some seconds, so that a node can be killed in the middle.
			time.Sleep(20 * time.Millisecond)
		}
	}
	<-done
}

func consume(brokers string, topic string, count int) {
	consumer, err := kafka.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": brokers, "group.id": "unused", "check.crcs": true})
	must(err, "consumer")
	metadata, err := consumer.GetMetadata(&topic, false, 10000)
	must(err, "metadata")
	var all []kafka.TopicPartition
	for _, partition := range metadata.Topics[topic].Partitions {
		all = append(all, kafka.TopicPartition{
			Topic: &topic, Partition: partition.ID, Offset: kafka.OffsetBeginning})
	}
	must(consumer.Assign(all), "assign")
	for n := 0; n < count; {
		record, err := consumer.ReadMessage(30 * time.Second)
		if isPassing(err) {
			continue
		}
		must(err, fmt.Sprintf("record %d of %d", n, count))
		show(record)
		n++
	}
}

// A broker that is down is told of as an error between records; the client goes on with the others.
func isPassing(err error) bool {
	told, isKafkas := err.(kafka.Error)
	return isKafkas && (told.Code() == kafka.ErrTransport || told.Code() == kafka.ErrAllBrokersDown)
}

func admin(brokers string, topic string) {
	admin, err := kafka.NewAdminClient(&kafka.ConfigMap{"bootstrap.servers": brokers})
	must(err, "admin")
	limit, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	specification := []kafka.TopicSpecification{{
		Topic: topic, NumPartitions: 2, ReplicationFactor: 3,
		Config: map[string]string{"retention.ms": "100000"}}}
	results, err := admin.CreateTopics(limit, specification, kafka.SetAdminOperationTimeout(10*time.Second))
	must(err, "create")
	expect(results[0].Error.Code() == kafka.ErrNoError, results[0].String())
	results, err = admin.CreateTopics(limit, specification, kafka.SetAdminOperationTimeout(10*time.Second))
	must(err, "create again")
	expect(results[0].Error.Code() == kafka.ErrTopicAlreadyExists, results[0].String())
	results, err = admin.CreatePartitions(
		limit, []kafka.PartitionsSpecification{{Topic: topic, IncreaseTo: 5}},
		kafka.SetAdminOperationTimeout(10*time.Second))
	must(err, "partitions")
	expect(results[0].Error.Code() == kafka.ErrNoError, results[0].String())
	configs, err := admin.DescribeConfigs(
		limit, []kafka.ConfigResource{{Type: kafka.ResourceTopic, Name: topic}})
	must(err, "describe")
	expect(configs[0].Config["retention.ms"].Value == "100000", "the setting is there")
	results, err = admin.DeleteTopics(limit, []string{topic}, kafka.SetAdminOperationTimeout(10*time.Second))
	must(err, "delete")
	expect(results[0].Error.Code() == kafka.ErrNoError, results[0].String())
}

func main() {
	count, err := strconv.Atoi(os.Args[4])
	must(err, "count")
	switch os.Args[1] {
	case "produce":
		produce(os.Args[2], os.Args[3], count)
	case "consume":
		consume(os.Args[2], os.Args[3], count)
	case "admin":
		admin(os.Args[2], os.Args[3])
	}
}
