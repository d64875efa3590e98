/// How large beam lists and rocking curves have to be: the settings that truncate the calculation grow, one after the other, until the
/// intensities of sampled frames stop changing.
///
/// Intensities of two sizes are compared by R = Σ|F₁ − F₂|/ΣF₂ over the rows of a sample, F₂ of the larger size. A size is converged
/// if no setting's next step changes R by the limit or more (CONVENTIONS, Convergence).
module Pendel.Core.Convergence

open System
open Pendel.Core.FrameSample

/// A setting that truncates the calculation.
[<RequireQualifiedAccess>]
type Truncation =
    /// g_max of the beams; a step is a factor of 1.25.
    | BeamGMax
    /// sg_max; a step is a factor of 2.
    | SgMax
    /// Orientations that integrate a frame; a step is a factor of 2.
    | Tilts

/// The settings that truncate, in the order in which they grow.
let truncations = [ Truncation.BeamGMax; Truncation.SgMax; Truncation.Tilts ]

/// The size after a step of one setting; None where that is beyond what the setting may be.
///
/// - `sufficient`: number of orientations that `Sufficient` means
let grow sufficient truncation size =
    match truncation with
    | Truncation.BeamGMax ->
        let next = Math.Round(1.25 * size.BeamGMax, 3)

        if next <= Settings.largestGMax then
            Some { size with BeamGMax = next }
        else
            None
    | Truncation.SgMax ->
        let next = 2.0 * size.SgMax

        if next <= Settings.largestSgMax then
            Some { size with SgMax = next }
        else
            None
    | Truncation.Tilts ->
        let count =
            match size.Tilts with
            | Sufficient -> sufficient
            | Count n -> n

        if 2 * count <= Settings.mostTilts then
            Some { size with Tilts = Count(2 * count) }
        else
            None

/// What a step has grown.
type Growth =
    /// Nothing: the starting settings.
    | Start
    /// One setting, from the smallest size so far that is not known to be too small.
    | One of Truncation

/// A calculated size.
type Step =
    {
        Growth: Growth
        Size: Size
        Simulation: Simulation
        /// R of the size before against this one; None at the start.
        Change: float option
    }

/// Why a setting grew no more.
type Ending =
    /// Its next step changes R by this, which is below the limit.
    | Settled of change: float
    /// All steps are spent.
    | StepsSpent
    /// Its next step takes so much memory, bytes, above the limit.
    | TooLarge of bytes: float
    /// Its next step is beyond what the setting may be.
    | Largest

/// When the search ends.
type Limits =
    {
        /// R that a step has to stay below.
        Change: float
        /// Most sizes that are calculated.
        Steps: int
    }

/// What a search has found.
type Found =
    {
        /// In the order in which they were calculated; the first is the start.
        Steps: Step list
        /// The size that is found: the smallest on the way whose next steps all stay below the limit, or where the search ended.
        Size: Size
        /// Of each setting.
        Endings: (Truncation * Ending) list
    }

/// Whether every setting's next step stays below the limit.
let isConverged (found: Found) =
    found.Endings
    |> List.forall (fun (_, ending) ->
        match ending with
        | Settled _ -> true
        | _ -> false)

/// The last R that a step of a setting gave; None if it never grew.
let lastChange (found: Found) truncation =
    found.Steps
    |> List.filter (fun s -> s.Growth = One truncation)
    |> List.tryLast
    |> Option.bind _.Change

/// The simulation of a calculated size.
let private simulationAt (found: Found) size =
    (found.Steps |> List.find (fun s -> s.Size = size)).Simulation

/// An estimate of the truncation error of the size that was found: the root of the sum over settings of the squares of R by which the
/// next step of each changes it, or the last step where the next one was not calculated.
let truncationError (found: Found) =
    let change (truncation, ending) =
        match ending with
        | Settled next -> next
        | _ -> lastChange found truncation |> Option.defaultValue 0.0

    found.Endings |> List.sumBy (fun ending -> change ending ** 2.0) |> sqrt

/// The same of the starting size, from its R against the size that was found.
let truncationErrorOfStart (found: Found) =
    let start = found.Steps.Head.Size

    let apart =
        if start = found.Size then
            0.0
        else
            change (simulationAt found start) (simulationAt found found.Size)

    sqrt (apart ** 2.0 + truncationError found ** 2.0)

/// A search on its way.
type private Way =
    {
        /// The latest first.
        Steps: Step list
        Size: Size
    }

let private known (way: Way) size =
    way.Steps |> List.tryFind (fun s -> s.Size = size) |> Option.map _.Simulation

/// Calculates a size unless it is known.
let private reach (limits: Limits) simulate report growth next (way: Way) =
    match known way next with
    | Some simulation -> way, Ok simulation
    | None when way.Steps.Length >= limits.Steps -> way, Error StepsSpent
    | None ->
        match simulate next with
        | Error bytes -> way, Error(TooLarge bytes)
        | Ok simulation ->
            let step =
                {
                    Growth = growth
                    Size = next
                    Simulation = simulation
                    Change = known way way.Size |> Option.map (fun before -> change before simulation)
                }

            report step
            { way with Steps = step :: way.Steps }, Ok simulation

/// Grows one setting until its next step stays below the limit.
let rec private settle (limits: Limits) simulate grow report truncation (way: Way) =
    match grow truncation way.Size with
    | None -> way, Largest
    | Some next ->
        match reach limits simulate report (One truncation) next way with
        | way, Error ending -> way, ending
        | way, Ok larger ->
            let change = change (known way way.Size).Value larger

            if change < limits.Change then
                way, Settled change
            else
                settle limits simulate grow report truncation { way with Size = next }

/// Grows every setting in turn until none of them moves.
let rec private settleAll limits simulate grow report (way: Way) =
    let round, endings =
        List.mapFold
            (fun way truncation ->
                let way, ending = settle limits simulate grow report truncation way
                (truncation, ending), way)
            way
            truncations
        |> fun (endings, way) -> way, endings

    if round.Size = way.Size then
        round, endings
    else
        settleAll limits simulate grow report round

/// Searches the smallest size whose next steps all change R by less than the limit; growing one setting opens the others again.
///
/// - `simulate`: a size → its simulation, or the bytes that it would take, which are too many
/// - `grow`: a setting and a size → the next size
/// - `report`: receives every step as it is done
///
/// Raises `ArgumentException` if the starting size takes too much memory.
let search (limits: Limits) simulate (grow: Truncation -> Size -> Size option) (report: Step -> unit) start : Found =
    let first =
        match reach limits simulate report Start start { Steps = []; Size = start } with
        | way, Ok _ -> way
        | _, Error(TooLarge bytes) ->
            raise (
                ArgumentException(
                    FormattableString.Invariant
                        $"the starting settings take {bytes / 1e6:F0} MB for a frame, which is above the limit"
                )
            )
        | _, Error ending -> raise (ArgumentException $"the starting settings cannot be calculated: {ending}")

    let way, endings = settleAll limits simulate grow report first

    {
        Steps = List.rev way.Steps
        Size = way.Size
        Endings = endings
    }
