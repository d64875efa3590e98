module Pendel.Tests.IO.StructureWriterTests

open Pendel.Crystallography
open Pendel.IO
open Xunit

let private quartz =
    """data_quartz
_cell_length_a 4.9226
_cell_length_b 4.9226
_cell_length_c 5.4003
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_space_group_name_H-M_alt 'P 32 2 1'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_adp_type
Si1 1 0.471256 0.833333 Uani
O1 0.854729 0.585819 0.618682 Uani
loop_
_atom_site_aniso_label
_atom_site_aniso_U_11
_atom_site_aniso_U_22
_atom_site_aniso_U_33
_atom_site_aniso_U_23
_atom_site_aniso_U_13
_atom_site_aniso_U_12
Si1 0.012306 0.011452 0.005230 -0.000532 -0.001064 0.006153
O1 0.013019 0.019950 0.016200 0.004034 -0.002570 0.009504
"""

[<Fact>]
let ``numbers with a standard uncertainty are rounded by it, to five decimals at least, and read back`` () =
    let u = 0.0018

    let su =
        SiteUncertainty(Vector3(4.2e-4, 0.0, 3.1e-7), SymmetricTensor(u, u, u, u, u, u), 1.5e-3, 0.0)

    let crystal = (StructureReader.Parse(quartz, "quartz.cif")).Value

    let text =
        StructureWriter.Write(crystal, "refined", [], null, [| for _ in crystal.Sites -> su |])

    let block = (CifReader.Parse(text, "x.cif")).Value.Blocks[0]

    let column (name: string) =
        match block.Column name with
        | null -> failwith name
        | column -> [ for i in 0 .. column.Count - 1 -> column[i].Text ]

    Assert.Equal<string list>([ "1.00000(42)"; "0.85473(42)" ], column "_atom_site_fract_x")
    Assert.Equal<string list>([ "0.471256"; "0.585819" ], column "_atom_site_fract_y")
    Assert.Equal<string list>([ "0.8333330(3)"; "0.6186820(3)" ], column "_atom_site_fract_z")
    Assert.Equal<string list>([ "0.01231(180)"; "0.01302(180)" ], column "_atom_site_aniso_U_11")
    Assert.Equal<string list>([ "1"; "1" ], column "_atom_site_occupancy")

    for before, after in Seq.zip crystal.Sites (StructureReader.Parse(text, "x.cif")).Value.Sites do
        Assert.InRange((after.Position - before.Position).Length, 0.0, 5.1e-5)
        Assert.InRange(after.Adp.Equivalent crystal.Cell - before.Adp.Equivalent crystal.Cell, -1e-5, 1e-5)
