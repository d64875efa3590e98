// Figure S2: what is left of the thickness curve at a dynamic range of 10²? See README.md.
#load "../shared/recovery.fsx"

Recovery.run __SOURCE_DIRECTORY__ "Thickness from data of dynamic range 10², quartz" 1e2
