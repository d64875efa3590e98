/// Settings of what is refined of a structure.
module internal Pendel.Report.StructureSettings

open Pendel.Core
open Pendel.Report.Setting

let private restraintWeightLimit = 1e6

let private hydrogens =
    choice
        "hydrogens"
        "what is refined of hydrogens: position and ADP, or nothing, since they ride on the atom they are bonded to"
        [ "refined", RefinedHydrogens; "riding", RidingHydrogens ]
        _.Hydrogens
        (fun x s -> { s with Hydrogens = x })

let private occupancies =
    {
        Name = "occupancies"
        Meaning = "site occupancies that are refined, by their labels"
        Expected =
            "none, or labels such as Na1,Si1:Al1, each once; a colon joins two that share a site and keeps their sum"
        Default = None
        Get =
            fun settings ->
                Word(
                    if settings.Occupancies.IsEmpty then
                        "none"
                    else
                        Occupancies.toText settings.Occupancies
                )
        Set =
            fun value settings ->
                match value with
                | Word "none" -> Some { settings with Occupancies = [] }
                | Word text ->
                    Occupancies.tryOfText text
                    |> Option.map (fun refined -> { settings with Occupancies = refined })
                | _ -> None
    }

/// In a settings file alone.
let private restraints =
    {
        Name = "restraints"
        Meaning = "restraints on distances and on the similarity of displacement parameters"
        Expected =
            """a list such as [{"kind": "distance", "atoms": ["C1", "O1"], "target": 1.25, "su": 0.02}] in a settings file"""
        Default = None
        Get = fun settings -> Terms settings.Restraints
        Set =
            fun value settings ->
                match value with
                | Terms restraints ->
                    Some
                        { settings with
                            Restraints = restraints
                        }
                | _ -> None
    }

let private restraintWeight =
    positive
        "restraint-weight"
        "weight of the restraints: measurements of average misfit that one restraint, off by its su, counts as"
        restraintWeightLimit
        _.RestraintWeight
        (fun x s -> { s with RestraintWeight = x })

/// In the order in which they are written.
let all = [ hydrogens; occupancies; restraints; restraintWeight ]
