using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>Everything about one frame that does not depend on a refined parameter.</summary>
/// <param name="Frame">The virtual frame.</param>
/// <param name="Correction">R_frame that the plan was made for, rotation vector, rad; further corrections count from it.</param>
/// <param name="SemiAngle">φ, rad.</param>
/// <param name="Matrix">h → g at the middle of the frame with that correction, Å⁻¹.</param>
/// <param name="Tilts">The rocking curve.</param>
/// <param name="Arcs">Beam lists; together their tilts are all of the frame's, in order.</param>
/// <param name="Scored">Scored reflections, ordered as in the file.</param>
/// <param name="Support">For each beam difference of the frame its place in the data set's support list.</param>
public sealed record FramePlan(
    VirtualFrame Frame,
    Vector3 Correction,
    double SemiAngle,
    Matrix3 Matrix,
    ImmutableArray<Tilt> Tilts,
    ImmutableArray<Arc> Arcs,
    ImmutableArray<ScoredReflection> Scored,
    ImmutableArray<int> Support
)
{
    /// <summary>The thicknesses over which a frame is averaged, relative to its own; one of 1 unless stated.</summary>
    public ImmutableArray<ThicknessShare> Thicknesses { get; init; } = [new(1, 1)];

    /// <summary>The plan with other orientations of the same number and nearly the same range: its beams stay.</summary>
    public FramePlan WithTilts(ImmutableArray<Tilt> tilts) => this with { Tilts = tilts };
}

/// <summary>What the plan of a frame takes.</summary>
/// <param name="Bytes">Its large arrays and those that making it takes: excitation errors, differences of beams, flux weights.</param>
/// <param name="Beams">N of its largest arc.</param>
public readonly record struct PlanSize(long Bytes, int Beams);

/// <summary>A part of the crystal of one thickness.</summary>
/// <param name="Relative">Thickness relative to that of the frame, –.</param>
/// <param name="Weight">Share of the illuminated area; the weights of a frame sum to 1.</param>
public readonly record struct ThicknessShare(double Relative, double Weight);

/// <summary>How many observed rows were left out of the residual, by the first rule that said so.</summary>
/// <param name="BeyondGMax">|g| above the scored g_max.</param>
/// <param name="Rsg">RSg not below its limit.</param>
/// <param name="Dsg">DSg not above its limit.</param>
/// <param name="NeverExcited">Within sg_max at no tilt.</param>
public readonly record struct SelectionReport(int BeyondGMax, int Rsg, int Dsg, int NeverExcited)
{
    /// <summary>Sums rule by rule.</summary>
    public static SelectionReport operator +(SelectionReport a, SelectionReport b) =>
        new(a.BeyondGMax + b.BeyondGMax, a.Rsg + b.Rsg, a.Dsg + b.Dsg, a.NeverExcited + b.NeverExcited);
}

/// <summary>The plan of a data set.</summary>
/// <param name="WaveNumber">K in the crystal, Å⁻¹.</param>
/// <param name="Frames">Plans of the frames, in file order; frames without a scored reflection are left out.</param>
/// <param name="Support">Beam differences of all frames.</param>
/// <param name="Report">Rows left out.</param>
public sealed record ExperimentPlan(
    double WaveNumber,
    ImmutableArray<FramePlan> Frames,
    SupportList Support,
    SelectionReport Report
);
