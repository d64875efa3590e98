/// Laws that hold for everything that can be drawn. All draws start from one seed: a law that fails, fails for everyone.
module Pendel.Tests.Law

open FsCheck

let private config =
    Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithReplay(20_000_011UL, 30_000_001UL)

/// The law holds for `count` draws.
let holdsFor count law =
    Check.One(config.WithMaxTest count, law)

/// The law holds for a hundred draws.
let holds law = holdsFor 100 law
