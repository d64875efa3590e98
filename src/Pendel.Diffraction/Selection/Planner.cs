using System.Buffers;
using System.Runtime.InteropServices;
using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>Makes the plan of a data set: arcs, beam differences and scored reflections of every frame.</summary>
public sealed class Planner
{
    /// <summary>Most bytes of the places of beam differences that a plan keeps, in equal shares of its frames.</summary>
    const double MostBytesOfPlaces = 512e6;

    readonly ImmutableArray<MillerIndex> _candidates;
    readonly SpaceGroup _spaceGroup;
    readonly SelectionSettings _settings;
    readonly double _waveNumber;
    readonly CollectionGeometry _geometry;
    readonly ArcCut _cut;
    readonly ParallelOptions _parallel;

    /// <summary>A planner for one crystal at one energy.</summary>
    /// <param name="cell">The cell of the data.</param>
    /// <param name="spaceGroup">Space group.</param>
    /// <param name="settings">Selection.</param>
    /// <param name="waveNumber">K in the crystal, Å⁻¹.</param>
    /// <param name="cut">How rocking curves are cut into arcs.</param>
    /// <param name="threads">Most threads at a time; the plan does not depend on it.</param>
    /// <param name="geometry">How the crystal moves.</param>
    /// <exception cref="ArgumentException">A limit is not positive, or scored g_max exceeds the beams'.</exception>
    public Planner(
        UnitCell cell,
        SpaceGroup spaceGroup,
        SelectionSettings settings,
        double waveNumber,
        ArcCut cut,
        int threads,
        CollectionGeometry geometry = CollectionGeometry.Rotation
    )
    {
        if (!(settings.SgMax > 0))
            throw new ArgumentException($"sg_max is {settings.SgMax} Å⁻¹; a positive number is expected");
        if (settings.ScoredGMax > settings.BeamGMax)
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"scored g_max {settings.ScoredGMax} Å⁻¹ exceeds the beams' g_max {settings.BeamGMax} Å⁻¹"
                )
            );
        _candidates = ReciprocalLattice.Within(cell, spaceGroup, settings.BeamGMax);
        (_spaceGroup, _settings, _waveNumber, _cut) = (spaceGroup, settings, waveNumber, cut);
        _geometry = geometry;
        _parallel = new() { MaxDegreeOfParallelism = threads };
    }

    /// <summary>The plan for frames in given orientations.</summary>
    /// <param name="frames">Frames to plan.</param>
    /// <param name="matrix">For each frame h → g at its middle, Å⁻¹, with its correction applied.</param>
    /// <param name="correction">For each frame that correction, rotation vector, rad.</param>
    /// <param name="tilts">For each frame its rocking curve.</param>
    /// <param name="thicknesses">The distribution of thickness of every frame; one thickness if it is left out.</param>
    public ExperimentPlan Plan(
        ImmutableArray<VirtualFrame> frames,
        Func<VirtualFrame, Matrix3> matrix,
        Func<VirtualFrame, Vector3> correction,
        Func<VirtualFrame, ImmutableArray<Tilt>> tilts,
        ImmutableArray<ThicknessShare> thicknesses = default
    )
    {
        var drafts = new (FramePlan Plan, SelectionReport Report, ImmutableArray<MillerIndex> Support)[frames.Length];
        Parallel.For(
            0,
            frames.Length,
            _parallel,
            i =>
                drafts[i] = Draft(
                    frames[i],
                    matrix(frames[i]),
                    correction(frames[i]),
                    tilts(frames[i]),
                    MostBytesOfPlaces / frames.Length
                )
        );
        var places = new Dictionary<MillerIndex, int>();
        var plans = ImmutableArray.CreateBuilder<FramePlan>();
        foreach (var (plan, _, support) in drafts.Where(d => d.Plan.Scored.Length > 0))
        {
            foreach (var hkl in support)
                places.TryAdd(hkl, places.Count);
            var own = plan with { Support = [.. support.Select(hkl => places[hkl])] };
            plans.Add(thicknesses.IsDefault ? own : own with { Thicknesses = thicknesses });
        }
        var list = new SupportList([.. places.OrderBy(p => p.Value).Select(p => p.Key)], _spaceGroup);
        var report = drafts.Aggregate(new SelectionReport(), (sum, d) => sum + d.Report);
        return new(_waveNumber, plans.ToImmutable(), list, report);
    }

    /// <summary>What the plan of a frame would take, without making it.</summary>
    /// <param name="matrix">h → g at the middle of the frame, Å⁻¹, with its correction applied.</param>
    /// <param name="tilts">Its rocking curve.</param>
    public PlanSize Size(Matrix3 matrix, ImmutableArray<Tilt> tilts)
    {
        var near = Near(matrix, tilts);
        var errors = (long)tilts.Length * near.Length;
        if (errors > Array.MaxLength)
            return new(sizeof(double) * errors, near.Length);
        var lists = Lists(near, matrix, tilts);
        var ofArcs = lists.Sum(l => sizeof(double) * (long)l.TiltCount * l.Beams.Length);
        var places = lists.Sum(l => sizeof(int) * (long)l.Beams.Length * l.Beams.Length);
        if (places <= MostBytesOfPlaces)
            ofArcs += places;
        return new(sizeof(double) * errors + DifferencePlaces.Bytes(near) + ofArcs, lists.Max(l => l.Beams.Length));
    }

    (FramePlan, SelectionReport, ImmutableArray<MillerIndex>) Draft(
        VirtualFrame frame,
        Matrix3 matrix,
        Vector3 correction,
        ImmutableArray<Tilt> tilts,
        double most
    )
    {
        var (selected, report) = ReflectionFilter.Apply(frame, matrix, _waveNumber, _settings, _geometry);
        var near = selected.IsEmpty ? [] : Near(matrix, tilts);
        var lists = selected.IsEmpty ? [] : Lists(near, matrix, tilts);
        var excited = lists.SelectMany(l => l.Beams).Select(b => near[b]).ToHashSet();
        ImmutableArray<ScoredReflection> scored = [.. selected.Where(r => excited.Contains(r.Observation.Hkl))];
        report += new SelectionReport(0, 0, 0, selected.Length - scored.Length);
        var place = scored.Select((r, i) => (r.Observation.Hkl, i)).ToDictionary(p => p.Hkl, p => p.i);
        var beams = lists.Select(l => Ordered(l.Beams.Select(b => near[b]), place)).ToImmutableArray();
        var differences = new DifferencePlaces(near, beams);
        var areKept = beams.Sum(b => sizeof(int) * (double)b.Length * b.Length) <= most;
        var arcs = lists
            .Zip(beams, (l, b) => MakeArc(l, b, matrix, tilts, place, differences, areKept))
            .ToImmutableArray();
        var plan = new FramePlan(
            frame,
            correction,
            Angle.Radians(frame.PrecessionAngle),
            matrix,
            tilts,
            arcs,
            scored,
            []
        );
        return (plan, report, differences.Met);
    }

    // S_g = z·g − g²/2K with z the third row of the tilt: no tilt moves S_g by more than |z − e_z||g|
    ImmutableArray<MillerIndex> Near(Matrix3 matrix, ImmutableArray<Tilt> tilts)
    {
        var reach = tilts.Max(t => (t.Rotation.Row(2) - new Vector3(0, 0, 1)).Length);
        return
        [
            .. from hkl in _candidates
            let g = matrix * hkl.ToVector()
            where Math.Abs(ExcitationError.Of(g, _waveNumber)) <= _settings.SgMax + 1.000001 * reach * g.Length
            select hkl,
        ];
    }

    // the excitation errors of many tilts are large, and short-lived
    ImmutableArray<BeamSelection.BeamList> Lists(
        ImmutableArray<MillerIndex> near,
        Matrix3 matrix,
        ImmutableArray<Tilt> tilts
    )
    {
        var size = tilts.Length * near.Length;
        var excitation = ArrayPool<double>.Shared.Rent(size);
        try
        {
            FillExcitation(near, matrix, tilts, excitation);
            return BeamSelection.Arcs(
                excitation.AsMemory(0, size),
                tilts.Length,
                near.IndexOf(MillerIndex.Zero),
                _settings.SgMax,
                _cut
            );
        }
        finally
        {
            ArrayPool<double>.Shared.Return(excitation);
        }
    }

    void FillExcitation(
        ImmutableArray<MillerIndex> near,
        Matrix3 matrix,
        ImmutableArray<Tilt> tilts,
        Span<double> excitation
    )
    {
        var g = Array.ConvertAll(near.ToArray(), hkl => matrix * hkl.ToVector());
        var sphere = Array.ConvertAll(g, v => v.Dot(v) / (2 * _waveNumber));
        for (var s = 0; s < tilts.Length; s++)
        {
            var z = tilts[s].Rotation.Row(2);
            var row = excitation.Slice(s * near.Length, near.Length);
            for (var c = 0; c < row.Length; c++)
                row[c] = z.Dot(g[c]) - sphere[c];
        }
    }

    // the incident beam first, then the scored ones together: kernels read them at once
    static ImmutableArray<MillerIndex> Ordered(IEnumerable<MillerIndex> beams, Dictionary<MillerIndex, int> scored) =>
        [
            .. beams.OrderBy(hkl =>
                hkl == MillerIndex.Zero ? 0
                : scored.ContainsKey(hkl) ? 1
                : 2
            ),
        ];

    Arc MakeArc(
        BeamSelection.BeamList list,
        ImmutableArray<MillerIndex> beams,
        Matrix3 matrix,
        ImmutableArray<Tilt> tilts,
        Dictionary<MillerIndex, int> scored,
        DifferencePlaces differences,
        bool areKept
    )
    {
        var g = beams.Select(hkl => matrix * hkl.ToVector()).ToImmutableArray();
        var flux = new double[list.TiltCount * g.Length];
        for (var s = 0; s < list.TiltCount; s++)
        {
            var z = tilts[list.FirstTilt + s].Rotation.Row(2);
            for (var i = 0; i < g.Length; i++)
                flux[s * g.Length + i] = 1 / (1 - z.Dot(g[i]) / _waveNumber);
        }
        return new(
            list.FirstTilt,
            list.TiltCount,
            beams,
            g,
            ImmutableCollectionsMarshal.AsImmutableArray(flux),
            new(differences, beams, areKept),
            [.. beams.Select(hkl => scored.GetValueOrDefault(hkl, -1))]
        );
    }
}
