/* librdkafka's C interface against a cluster: main produce|consume BOOTSTRAP TOPIC COUNT. Writes "PARTITION
 * OFFSET VALUE" for each record that was acknowledged or read; ends with 1 and the reason if anything is not as
 * it must be. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int delivered;

static void must(int is_true, const char *what, const char *reason) {
  if (is_true) return;
  fprintf(stderr, "%s: %s\n", what, reason);
  exit(1);
}

static void show(const rd_kafka_message_t *record) {
  printf("%d %lld %.*s\n", (int)record->partition, (long long)record->offset, (int)record->len,
         (const char *)record->payload);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *record, void *opaque) {
  (void)client, (void)opaque;
  must(!record->err, "delivery", rd_kafka_err2str(record->err));
  show(record);
  delivered++;
}

static rd_kafka_t *start(rd_kafka_type_t kind, const char *settings[][2], int count) {
  char reason[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (int i = 0; i < count; i++)
    must(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], reason, sizeof reason) ==
             RD_KAFKA_CONF_OK, settings[i][0], reason);
  if (kind == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *client = rd_kafka_new(kind, conf, reason, sizeof reason);
  must(client != NULL, "client", reason);
  return client;
}

static void produce(const char *brokers, const char *topic, int count) {
  const char *settings[][2] = {
      {"bootstrap.servers", brokers}, {"enable.idempotence", "true"}, {"linger.ms", "2"},
      {"compression.type", "lz4"}};
  rd_kafka_t *client = start(RD_KAFKA_PRODUCER, settings, 4);
  for (int n = 0; n < count; n++) {
    char value[32];
    int length = snprintf(value, sizeof value, "value-%d", n);
    rd_kafka_resp_err_t error = rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(&n, sizeof n),
        RD_KAFKA_V_VALUE(value, (size_t)length), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_END);
    must(!error, value, rd_kafka_err2str(error));
    /* Over some seconds, so that a node can be killed in the middle. */
    rd_kafka_poll(client, n % 100 == 0 ? 20 : 0);
  }
  rd_kafka_flush(client, 60000);
  must(delivered == count, "flush", "not everything was acknowledged");
  rd_kafka_destroy(client);
}

static void consume(const char *brokers, const char *topic, int count) {
  const char *settings[][2] = {
      {"bootstrap.servers", brokers}, {"group.id", "unused"}, {"check.crcs", "true"}};
  rd_kafka_t *client = start(RD_KAFKA_CONSUMER, settings, 3);
  rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
  const struct rd_kafka_metadata *metadata;
  rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, handle, &metadata, 10000);
  must(!error, "metadata", rd_kafka_err2str(error));
  rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(8);
  for (int i = 0; i < metadata->topics[0].partition_cnt; i++)
    rd_kafka_topic_partition_list_add(all, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  error = rd_kafka_assign(client, all);
  must(!error, "assign", rd_kafka_err2str(error));
  for (int n = 0; n < count; n++) {
    rd_kafka_message_t *record = rd_kafka_consumer_poll(client, 30000);
    must(record != NULL, "poll", "no record in 30 s");
    must(!record->err, "poll", rd_kafka_message_errstr(record));
    show(record);
    rd_kafka_message_destroy(record);
  }
  rd_kafka_topic_partition_list_destroy(all);
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(handle);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
}

int main(int argc, char **argv) {
  must(argc == 5, "usage", "produce|consume BOOTSTRAP TOPIC COUNT");
  if (strcmp(argv[1], "produce") == 0)
    produce(argv[2], argv[3], atoi(argv[4]));
  else
    consume(argv[2], argv[3], atoi(argv[4]));
  return 0;
}
