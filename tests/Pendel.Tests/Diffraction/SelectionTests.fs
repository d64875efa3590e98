module Pendel.Tests.Diffraction.SelectionTests

open System
open System.Collections.Immutable
open FsCheck
open FsCheck.FSharp
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Tests
open Xunit

let private spaceGroup (symbol: string) =
    match SpaceGroup.TryFromHermannMauguin symbol with
    | true, group -> Unchecked.nonNull group
    | _ -> failwith $"{symbol} is not known"

let private cell = UnitCell(5, 6, 7, 85, 95, 110)

[<Fact>]
let ``lattice points within g_max are all there, once, in order, and as the centring allows`` () =
    for symbol, allowed in
        [
            "P -1", (fun _ -> true)
            "C 2", (fun (h: MillerIndex) -> (h.H + h.K) % 2 = 0)
            "I 2 2 2", (fun h -> (h.H + h.K + h.L) % 2 = 0)
            "F d d 2", (fun h -> (h.H + h.K) % 2 = 0 && (h.K + h.L) % 2 = 0)
            "R 3 c", (fun h -> (-h.H + h.K + h.L) % 3 = 0)
        ] do
        let points = ReciprocalLattice.Within(cell, spaceGroup symbol, 0.9)

        let expected =
            [
                for h in -8 .. 8 do
                    for k in -8 .. 8 do
                        for l in -8 .. 8 do
                            let hkl = MillerIndex(h, k, l)

                            if cell.ReciprocalLength hkl <= 0.9 && allowed hkl then
                                hkl
            ]

        Assert.Equal<MillerIndex>(expected, points)
        Assert.Contains(MillerIndex.Zero, points)

    Assert.Throws<ArgumentException>(fun () -> ReciprocalLattice.Within(cell, spaceGroup "P -1", 0.0) |> ignore)
    |> ignore

/// Excitation errors that fall linearly with the tilt, as those of a rocking curve do.
let private excitation seed tilts candidates =
    let random = Random(seed: int)

    let lines =
        Array.init candidates (fun _ -> 0.2 * (random.NextDouble() - 0.5), 0.1 * (random.NextDouble() - 0.5))

    [|
        for s in 0 .. tilts - 1 do
            for offset, slope in lines -> offset + slope * float s / float tilts
    |]

[<Fact>]
let ``arcs part the tilts, start with 000 and hold every beam that is excited at one of their tilts`` () =
    let property (PositiveInt tilts) (NonNegativeInt seed) =
        let candidates, undiffracted, sgMax = 60, 17, 0.01
        let s = excitation seed tilts candidates

        let covered (arcs: ImmutableArray<BeamSelection.BeamList>) =
            [
                for arc in arcs do
                    yield! [ arc.FirstTilt .. arc.FirstTilt + arc.TiltCount - 1 ]
            ]

        let expected (arc: BeamSelection.BeamList) =
            undiffracted
            :: [
                for c in 0 .. candidates - 1 do
                    let excited k =
                        abs s[(arc.FirstTilt + k) * candidates + c] <= sgMax

                    if c <> undiffracted && Seq.exists excited [ 0 .. arc.TiltCount - 1 ] then
                        c
            ]

        let arcs cut =
            BeamSelection.Arcs(s, tilts, undiffracted, sgMax, cut)

        let holds (arcs: ImmutableArray<BeamSelection.BeamList>) =
            covered arcs = [ 0 .. tilts - 1 ]
            && arcs |> Seq.forall (fun arc -> List.ofSeq arc.Beams = expected arc)

        holds (arcs ArcCut.CostModel)
        && holds (arcs ArcCut.PerTilt)
        && (arcs ArcCut.PerTilt).Length = tilts

    Law.holds property

[<Fact>]
let ``arcs are short, and even in number, where beams come and go, and one where they stay`` () =
    // 40 beams, each excited at one tilt only
    let passing tilts =
        [|
            for s in 0 .. tilts - 1 do
                for c in 0..39 -> if c % tilts = s then 0.0 else 1.0
        |]

    let arcs (excitation: float array) tilts =
        BeamSelection.Arcs(excitation, tilts, 0, 0.01, ArcCut.CostModel)

    Assert.Equal(6, (arcs (passing 24) 24).Length)
    Assert.Equal(6, (arcs (passing 20) 20).Length)
    Assert.Equal(1, (arcs (Array.zeroCreate<float>(24 * 40)) 24).Length)

let private frame id rows =
    VirtualFrame(id, 0, 0, 0, 1, 1, [ for hkl in rows -> Observation(hkl, 1.0, 1.0) ].ToImmutableArray())

let private orientation =
    CrystalOrientation(cell, Matrix3.Rotation(Vector3(0.4, -0.3, 0.8)), Vector3.Zero, 0.0)

let private planOf settings frames =
    Planner(cell, spaceGroup "P -1", settings, 40.0, ArcCut.CostModel, 2)
        .Plan(
            ImmutableArray.CreateRange(frames: VirtualFrame seq),
            (fun f -> orientation.FrameMatrix(f, Vector3.Zero)),
            (fun _ -> Vector3.Zero),
            (fun f -> RockingCurve.Rotation(Angle.Radians f.PrecessionAngle, 10))
        )

let private settings = SelectionSettings(1.2, 0.01, 1.2, 0.9, 0.0)

[<Fact>]
let ``a plan couples each pair of beams through its place in the support, and scores the rows that a beam reaches`` () =
    let all =
        ReciprocalLattice.Within(cell, spaceGroup "P -1", 1.2)
        |> Seq.filter (fun h -> h <> MillerIndex.Zero)
        |> List.ofSeq

    let plan =
        planOf settings [ frame 1 all; frame 2 []; frame 3 (List.truncate 100 all) ]

    Assert.Equal<int>([ 1; 3 ], plan.Frames |> Seq.map _.Frame.Id)

    for f in plan.Frames do
        Assert.NotEmpty f.Scored
        let scored = f.Scored |> Seq.map _.Observation.Hkl |> Seq.toArray
        let reached = Array.create scored.Length false

        for arc in f.Arcs do
            Assert.Equal(MillerIndex.Zero, arc.Beams[0])
            let n = arc.Beams.Length
            let places = arc.Differences.ToArray()

            for i in 0 .. n - 1 do
                Assert.InRange((arc.G[i] - f.Matrix * arc.Beams[i].ToVector()).Length, 0.0, 1e-15)

                for j in 0 .. n - 1 do
                    let place = f.Support[places[n * i + j]]
                    Assert.Equal(arc.Beams[i] - arc.Beams[j], plan.Support.Reflections[place])

                for s in 0 .. arc.TiltCount - 1 do
                    let g = f.Tilts[arc.FirstTilt + s].Rotation * arc.G[i]
                    Assert.Equal(1.0 / (1.0 - g.Z / 40.0), arc.FluxWeight[s * n + i], 14)

                if arc.Scored[i] >= 0 then
                    Assert.Equal(arc.Beams[i], scored[arc.Scored[i]])
                    reached[arc.Scored[i]] <- true

        Assert.DoesNotContain(false, reached)

    let rows = plan.Frames |> Seq.sumBy _.Frame.Observations.Length
    let left = plan.Report
    let out = left.BeyondGMax + left.Rsg + left.Dsg + left.NeverExcited
    Assert.Equal(rows, out + (plan.Frames |> Seq.sumBy _.Scored.Length))

[<Fact>]
let ``scored reflections beyond the beams are refused`` () =
    let refuses settings words =
        let error = Assert.Throws<ArgumentException>(fun () -> planOf settings [] |> ignore)

        Assert.Contains((words: string), error.Message)

    refuses (SelectionSettings(1.2, 0.01, 1.3, 0.9, 0.0)) "exceeds the beams' g_max"
    refuses (SelectionSettings(1.2, 0.0, 1.2, 0.9, 0.0)) "sg_max"
    refuses (SelectionSettings(-1.0, 0.01, -1.0, 0.9, 0.0)) "g_max"

[<Fact>]
let ``places of beam differences that a plan does not keep are those that it keeps`` () =
    let all = ReciprocalLattice.Within(cell, spaceGroup "P -1", 1.2) |> List.ofSeq
    let near = ImmutableArray.CreateRange all
    let beams = ImmutableArray.CreateRange(List.truncate 40 all)
    let places = DifferencePlaces(near, [ beams ])
    let kept = BeamDifferences(places, beams, true)
    let lookedUp = BeamDifferences(places, beams, false)
    Assert.Equal((true, false, 1600), (kept.IsKept, lookedUp.IsKept, lookedUp.Count))
    Assert.Equal<int>(kept.ToArray(), lookedUp.ToArray())
    Assert.Equal(beams[3] - beams[7], places.Met[lookedUp.ToArray()[3 * 40 + 7]])
