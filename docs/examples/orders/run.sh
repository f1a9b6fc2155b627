#!/usr/bin/env bash
# Runs the five services of this directory in the foreground; Ctrl-C stops them. The Go programs are those below
# bin/ where this is called. BOOTSTRAP and LISTEN move them away from `make cluster` and port 8080.
set -euo pipefail

export BOOTSTRAP=${BOOTSTRAP:-localhost:9092,localhost:9093,localhost:9094}
export LISTEN=${LISTEN:-127.0.0.1:8080}
here=$(dirname "$0")
services=(bin/order-service bin/payment)

finish() {
  trap - INT TERM EXIT
  kill $(jobs -p) 2>/dev/null || true
  wait
}
trap finish INT TERM EXIT

for service in "${services[@]}"; do "$service" & done
for service in inventory shipping confirmations; do python3 "$here/$service.py" & done
# A service that ends takes the others with it: here nobody would start it again.
wait -n
