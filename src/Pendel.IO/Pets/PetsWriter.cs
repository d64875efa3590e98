using System.Globalization;
using System.Text;
using Pendel.Crystallography;
using Pendel.Diffraction;

namespace Pendel.IO;

/// <summary>Experiment → `.cif_pets` text in the layout of PETS2; every number reads back to the same double.</summary>
public static class PetsWriter
{
    /// <summary>The text, with LF at the line ends.</summary>
    /// <param name="experiment">The data set.</param>
    /// <remarks>u v w ∝ (Rx(α) Ry(β) UB)ᵀ ẑ, the direct-lattice direction against the beam, largest component 1.</remarks>
    public static string Write(Experiment experiment)
    {
        var text = new StringBuilder("data_pets\n");
        AppendCell(text, experiment.Cell);
        Item(text, PetsItems.Wavelength, experiment.Wavelength);
        for (var i = 0; i < 3; i++)
        for (var j = 0; j < 3; j++)
            Item(text, $"{PetsItems.OrientationMatrix}{i + 1}{j + 1}", experiment.OrientationMatrix[i, j]);
        AppendDetails(text, experiment);
        AppendFrames(text, experiment);
        AppendReflections(text, experiment);
        return text.ToString();
    }

    static void AppendCell(StringBuilder text, UnitCell cell)
    {
        Item(text, "_cell_length_a", cell.A);
        Item(text, "_cell_length_b", cell.B);
        Item(text, "_cell_length_c", cell.C);
        Item(text, "_cell_angle_alpha", cell.Alpha);
        Item(text, "_cell_angle_beta", cell.Beta);
        Item(text, "_cell_angle_gamma", cell.Gamma);
        Item(text, "_cell_volume", Math.Round(cell.Volume, 5));
    }

    static void AppendDetails(StringBuilder text, Experiment experiment)
    {
        void Line(string key, double? value)
        {
            if (value is { } number)
                text.Append(key).Append(":  ").Append(Number(number)).Append('\n');
        }
        text.Append(PetsItems.MeasurementDetails).Append("\n;\n");
        if (experiment.Geometry != CollectionGeometry.Unknown)
        {
            var rotation = experiment.Geometry == CollectionGeometry.Rotation;
            text.Append(PetsItems.Geometry).Append(rotation ? ": continuous rotation\n" : ": precession\n");
        }
        Line(PetsItems.RockingCurveWidth, experiment.RockingCurveWidth);
        Line(PetsItems.Mosaicity, experiment.Mosaicity);
        Line(PetsItems.RotationAxis, experiment.RotationAxisPosition);
        Line("Virtual frame settings: " + PetsItems.MergedFrames, experiment.MergedFrames);
        Line("                        " + PetsItems.FrameStep, experiment.FrameStep);
        text.Append(";\n");
    }

    static void AppendFrames(StringBuilder text, Experiment experiment)
    {
        text.Append("\nloop_\n");
        foreach (var name in new[] { "id", "u", "v", "w", "precession_angle", "alpha", "beta", "omega", "scale" })
            text.Append(PetsItems.Frame).Append(name).Append('\n');
        foreach (var frame in experiment.Frames)
        {
            text.Append(CultureInfo.InvariantCulture, $"{frame.Id, 4}");
            var axis = ZoneAxis(frame, experiment.OrientationMatrix);
            for (var i = 0; i < 3; i++)
                text.Append(CultureInfo.InvariantCulture, $" {axis[i], 8:0.00000}");
            Field(text, frame.PrecessionAngle);
            Field(text, frame.Alpha);
            Field(text, frame.Beta);
            Field(text, frame.Omega);
            Field(text, frame.Scale);
            text.Append('\n');
        }
    }

    static void AppendReflections(StringBuilder text, Experiment experiment)
    {
        text.Append("\nloop_\n");
        foreach (
            var name in new[] { "index_h", "index_k", "index_l", "intensity_meas", "intensity_sigma", "zone_axis_id" }
        )
            text.Append(PetsItems.Reflection).Append(name).Append('\n');
        foreach (var frame in experiment.Frames)
        foreach (var row in frame.Observations)
        {
            text.Append(CultureInfo.InvariantCulture, $"{row.Hkl.H, 4} {row.Hkl.K, 3} {row.Hkl.L, 3}");
            Field(text, row.Intensity);
            Field(text, row.Su);
            text.Append(CultureInfo.InvariantCulture, $" {frame.Id, 5}\n");
        }
    }

    static Vector3 ZoneAxis(VirtualFrame frame, Matrix3 orientation)
    {
        const double degree = Math.PI / 180;
        var turned = Matrix3.RotationX(frame.Alpha * degree) * Matrix3.RotationY(frame.Beta * degree) * orientation;
        var axis = turned.Row(2);
        return 1 / Math.Max(Math.Abs(axis.X), Math.Max(Math.Abs(axis.Y), Math.Abs(axis.Z))) * axis;
    }

    static void Item(StringBuilder text, string name, double value) =>
        text.Append(name.PadRight(30)).Append(' ').Append(Number(value)).Append('\n');

    static void Field(StringBuilder text, double value) => text.Append(' ').Append(Number(value).PadLeft(11));

    static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
