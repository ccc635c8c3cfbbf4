module peers

go 1.24.0

require github.com/emmansun/gmsm v0.43.0
