namespace Pendel.IO;

/// <summary>The data names and the keywords of a `.cif_pets` file (PETS2).</summary>
static class PetsItems
{
    /// <summary>λ, Å.</summary>
    public const string Wavelength = "_diffrn_radiation_wavelength";

    /// <summary>UB_ij with i, j from 1, Å⁻¹; columns a*, b*, c*.</summary>
    public const string OrientationMatrix = "_diffrn_orient_matrix_UB_";

    /// <summary>Free text `key: value`, older builds.</summary>
    public const string MeasurementDetails = "_diffrn_measurement_details";

    /// <summary>Free text `key: value`, newer builds.</summary>
    public const string ReductionProcess = "_diffrn_reflns_reduction_process";

    /// <summary>Start of the data names of the loop of virtual frames.</summary>
    public const string Frame = "_diffrn_zone_axis_";

    /// <summary>Start of the data names of the loop of reflections.</summary>
    public const string Reflection = "_refln_";

    /// <summary>Frame number.</summary>
    public const string FrameId = Frame + "id";

    /// <summary>Frame number of a reflection.</summary>
    public const string ReflectionFrameId = Reflection + "zone_axis_id";

    /// <summary>`continuous rotation` or `precession`.</summary>
    public const string Geometry = "data collection geometry";

    /// <summary>Rocking-curve width, Å⁻¹.</summary>
    public const string RockingCurveWidth = "RC width";

    /// <summary>Mosaicity, degrees.</summary>
    public const string Mosaicity = "mosaicity";

    /// <summary>Azimuth of the goniometer axis, degrees, older builds.</summary>
    public const string RotationAxis = "rotation axis position";

    /// <summary>Azimuth of the goniometer axis, degrees, newer builds.</summary>
    public const string TiltAxis = "tilt axis position";

    /// <summary>Recorded frames summed in a virtual frame.</summary>
    public const string MergedFrames = "number of merged frames";

    /// <summary>Recorded frames from one virtual frame to the next.</summary>
    public const string FrameStep = "step between frames";
}
