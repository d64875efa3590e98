using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>How the crystal moved while a frame was exposed, as the file states it.</summary>
public enum CollectionGeometry
{
    /// <summary>Not stated.</summary>
    Unknown,

    /// <summary>Continuous rotation about the goniometer axis.</summary>
    Rotation,

    /// <summary>Precession of the beam on a cone.</summary>
    Precession,
}

/// <summary>A 3D-ED data set as recorded: nothing refined, nothing selected. What the file lacks is null, never 0.</summary>
/// <param name="Cell">Cell of the data file.</param>
/// <param name="Wavelength">λ as written, Å.</param>
/// <param name="OrientationMatrix">UB, Å⁻¹: columns a*, b*, c* in the goniometer's axes at α = β = ω = 0.</param>
/// <param name="Geometry">`data collection geometry`.</param>
/// <param name="Mosaicity">`mosaicity`, degrees.</param>
/// <param name="RockingCurveWidth">`RC width`, Å⁻¹.</param>
/// <param name="Frames">Frames in file order.</param>
public sealed record Experiment(
    UnitCell Cell,
    double Wavelength,
    Matrix3 OrientationMatrix,
    CollectionGeometry Geometry,
    double? Mosaicity,
    double? RockingCurveWidth,
    ImmutableArray<VirtualFrame> Frames
)
{
    /// <summary>`rotation axis position` or `tilt axis position`: azimuth of the goniometer axis, degrees.</summary>
    public double? RotationAxisPosition { get; init; }

    /// <summary>`number of merged frames`: recorded frames in a virtual frame.</summary>
    public int? MergedFrames { get; init; }

    /// <summary>`step between frames`: recorded frames from one virtual frame to the next.</summary>
    public int? FrameStep { get; init; }

    /// <summary>The data set in another cell, with UB as it is.</summary>
    public Experiment WithCell(UnitCell cell) => this with { Cell = cell };

    /// <summary>The data set with other frames.</summary>
    public Experiment WithFrames(ImmutableArray<VirtualFrame> frames) => this with { Frames = frames };
}
