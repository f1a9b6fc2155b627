// The order service: PUT /orders/ID takes an order, GET /orders/ID tells what became of it. Written with
// confluent-kafka-go.
//
// An order is taken when order-events has it on the disks of all in-sync replicas. A client that gets no answer,
// or 503, asks again with the same ID: the services behind look at the ID and do nothing twice.
//
// BOOTSTRAP and LISTEN say where the cluster is, and where to listen.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/kafka"
)

type order struct {
	ID       string `json:"order"`
	Item     string `json:"item"`
	Quantity int    `json:"quantity"`
	Amount   int    `json:"amount"` // in cents
	Country  string `json:"country"`
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// shop answers the requests.
type shop struct {
	producer *kafka.Producer
	lock     sync.Mutex
	verdicts map[string][]byte // by order, as they stand in order-confirmations
}

func (s *shop) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	id := strings.TrimPrefix(request.URL.Path, "/orders/")
	switch {
	case request.URL.Path == "/ready":
		answer.WriteHeader(http.StatusOK)
	case !strings.HasPrefix(request.URL.Path, "/orders/") || !identifier.MatchString(id):
		http.Error(answer, "ask for /orders/ID", http.StatusNotFound)
	case request.Method == http.MethodPut:
		s.take(answer, request, id)
	case request.Method == http.MethodGet:
		s.tell(answer, id)
	default:
		http.Error(answer, "PUT or GET", http.StatusMethodNotAllowed)
	}
}

func (s *shop) take(answer http.ResponseWriter, request *http.Request, id string) {
	var taken order
	body := http.MaxBytesReader(answer, request.Body, 1<<16)
	if err := json.NewDecoder(body).Decode(&taken); err != nil || taken.Quantity < 1 || taken.Amount < 0 {
		http.Error(answer, "an order has item, quantity, amount and country", http.StatusBadRequest)
		return
	}
	taken.ID = id
	value, err := json.Marshal(taken)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusInternalServerError)
		return
	}
	topic, delivered := "order-events", make(chan kafka.Event, 1)
	err = s.producer.Produce(&kafka.Message{
		TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny},
		Key:            []byte(id), Value: value}, delivered)
	if err == nil {
		err = (<-delivered).(*kafka.Message).TopicPartition.Error
	}
	if err != nil {
		http.Error(answer, err.Error(), http.StatusServiceUnavailable)
		return
	}
	answer.WriteHeader(http.StatusAccepted)
}

func (s *shop) tell(answer http.ResponseWriter, id string) {
	s.lock.Lock()
	verdict, isKnown := s.verdicts[id]
	s.lock.Unlock()
	if !isKnown {
		http.Error(answer, "not decided", http.StatusNotFound)
		return
	}
	answer.Header().Set("Content-Type", "application/json")
	answer.Write(append(verdict, '\n'))
}

// follow reads order-confirmations from its start and on: every instance of this service needs all of it, so it
// takes the partitions by itself and is in no group.
func (s *shop) follow(bootstrap string) {
	topic := "order-confirmations"
	consumer, err := kafka.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": false})
	if err != nil {
		log.Fatal(err)
	}
	metadata, err := consumer.GetMetadata(&topic, false, 30000)
	if err != nil {
		log.Fatal(err)
	}
	var all []kafka.TopicPartition
	for _, partition := range metadata.Topics[topic].Partitions {
		all = append(all, kafka.TopicPartition{
			Topic: &topic, Partition: partition.ID, Offset: kafka.OffsetBeginning})
	}
	if len(all) == 0 {
		log.Fatalf("there is no topic %s", topic)
	}
	if err := consumer.Assign(all); err != nil {
		log.Fatal(err)
	}
	for {
		record, err := consumer.ReadMessage(-1)
		if err != nil {
			log.Println(err) // a broker that is away, for example: the client goes on by itself
			continue
		}
		s.lock.Lock()
		// The first counts.
		if _, isKnown := s.verdicts[string(record.Key)]; !isKnown {
			s.verdicts[string(record.Key)] = record.Value
		}
		s.lock.Unlock()
	}
}

func main() {
	bootstrap, listen := os.Getenv("BOOTSTRAP"), os.Getenv("LISTEN")
	if bootstrap == "" || listen == "" {
		log.Fatal("BOOTSTRAP and LISTEN are wanted, as localhost:9092 and 127.0.0.1:8080")
	}
	producer, err := kafka.NewProducer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "enable.idempotence": true, "linger.ms": 2,
		"partitioner": "murmur2_random"})
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for event := range producer.Events() {
			log.Println(event)
		}
	}()
	orders := &shop{producer: producer, verdicts: map[string][]byte{}}
	go orders.follow(bootstrap)
	server := &http.Server{
		Addr: listen, Handler: orders, ReadTimeout: 10 * time.Second, IdleTimeout: 60 * time.Second}
	log.Fatal(server.ListenAndServe())
}
