module Pendel.Tests.Diffraction.GeometryEvidenceTests

open System.Collections.Immutable
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.IO
open Pendel.Tests.SharedData
open Xunit

let private check (file: string) expected =
    let experiment = (PetsReader.Read(path file)).Value
    let evidence = GeometryEvidence.Of experiment
    Assert.True((evidence.Geometry = expected), $"{file}: {evidence.Reason}")
    Assert.Equal(expected <> CollectionGeometry.Rotation, evidence.Contradicts experiment.Geometry)

[<SharedFact("data/paracetamol/paracetamol.cif_pets")>]
let ``paracetamol is of precession, whatever its header says`` () =
    check "data/paracetamol/paracetamol.cif_pets" CollectionGeometry.Precession

[<SharedFact("data/quartz/quartz.cif_pets",
             "data/cspbbr3/cspbbr3.cif_pets",
             "data/albite/albite.cif_pets",
             "data/lta/lta.cif_pets",
             "data/glycine/glycine_dyn.cif_pets",
             "data/glycine/glycine_kinematical.cif_pets",
             "data/quartz/synthetic/quartz_paper_data.cif_pets",
             "data/paracetamol/synthetic/paracetamol_paper_data.cif_pets")>]
let ``the other measured and synthetic sets are of continuous rotation`` () =
    for file in
        [
            "quartz/quartz"
            "cspbbr3/cspbbr3"
            "albite/albite"
            "lta/lta"
            "glycine/glycine_dyn"
            "glycine/glycine_kinematical"
            "quartz/synthetic/quartz_paper_data"
            "paracetamol/synthetic/paracetamol_paper_data"
        ] do
        check $"data/{file}.cif_pets" CollectionGeometry.Rotation

let private experiment header frames =
    let cell = UnitCell(5, 6, 7, 90, 90, 90)

    Experiment(
        cell,
        0.025,
        cell.Reciprocal,
        header,
        System.Nullable(),
        System.Nullable(),
        [
            for i, rows in List.indexed frames ->
                VirtualFrame(i + 1, float i, 0.0, 0.0, 1.0, 1.0, ImmutableArray.CreateRange<Observation> rows)
        ]
            .ToImmutableArray()
    )

[<Fact>]
let ``repeated measurements mean rotation, and the header counts where nothing tells`` () =
    let rows intensity =
        [
            for h in 1..40 -> Observation(MillerIndex(h, 1, 0), intensity + float h, 1.0)
        ]

    let of' header frames =
        (GeometryEvidence.Of(experiment header frames)).Geometry

    Assert.Equal(CollectionGeometry.Rotation, of' CollectionGeometry.Precession [ rows 0.0; rows 0.0 ])

    for header, expected in
        [
            CollectionGeometry.Precession, CollectionGeometry.Precession
            CollectionGeometry.Rotation, CollectionGeometry.Rotation
            CollectionGeometry.Unknown, CollectionGeometry.Rotation
        ] do
        Assert.Equal(expected, of' header [ List.truncate 3 (rows 0.0); List.truncate 3 (rows 1.0) ])
