using Pendel.Crystallography;
using Pendel.Diffraction;

namespace Pendel.IO;

/// <summary>The two loops of a `.cif_pets` file: virtual frames and their reflections.</summary>
static class PetsFrames
{
    /// <summary>Frames in file order, each with its reflections in file order; errors are noted, not thrown.</summary>
    public static ImmutableArray<VirtualFrame> Read(CifFields fields)
    {
        var frames = ReadFrames(fields);
        if (frames.Count == 0)
            return [];
        var rows = new Dictionary<int, ImmutableArray<Observation>.Builder>();
        foreach (var frame in frames)
            rows[frame.Id] = ImmutableArray.CreateBuilder<Observation>();
        WarnOfEmptyEnd(fields, frames, ReadReflections(fields, rows));
        return [.. frames.Select(f => f with { Observations = rows[f.Id].ToImmutable() })];
    }

    /// <summary>
    /// Where the reflections follow the frames, several frames without any at the end are what a file that was cut off looks like.
    /// </summary>
    static void WarnOfEmptyEnd(CifFields fields, List<VirtualFrame> frames, List<int> rows)
    {
        var filled = rows.ToHashSet();
        var last = frames.FindLastIndex(f => filled.Contains(f.Id));
        var isInOrder = rows.Zip(rows.Skip(1)).All(pair => pair.First <= pair.Second);
        var missing = frames.Count - 1 - last;
        if (isInOrder && rows.Count > 0 && missing > 1)
            fields.Found.Warning(
                default,
                PetsItems.ReflectionFrameId,
                $"found no reflections in the last {missing} frames, {frames[last + 1].Id} to {frames[^1].Id}; is the file complete?"
            );
    }

    static List<VirtualFrame> ReadFrames(CifFields fields)
    {
        var table = fields.Table(
            PetsItems.Frame,
            ("id", "the number of a frame"),
            ("alpha", "the goniometer angle α, degrees"),
            ("beta", "the goniometer angle β, degrees"),
            ("omega", "the azimuth ω of the goniometer axis, degrees"),
            ("precession_angle", "the semi-angle φ, degrees"),
            ("scale", "the scale of a frame")
        );
        if (table is not [var id, var alpha, var beta, var omega, var angle, var scale])
            return [];
        var frames = new List<VirtualFrame>();
        double At(CifColumn column, int row) => fields.Number(column[row], column.Name);
        var known = new HashSet<int>();
        for (var i = 0; i < id.Count; i++)
        {
            var number = fields.Integer(id[i], id.Name);
            if (!known.Add(number))
                fields.Found.Expected(id[i], id.Name, "each frame once");
            CheckPrecessionAngle(fields, angle, i);
            frames.Add(new(number, At(alpha, i), At(beta, i), At(omega, i), At(angle, i), At(scale, i), []));
        }
        return fields.Found.HasErrors ? [] : frames;
    }

    static void CheckPrecessionAngle(CifFields fields, CifColumn angle, int row)
    {
        if (!CifNumber.TryParse(angle[row].Text, out var number) || number.Value is > 0 and < 90)
            return;
        fields.Found.Expected(angle[row], angle.Name, "a semi-angle between 0° and 90°");
    }

    /// <summary>Adds each row to those of its frame; returns the frames of the rows in file order.</summary>
    static List<int> ReadReflections(CifFields fields, Dictionary<int, ImmutableArray<Observation>.Builder> rows)
    {
        var table = fields.Table(
            PetsItems.Reflection,
            ("index_h", "the index h"),
            ("index_k", "the index k"),
            ("index_l", "the index l"),
            ("intensity_meas", "an intensity"),
            ("intensity_sigma", "the standard uncertainty of an intensity"),
            ("zone_axis_id", "the frame of a reflection")
        );
        if (table is not [var h, var k, var l, var intensity, var sigma, var frame])
            return [];
        var order = new List<int>(h.Count);
        int Index(CifColumn column, int row) => fields.Integer(column[row], column.Name);
        var doubtful = new Doubtful();
        for (var i = 0; i < h.Count; i++)
        {
            var id = Index(frame, i);
            order.Add(id);
            var hkl = new MillerIndex(Index(h, i), Index(k, i), Index(l, i));
            var su = fields.Number(sigma[i], sigma.Name);
            if (su < 0)
                fields.Found.Expected(sigma[i], sigma.Name, "a standard uncertainty ≥ 0");
            doubtful.Note(su, hkl, id, sigma[i].Position);
            if (rows.TryGetValue(id, out var list))
                list.Add(new(hkl, fields.Number(intensity[i], intensity.Name), su));
            else
                fields.Found.Expected(frame[i], frame.Name, "a frame of the loop " + PetsItems.FrameId);
        }
        doubtful.Report(fields.Found, sigma.Name, h.Name);
        return order;
    }

    /// <summary>What is odd in the rows, counted.</summary>
    sealed class Doubtful
    {
        readonly HashSet<(int, MillerIndex)> seen = [];
        int withoutSu;
        int repeated;
        TextPosition firstWithoutSu;
        TextPosition firstRepeated;

        public void Note(double su, MillerIndex hkl, int frame, TextPosition position)
        {
            if (su == 0 && withoutSu++ == 0)
                firstWithoutSu = position;
            if (!seen.Add((frame, hkl)) && repeated++ == 0)
                firstRepeated = position;
        }

        static string Reflections(int count) => count == 1 ? "1 reflection" : $"{count} reflections";

        public void Report(DiagnosticList found, string sigma, string index)
        {
            if (withoutSu > 0)
                found.Warning(
                    firstWithoutSu,
                    sigma,
                    $"found {Reflections(withoutSu)} with σ = 0; σ = 1 is taken there"
                );
            if (repeated > 0)
                found.Error(
                    firstRepeated,
                    index,
                    $"found {Reflections(repeated)} again in the same frame; expected each once in a frame"
                );
        }
    }
}
