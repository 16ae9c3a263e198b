package engine

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"driftwatch/monitors/store"
)

// What a receiver was told of a monitor's alerts is a value of its own, for it goes
// along when the monitor moves to another process. The key of what belongs to no
// monitor is older.
const memoryPrefix = "told "

func memoryKey(receiver, monitor string) string {
	if monitor == "" {
		return "receiver " + receiver
	}
	return memoryPrefix + strconv.Quote(receiver) + " " + monitor
}

func readMemory(tx *store.Tx, receiver string) map[string][]byte {
	memory := map[string][]byte{}
	if b := tx.Meta(memoryKey(receiver, "")); b != nil {
		memory[""] = bytes.Clone(b)
	}
	prefix := memoryPrefix + strconv.Quote(receiver) + " "
	tx.Metas(prefix, func(key string, b []byte) { memory[strings.TrimPrefix(key, prefix)] = bytes.Clone(b) })
	return memory
}

// monitorMemory returns what receivers were told of a monitor, by receiver.
func monitorMemory(tx *store.Tx, monitor string) map[string][]byte {
	memory := map[string][]byte{}
	tx.Metas(memoryPrefix, func(key string, b []byte) {
		quoted, err := strconv.QuotedPrefix(strings.TrimPrefix(key, memoryPrefix))
		if err != nil {
			return
		}
		if receiver, err := strconv.Unquote(quoted); err == nil && key == memoryKey(receiver, monitor) {
			memory[receiver] = bytes.Clone(b)
		}
	})
	return memory
}

func forgetMemory(tx *store.Tx, monitor string) (err error) {
	for receiver := range monitorMemory(tx, monitor) {
		err = errors.Join(err, tx.DropMeta(memoryKey(receiver, monitor)))
	}
	return err
}

// remember keeps parts of a receiver's memory; an empty one is none.
func (s *sequencer) remember(tx *store.Tx, receiver string, memory map[string][]byte) (err error) {
	for monitor, b := range memory {
		key := memoryKey(receiver, monitor)
		if len(b) == 0 {
			err = errors.Join(err, tx.DropMeta(key))
		} else {
			err = errors.Join(err, tx.PutMeta(key, b))
		}
		if s.opts.Moves != nil {
			s.unmoved[monitor] = true
		}
	}
	return err
}
