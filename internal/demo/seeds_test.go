//go:build !integration

package demo

// storySeeds is how many seeds the story is run with; the integration tests
// take more.
const storySeeds = 2
