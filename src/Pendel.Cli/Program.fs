module Pendel.Cli.Program

[<EntryPoint>]
let main _ = 0
