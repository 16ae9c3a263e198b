//go:build integration

package demo

const storySeeds = 20
