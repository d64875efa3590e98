// Figure S1: is a sine of the thickness recovered from data of dynamic range 10⁶? See README.md.
#load "../shared/recovery.fsx"

Recovery.run __SOURCE_DIRECTORY__ "Thickness from data of dynamic range 10⁶, quartz" 1e6
