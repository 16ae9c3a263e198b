package app

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
)

// collectAt is the garbage collector's target for the daemon: most of its heap are
// long-lived windows, and half of them again is room enough for what is not.
const collectAt = 50

// limitMemory makes the runtime keep to the limit, by collecting more often as it
// comes near. What the user set by environment variables stays.
func limitMemory(limit int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}

// crowded reports whether what is alive on the heap takes so much of the limit that
// partitions should not read ahead of each other.
func crowded(limit int64) bool { return liveHeap() > uint64(limit/2) }

// liveHeap is how many bytes of the heap were alive at the newest collection.
func liveHeap() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// within returns the limit, or most of what the machine or the container has where
// that is less.
func within(limit int64) int64 {
	for _, has := range []int64{
		firstNumber("/proc/meminfo", 1<<10), firstNumber("/sys/fs/cgroup/memory.max", 1),
		firstNumber("/sys/fs/cgroup/memory/memory.limit_in_bytes", 1),
	} {
		if has > 0 {
			limit = min(limit, has/10*9)
		}
	}
	return limit
}

// firstNumber returns the first number in a file of the kernel, in units; 0 where
// there is none.
func firstNumber(path string, unit int64) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for _, word := range strings.Fields(string(b)) {
		if n, err := strconv.ParseInt(word, 10, 64); err == nil {
			return n * unit
		}
	}
	return 0
}
