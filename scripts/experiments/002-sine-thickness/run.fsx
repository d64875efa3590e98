// Figure S1: is a sine of the thickness recovered from data of dynamic range 10⁶? See README.md.
#load "../shared/recovery.fsx"

let title = "Thickness from data of dynamic range 10⁶, quartz"
Recovery.run __SOURCE_DIRECTORY__ title 1e6
