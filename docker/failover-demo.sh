#!/usr/bin/env bash
# Starts the three nodes of compose.yaml, makes a topic with three replicas, writes and reads, kills the leader
# while more is written, shows the new leader and that nothing was lost, starts the node again and waits until
# all replicas are in sync. Ends with 1 at the first thing that is not so. Everything is removed at the end;
# KEEP=1 leaves the cluster running.
set -euo pipefail
cd "$(dirname "$0")"

compose() {
  if docker compose version >/dev/null 2>&1; then
    docker compose -p martlet-demo -f compose.yaml "$@"
  else
    docker-compose -p martlet-demo -f compose.yaml "$@"
  fi
}
say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; compose logs --tail 20 >&2 || true; exit 1; }
finish() { [ -n "${KEEP:-}" ] || compose down -v --timeout 30 >/dev/null 2>&1 || true; }
trap finish EXIT

# A node's tool, by the names of Kafka's own image.
tool() { local node=$1 name=$2; shift 2; compose exec -T "kafka-$node" "/opt/kafka/bin/kafka-$name.sh" "$@"; }
all=kafka-1:19092,kafka-2:19092,kafka-3:19092
health() { docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q "kafka-$1")" 2>/dev/null; }
# until_true SECONDS WHAT COMMAND…
until_true() {
  local limit=$((SECONDS + $1)) what=$2; shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$limit" ] || fail "$what"
    sleep 0.2
  done
}
is_healthy() { [ "$(health "$1")" = healthy ]; }
describe() { tool "$1" topics --bootstrap-server "$all" --describe --topic demo | tr '\t' '\n'; }
leader() { describe "$1" | sed -n 's/^Leader: //p'; }
in_sync() { [ "$(describe "$1" | sed -n 's/^Isr: //p' | tr ',' '\n' | sort -n | paste -sd, -)" = 1,2,3 ]; }
lines() { seq -f 'record %g' "$1" "$2"; }
write() { tool "$1" console-producer --bootstrap-server "$all" --topic demo --command-property acks=all; }

say "three nodes start"
compose up -d
for node in 1 2 3; do until_true 60 "node $node is not ready" is_healthy "$node"; done

say "a topic with three replicas, and 500 records"
tool 1 topics --bootstrap-server "$all" --create --topic demo --partitions 1 --replication-factor 3
lines 1 500 | write 1
first=$(leader 1)
other=$((first % 3 + 1))
echo "leader: $first"

say "node $first is killed while 500 more are written through node $other"
(lines 501 1000 | while read -r line; do echo "$line"; sleep 0.005; done | write "$other") &
writing=$!
compose kill -s SIGKILL "kafka-$first" >/dev/null
wait "$writing" || fail "the writer was refused"
second=$(leader "$other")
echo "leader: $second"
[ "$second" != "$first" ] || fail "the dead node still leads"

say "all records are read"
read=$(tool "$other" console-consumer --bootstrap-server "$all" --topic demo --from-beginning \
  --max-messages 1000 --timeout-ms 30000 2>/dev/null | sort -u | wc -l)
echo "$read of 1000"
[ "$read" -eq 1000 ] || fail "records are missing"

say "node $first returns to the in-sync replicas"
compose start "kafka-$first" >/dev/null
until_true 60 "node $first is not ready" is_healthy "$first"
until_true 60 "node $first is not in sync" in_sync "$other"
describe "$other" | sed -n '/^Isr/p'

say "a controlled shutdown ends with 0, in time"
compose stop --timeout 30 "kafka-$second" >/dev/null
code=$(docker inspect -f '{{.State.ExitCode}}' "$(compose ps -a -q "kafka-$second" 2>/dev/null || compose ps -q "kafka-$second")")
[ "$code" -eq 0 ] || fail "node $second ended with $code"

say "nothing was lost"
