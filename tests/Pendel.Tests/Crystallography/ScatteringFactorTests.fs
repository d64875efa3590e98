module Pendel.Tests.Crystallography.ScatteringFactorTests

open System
open System.Globalization
open System.IO
open System.Text.Json
open Pendel.Crystallography
open Pendel.Tests.SharedData
open Xunit

let private number (text: string) =
    Double.Parse(text, CultureInfo.InvariantCulture)

let private tables =
    Map
        [
            "lobato2014", ScatteringFactorTable.Lobato
            "kirkland2010", ScatteringFactorTable.Kirkland
            "peng1996_0-2", ScatteringFactorTable.Peng1996
            "peng1996_0-6", ScatteringFactorTable.Peng1996Extended
            "peng1999_4g", ScatteringFactorTable.Peng1999
            "doyle_turner1968", ScatteringFactorTable.DoyleTurner
            "wk1991", ScatteringFactorTable.WeickenmeierKohl
        ]

let private lobato symbol z =
    ScatteringFactors.For(ScatteringFactorTable.Lobato, Element(symbol, z), 0)

[<SharedFact("tables/f_reference_values.csv")>]
let ``642 scattering factors at eight values of s agree with the reference to its last digit`` () =
    let lines = File.ReadAllLines(path "tables/f_reference_values.csv")

    let s =
        lines[0].Split ','
        |> Array.skip 3
        |> Array.map (fun name -> number (name.Substring(6).TrimEnd ')'))

    Assert.Equal(643, lines.Length)

    for line in Array.skip 1 lines do
        let row = line.Split ','

        let f = ScatteringFactors.For(tables[row[2]], Element(row[1], int row[0]), 0)

        for expected, s in Array.zip (Array.skip 3 row) s do
            Assert.Equal(number expected, f.Evaluate s, 1e-6)

[<Fact>]
let ``an ion scatters as its charge at small s, and as the neutral atom far out`` () =
    let silicon = Element("Si", 14)
    let ion = ScatteringFactors.For(ScatteringFactorTable.Peng1998Ions, silicon, 4)
    let s = 1e-3
    Assert.InRange(ion.Evaluate s / (4.0 * 0.02393366 / (s * s)), 1.0, 1.0001)
    let neutral = ScatteringFactors.For(ScatteringFactorTable.Lobato, silicon, 0)
    Assert.InRange(ion.Evaluate 1.0 / neutral.Evaluate 1.0, 0.999, 1.001)
    Assert.Throws<ArgumentException>(fun () -> ion.Evaluate 0.0 |> ignore) |> ignore

[<Fact>]
let ``a missing entry names table, element and the tables that have it`` () =
    let message table symbol z charge =
        Assert
            .Throws<ArgumentException>(fun () -> ScatteringFactors.For(table, Element(symbol, z), charge) |> ignore)
            .Message

    let technetium = message ScatteringFactorTable.DoyleTurner "Tc" 43 0
    Assert.Contains("doyle-turner has no entry for Tc", technetium)
    Assert.Contains("lobato, kirkland, peng1996", technetium)
    let silicon = message ScatteringFactorTable.Lobato "Si" 14 4
    Assert.Contains("lobato has no entry for Si4+; it is in peng1998-ions", silicon)
    Assert.False(ScatteringFactors.Has(ScatteringFactorTable.Peng1998Ions, Element("Si", 14), 0))

/// The rows of the oracle: Z, B, s and f′ of another program at 200 kV with the same table.
let private absorptive () =
    use document =
        JsonDocument.Parse(File.ReadAllText(path "oracle/bloch/absorptive_factors_200kV.json"))

    [
        for row in document.RootElement.GetProperty("rows").EnumerateArray() ->
            row[0].GetInt32(), row[1].GetDouble(), row[2].GetDouble() / 2.0, row[3].GetDouble(), row[4].GetDouble()
    ]

[<SharedFact("oracle/bloch/absorptive_factors_200kV.json")>]
let ``absorptive factors agree with another program, and with an independent integral at small s`` () =
    let optics = ElectronOptics.FromVoltage 200e3
    let rows = absorptive ()
    Assert.Equal(360, rows.Length)

    for z, b, s, weickenmeierKohl, thomas in rows do
        let f = AbsorptiveFactors.For(Element("", z), optics).Evaluate(s, b)
        Assert.Equal(thomas, f, 1e-9 * thomas)
        // the oracle's integral holds the Debye–Waller factor
        if s <= 0.4 then
            let integral = weickenmeierKohl * exp (b * s * s)
            Assert.Equal(integral, f, 0.0075 * integral)

/// f′(0, B)·v/c = 2λ_C ∫ f(s′)² [1 − exp(−2B s′²)] 2π s′ ds′, by the midpoint rule in u = s′/(1 + s′).
let private atRest (f: ScatteringFactor) b =
    let n = 20000
    let compton = 0.0242631023867

    let integrand u =
        let s = u / (1.0 - u)
        let square = f.Evaluate s * f.Evaluate s

        2.0 * Math.PI * s * square * (1.0 - exp (-2.0 * b * s * s))
        / ((1.0 - u) * (1.0 - u))

    let h = 1.0 / float n

    2.0
    * compton
    * h
    * Seq.sum (seq { for i in 0 .. n - 1 -> integrand (h * (float i + 0.5)) })

[<Fact>]
let ``absorptive factors between the tabulated B follow the integral over phonon scattering`` () =
    let optics = ElectronOptics.FromVoltage 200e3

    for symbol, z in [ "H", 1; "O", 8; "Si", 14; "Br", 35; "Cs", 55; "Pb", 82 ] do
        for b in [ 0.11; 0.17; 0.35; 0.6; 0.85; 1.25; 1.7; 2.4; 3.4 ] do
            let expected = atRest (lobato symbol z) b

            let value =
                AbsorptiveFactors.For(Element(symbol, z), optics).Evaluate(0.0, b) * optics.Beta

            Assert.Equal(expected, value, 0.0035 * expected)

[<Fact>]
let ``the slope of absorptive factors in B agrees with differences and has no jumps`` () =
    let factor =
        AbsorptiveFactors.For(Element("Pb", 82), ElectronOptics.FromVoltage 200e3)

    let slope s b =
        let struct (_, slope) = factor.WithSlope(s, b)
        slope

    for s in [ 0.0; 0.3; 1.1 ] do
        for b in [ 0.11; 0.17; 0.35; 0.6; 1.7; 3.9 ] do
            let h = 1e-4

            let difference = (factor.Evaluate(s, b + h) - factor.Evaluate(s, b - h)) / (2.0 * h)

            Assert.Equal(difference, slope s b, 1e-6)

        for b in [ 0.15; 0.25; 0.7; 2.75 ] do
            Assert.Equal(slope s (b - 1e-9), slope s (b + 1e-9), 1e-6)

[<Fact>]
let ``absorptive factors have the values of the specification for c/v = 1`` () =
    let optics = ElectronOptics.FromVoltage 200e3

    let value symbol z s b =
        optics.Beta * AbsorptiveFactors.For(Element(symbol, z), optics).Evaluate(s, b)

    Assert.Equal(0.02687, value "Si" 14 0.0 0.5, 0.003 * 0.02687)
    Assert.Equal(0.01045, value "O" 8 0.5 1.0, 0.003 * 0.01045)
    Assert.Equal(0.70799, value "Pb" 82 0.25 1.0, 0.003 * 0.70799)

[<Theory>]
[<InlineData(0.09)>]
[<InlineData(4.01)>]
[<InlineData(Double.NaN)>]
let ``a B outside the table of absorptive factors is refused by name`` (b: float) =
    let factor =
        AbsorptiveFactors.For(Element("Si", 14), ElectronOptics.FromVoltage 200e3)

    let error =
        Assert.Throws<ArgumentException>(fun () -> factor.Evaluate(0.1, b) |> ignore)

    Assert.Contains("Si", error.Message)
