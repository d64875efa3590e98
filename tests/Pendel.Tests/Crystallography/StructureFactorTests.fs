/// Cell, symmetry, ADPs and scattering factors together: F(h) = Σ occ f(s) exp(−2π² hᵀU*h) exp(−2πi h·x).
module Pendel.Tests.Crystallography.StructureFactorTests

open System
open System.Collections.Immutable
open System.IO
open System.Numerics
open System.Text.Json
open Pendel.Crystallography
open Pendel.Tests.SharedData
open Xunit

let private spaceGroup (symbol: string) =
    match SpaceGroup.TryFromHermannMauguin symbol with
    | true, NonNull group -> group
    | _ -> failwith $"{symbol} is not known"

/// F of a crystal as a function of h, in Å; the images of the atoms are found once.
let structureFactor (crystal: Crystal) =
    let images =
        [
            for atom in crystal.Sites do
                let f = ScatteringFactors.For(ScatteringFactorTable.Lobato, atom.Element, 0)
                let site = SiteSymmetry.Of(atom.Position, crystal.SpaceGroup, crystal.Cell)
                let u = atom.Adp.ToReciprocal crystal.Cell

                for operation in site.DistinctImages do
                    atom.Occupancy, f, operation.Apply site.Position, (u.Transform operation.Rotation).ToMatrix()
        ]

    fun (hkl: MillerIndex) ->
        let h = hkl.ToVector()
        let s = crystal.Cell.ReciprocalLength hkl / 2.0

        (Complex.Zero, images)
        ||> List.fold (fun sum (occupancy, f, x, u) ->
            let size = occupancy * f.Evaluate s * exp (-2.0 * Math.PI * Math.PI * h.Dot(u * h))

            sum + Complex.FromPolarCoordinates(size, -2.0 * Math.PI * h.Dot x))

let private atom label symbol z (x, y, w) u11 u22 u33 u23 u13 u12 : AtomSite =
    AtomSite(
        label,
        Element(symbol, z),
        0,
        Vector3(x, y, w),
        Adp.Anisotropic(SymmetricTensor(u11, u22, u33, u23, u13, u12)),
        1.0
    )

let private cspbbr3 =
    Crystal(
        UnitCell(8.1189, 8.3590, 11.759, 90, 90, 90),
        spaceGroup "P b n m",
        ImmutableArray.Create(
            atom "Cs1" "Cs" 55 (0.51538, 0.55358, 0.75) 0.0431 0.0402 0.0292 0 0 0.0118,
            atom "Pb1" "Pb" 82 (0.5, 1.0, 0.5) 0.0168 0.01454 0.01456 -0.00014 -0.00032 -0.0002,
            atom "Br1" "Br" 35 (0.30160, 0.70122, 0.46804) 0.0226 0.0219 0.0370 -0.0040 0.0027 -0.0111,
            atom "Br2" "Br" 35 (0.43856, 0.99353, 0.75) 0.0483 0.0466 0.0110 0 0 0.0089
        )
    )

let private quartz =
    Crystal(
        UnitCell(4.9226, 4.9226, 5.4003, 90, 90, 120),
        spaceGroup "P3221",
        ImmutableArray.Create(
            atom "Si1" "Si" 14 (1.0, 0.471256, 0.833333) 0.012306 0.011452 0.005230 -0.000532 -0.001064 0.006153,
            atom "O1" "O" 8 (0.854729, 0.585819, 0.618682) 0.013019 0.019950 0.016200 0.004034 -0.002570 0.009504
        )
    )

let private reflections =
    [
        for h in -3 .. 3 do
            for k in -3 .. 3 do
                for l in -4 .. 4 -> MillerIndex(h, k, l)
    ]

[<Fact>]
let ``CsPbBr3 has the reference structure factors`` () =
    let f = structureFactor cspbbr3
    let modulus (h, k, l) = (f (MillerIndex(h, k, l))).Magnitude

    Assert.Equal(20.3036, modulus (1, 1, 0), 5e-5)
    Assert.Equal(52.6427, modulus (0, 2, 0), 5e-5)
    Assert.Equal(104.1258, modulus (0, 0, 4), 5e-5)

[<Fact>]
let ``CsPbBr3 has the same structure factors in Pbnm and in Pnma`` () =
    // a' = b, b' = c, c' = a
    let turn = Matrix3(0, 1, 0, 0, 0, 1, 1, 0, 0)

    let sites =
        [
            for site in cspbbr3.Sites do
                let adp =
                    match site.Adp with
                    | :? Adp.Anisotropic as a -> Adp.Anisotropic(a.Ucif.Transform turn)
                    | other -> failwith $"{other}"

                AtomSite(site.Label, site.Element, 0, turn * site.Position, adp, 1.0)
        ]

    let pnma =
        Crystal(UnitCell(8.3590, 11.759, 8.1189, 90, 90, 90), spaceGroup "P n m a", ImmutableArray.CreateRange sites)

    let f, turnedF = structureFactor cspbbr3, structureFactor pnma

    for hkl in reflections do
        let expected = f hkl
        let turned = turnedF (MillerIndex(hkl.K, hkl.L, hkl.H))
        Assert.Equal(expected.Magnitude, turned.Magnitude, 1e-11)

[<Fact>]
let ``the inverted structure has the conjugate structure factors`` () =
    let sites =
        [
            for site in quartz.Sites -> AtomSite(site.Label, site.Element, 0, -site.Position, site.Adp, site.Occupancy)
        ]

    let inverted =
        Crystal(quartz.Cell, spaceGroup "P3121", ImmutableArray.CreateRange sites)

    let f, invertedF = structureFactor quartz, structureFactor inverted

    for hkl in reflections do
        let expected = Complex.Conjugate(f hkl)
        Assert.InRange((invertedF hkl - expected).Magnitude, 0.0, 1e-13)

[<Fact>]
let ``structure factors transform with the symmetry, and vanish where they are absent`` () =
    for crystal in [ quartz; cspbbr3 ] do
        let f = structureFactor crystal

        for hkl in reflections do
            if crystal.SpaceGroup.IsSystematicallyAbsent hkl then
                Assert.InRange((f hkl).Magnitude, 0.0, 1e-12)

            for operation in crystal.SpaceGroup.Operations do
                let image = f (operation.Apply hkl)

                let phase =
                    Complex.FromPolarCoordinates(1.0, 2.0 * Math.PI * operation.PhaseShift hkl)

                Assert.InRange((image - f hkl * phase).Magnitude, 0.0, 1e-11)

[<SharedFact("oracle/testvectors/quartz_bloch.json")>]
let ``potential coefficients of quartz agree with the oracle`` () =
    use document =
        JsonDocument.Parse(File.ReadAllText(path "oracle/testvectors/quartz_bloch.json"))

    let root = document.RootElement
    let prefactor = (ElectronOptics.FromVoltage 200e3).PotentialPrefactor quartz.Cell
    let f = structureFactor quartz

    let rows =
        Seq.zip
            (root.GetProperty("beams").EnumerateArray())
            (root.GetProperty("P3221").GetProperty("Ug_first_column").EnumerateArray())
        |> Seq.toList

    Assert.Equal(26, rows.Length)

    for hkl, u in rows do
        let hkl = MillerIndex(hkl[0].GetInt32(), hkl[1].GetInt32(), hkl[2].GetInt32())
        let expected = Complex(u[0].GetDouble(), u[1].GetDouble())
        let actual = prefactor * f hkl
        // the oracle has Si at z = 0.833333, here it is snapped to 5/6
        Assert.InRange((actual - expected).Magnitude, 0.0, 1e-7)
