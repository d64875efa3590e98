module Pendel.Tests.Crystallography.SymmetryOperationTests

open System
open FsCheck.FSharp
open Pendel.Crystallography
open Pendel.Tests
open Xunit

let private read (text: string) =
    match SymmetryOperation.TryParse text with
    | true, NonNull operation, _ -> operation
    | _, _, error -> failwith error

let private random =
    let groups =
        [ "P 32 2 1"; "P 1 21/c 1"; "F d -3 m:1"; "I 41/a c d:2"; "R -3 c:R" ]
        |> List.map (fun symbol ->
            match SpaceGroup.TryFromHermannMauguin symbol with
            | true, NonNull group -> group
            | _ -> failwith symbol)

    gen {
        let! group = Gen.elements groups
        let! a = Gen.elements group.Operations
        let! b = Gen.elements group.Operations
        let! h, k, l = Gen.choose (-9, 9) |> Gen.three
        return a, b, MillerIndex(h, k, l)
    }

let private modulo1 (v: Vector3) =
    [ v.X; v.Y; v.Z ] |> List.map (fun x -> Math.Abs(x - Math.Round x)) |> List.max

[<Theory>]
[<InlineData("x,y,z", "x,y,z")>]
[<InlineData("1/2+x, -Y , +z", "x+1/2,-y,z")>]
[<InlineData("-x + 1/2,0.5-y,z-1/4", "-x+1/2,-y+1/2,z+3/4")>]
[<InlineData("x-y,x,z+0.833", "x-y,x,z+5/6")>]
[<InlineData("-y,x-y,.6667+z", "-y,x-y,z+2/3")>]
[<InlineData("z+7/8,x-5/3,y+1", "z+7/8,x+1/3,y")>]
let ``every spelling of a CIF is read and written canonically`` (text: string) (canonical: string) =
    Assert.Equal(canonical, (read text).ToString())

[<Theory>]
[<InlineData("x,y")>]
[<InlineData("x,y,z,z")>]
[<InlineData("x,y,")>]
[<InlineData("x,x,z")>]
[<InlineData("x,y,1/2")>]
[<InlineData("x,y,z+0.3")>]
[<InlineData("x,y,z+1/5")>]
[<InlineData("x,y,z+1/0")>]
[<InlineData("xy,y,z")>]
[<InlineData("x,y,w")>]
[<InlineData("x,y,1/2*z")>]
let ``a text that is no symmetry operation is refused`` (text: string) =
    let ok, _, error = SymmetryOperation.TryParse text
    Assert.False ok
    Assert.Contains(text, error)

[<Fact>]
let ``an operation reads back from its canonical spelling, and its inverse undoes it`` () =
    Prop.forAll (Arb.fromGen random) (fun (a, _, _) ->
        read (a.ToString()) = a
        && a * a.Inverse = SymmetryOperation.Identity
        && a.Inverse * a = SymmetryOperation.Identity)
    |> Law.holds

[<Fact>]
let ``a product acts on points as its factors one after the other`` () =
    Prop.forAll (Arb.fromGen random) (fun (a, b, _) ->
        let x = Vector3(0.1234, 0.4321, 0.777)
        modulo1 ((a * b).Apply x - a.Apply(b.Apply x)) < 1e-12)
    |> Law.holds

[<Fact>]
let ``the phase of a reflection at an image is that of hW at the point, shifted by h·w`` () =
    Prop.forAll (Arb.fromGen random) (fun (a, _, h) ->
        let x = Vector3(0.1234, 0.4321, 0.777)
        let image = h.ToVector().Dot(a.Apply x)
        let shifted = a.Apply(h).ToVector().Dot x + a.PhaseShift h
        Math.Abs(image - shifted) < 1e-12)
    |> Law.holds
