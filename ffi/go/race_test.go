//go:build race || asan

package miyao

const raced = true
