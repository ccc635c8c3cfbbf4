//go:build race

package miyao

const raced = true
