#!/bin/sh
# Fetches the jars of Apache Kafka from Maven Central into a directory, unless
# they are there: the directory that DRIFTWATCH_KAFKA_LIBS names, for the
# integration tests too, or .cache/kafka of the repository. Needs mvn and Java 17.
set -eu

version=4.4.0
here=$(cd "$(dirname "$0")" && pwd)
dir=${DRIFTWATCH_KAFKA_LIBS:-$here/../../.cache/kafka}
last=kafka_2.13-$version.jar

mkdir -p "$dir"
if [ -f "$dir/$last" ]; then
	exit 0
fi
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
	-DincludeScope=runtime -DoutputDirectory="$work/libs"

# The one that says that all are there comes last.
rm -f "$dir"/*.jar
mv "$work/libs/$last" "$work/$last"
mv "$work"/libs/*.jar "$dir"
mv "$work/$last" "$dir"
