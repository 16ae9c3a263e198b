#!/bin/sh
# Fetches the jars of Apache Kafka from Maven Central into a directory, once, and
# prints that directory: the value for DRIFTWATCH_KAFKA_LIBS of the integration
# tests. Needs mvn and a Java 17.
#
# usage: fetch-kafka.sh [DIR]      default: .cache/kafka of the repository
set -eu

version=4.4.0
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:-$here/../../.cache/kafka}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
libs=$dir/$version

if [ ! -d "$libs" ]; then
	work=$(mktemp -d "$dir/fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cat >"$work/pom.xml" <<-POM
		<project xmlns="http://maven.apache.org/POM/4.0.0">
		  <modelVersion>4.0.0</modelVersion>
		  <groupId>driftwatch</groupId><artifactId>kafka-libs</artifactId><version>1</version><packaging>pom</packaging>
		  <dependencies><dependency>
		    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version>
		  </dependency></dependencies>
		</project>
	POM
	mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory="$work/libs" >&2
	mv "$work/libs" "$libs" # whole or not at all
fi
echo "$libs"
