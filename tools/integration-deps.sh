#!/usr/bin/env bash
# integration-deps.sh KAFKA_LIBS VENV NODE
#
# Fetches what the integration tests start or ask: Apache Kafka's jars into
# KAFKA_LIBS, Prometheus and Alertmanager from the distribution, and a Python environment with
# scipy, which computes the expected results, in VENV; Chromium, which looks at the
# pages, and axe-core, which says whom they shut out, in NODE. Does nothing for what
# is already there.
set -euo pipefail
cd "$(dirname "$0")/.."
libs=$1 venv=$2 node=$3
axe=4.14.1

sudo=()
if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null; then sudo=(sudo -n); fi

updated=
install() {
	if ! command -v apt-get >/dev/null; then
		echo "install $* by hand: this system has no apt-get" >&2
		return 1
	fi
	if [ -z "$updated" ]; then
		"${sudo[@]}" apt-get update -qq
		updated=1
	fi
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The service that the package may start is left alone: tests start their own on
# ports of their own.
command -v prometheus >/dev/null && command -v promtool >/dev/null || install prometheus
command -v prometheus-alertmanager >/dev/null || install prometheus-alertmanager
java -version 2>&1 | grep -Eq 'version "(1[7-9]|[2-9][0-9])' || install default-jre-headless
command -v mvn >/dev/null || install maven
command -v curl >/dev/null || install curl
command -v chromium >/dev/null || install chromium fonts-dejavu-core

if ! grep -qs "\"version\": \"$axe\"" "$node/node_modules/axe-core/package.json"; then
	command -v npm >/dev/null || install npm
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$node" "axe-core@$axe"
fi

if ! "$venv/bin/python" -c 'import numpy, scipy' 2>/dev/null; then
	if ! python3 -m venv --clear "$venv" 2>/dev/null; then
		install python3 python3-venv
		python3 -m venv --clear "$venv"
	fi
	"$venv/bin/pip" install --quiet --disable-pip-version-check -r testdata/oracle/requirements.txt
fi

DRIFTWATCH_KAFKA_LIBS=$libs internal/kafkatest/fetch.sh
