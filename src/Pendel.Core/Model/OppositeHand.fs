/// The opposite hand without another structure.
///
/// The inverted structure has U_{−g} in place of U_g, so A becomes Aᵀ and the scattering matrix Sᵀ: its intensities |S_0g|² are the first
/// row of the scattering matrix where those of the structure, |S_g0|², are the first column.
module Pendel.Core.OppositeHand

open System.Collections.Generic
open Pendel.Crystallography
open Pendel.Diffraction
open Pendel.Kernels
open Pendel.Tensors

/// The potential of the inverted structure on the same support list: U_{−h}.
///
/// - `support`: holds −h for each of its h, as the differences of beams do
let potential kind (support: SupportList) (u: Tensor) : Tensor =
    if kind = PotentialKind.Real then
        u
    else
        let places = Dictionary<MillerIndex, int>()
        support.Reflections |> Seq.iteri (fun i hkl -> places[hkl] <- i)
        let mates = [| for hkl in support.Reflections -> places[-hkl] |]
        let table = Potential.coefficientsOf kind u
        let at (values: float array) = mates |> Array.map (fun i -> values[i])
        dsharp.tensor (Array.append (at table.Re) (at table.Im))
