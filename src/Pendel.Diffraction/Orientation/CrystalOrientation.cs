using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>
/// How the crystal sits on the goniometer: g = R_frame · R_x(α) · R_y(β) · R_misset · U · 𝐁 · h,
/// in the ω-free axes: rocking axis x, beam along −z (CONVENTIONS, Axes).
/// </summary>
/// <param name="Cell">The cell that gives the lengths: that of the data file.</param>
/// <param name="U">Rotation from the crystal's Cartesian axes to those of the goniometer at α = β = 0.</param>
/// <param name="Misset">R_misset as a rotation vector, rad: one for all frames of the crystal.</param>
/// <param name="Strain">‖UB·𝐁⁻¹ − U‖_F/√3: how far the file's UB is from its cell, relative.</param>
public sealed record CrystalOrientation(UnitCell Cell, Matrix3 U, Vector3 Misset, double Strain)
{
    /// <summary>The orientation that a data file states: U is the rotation nearest to UB·𝐁⁻¹.</summary>
    /// <exception cref="ArgumentException">det UB is not positive.</exception>
    /// <remarks>Carrying the strain of UB along, rather than the cell, costs agreement (CONVENTIONS, Orientation).</remarks>
    public static CrystalOrientation FromExperiment(Experiment experiment)
    {
        var strained = experiment.OrientationMatrix * experiment.Cell.Reciprocal.Inverse;
        var u = strained.NearestRotation;
        return new(experiment.Cell, u, Vector3.Zero, (strained - u).FrobeniusNorm / Math.Sqrt(3));
    }

    /// <summary>The matrix h → g at the middle of a frame, Å⁻¹, ω-free axes.</summary>
    /// <param name="frame">The frame, for α and β.</param>
    /// <param name="correction">R_frame as a rotation vector in the ω-free axes, rad.</param>
    public Matrix3 FrameMatrix(VirtualFrame frame, Vector3 correction) =>
        Matrix3.Rotation(correction)
        * Matrix3.RotationX(Angle.Radians(frame.Alpha))
        * Matrix3.RotationY(Angle.Radians(frame.Beta))
        * Matrix3.Rotation(Misset)
        * U
        * Cell.Reciprocal;
}
