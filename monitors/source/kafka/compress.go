package kafka

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// encoder makes frames for whoever asks, at the same time too.
var encoder = sync.OnceValue(func() *zstd.Encoder {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2))
	if err != nil {
		panic(fmt.Sprintf("zstd refuses constant options: %v", err))
	}
	return w
})

// compress returns b as one zstd frame.
func compress(b []byte) []byte { return encoder().EncodeAll(b, nil) }

// uncompress is the inverse of compress. More than maxFrame bytes are an error.
func uncompress(b []byte) ([]byte, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxFrame))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.DecodeAll(b, nil)
}

func uncompressJSON(b []byte, v any) error {
	b, err := uncompress(b)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
