// Figure S2: what is left of the thickness curve at a dynamic range of 10²? See README.md.
#load "../shared/recovery.fsx"

let title = "Thickness from data of dynamic range 10², quartz"
Recovery.run __SOURCE_DIRECTORY__ title 1e2
