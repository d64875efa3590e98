using Pendel.Crystallography;
using Pendel.Diffraction;

namespace Pendel.IO;

/// <summary>`.cif_pets` → Experiment, for the variants that PETS2 and DIALS write.</summary>
/// <remarks>
/// Items in any order and under any block name; goniometer settings in degrees; columns of fixed width may touch where
/// a minus sign begins the next number.
/// </remarks>
public static class PetsReader
{
    /// <summary>Reads a data set.</summary>
    /// <param name="path">Path of the file.</param>
    /// <returns>The data set as recorded, and the warnings.</returns>
    /// <exception cref="DataException">
    /// The file cannot be read; cell, λ, UB, frames or reflections are missing, malformed, impossible or contradict each other.
    /// </exception>
    public static Loaded<Experiment> Read(string path) => Parse(TextFile.Read(path), path);

    /// <summary>Reads a data set from the text of a `.cif_pets` file, as Read does.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The name under which diagnostics speak of it.</param>
    /// <exception cref="DataException">As for Read.</exception>
    public static Loaded<Experiment> Parse(string text, string path)
    {
        var found = new DiagnosticList(path);
        var document = CifReader.Parse(text, found, PetsItems.Reflection);
        var block = document.Blocks.FirstOrDefault(b =>
            b.Column(PetsItems.FrameId, PetsItems.ReflectionFrameId) is not null
        );
        if (block is null)
            found.Error(default, PetsItems.FrameId, "the item is missing, expected a loop of virtual frames");
        found.ThrowIfErrors();
        var experiment = Read(new CifFields(block!, found));
        return new(experiment, found.ToImmutable());
    }

    static Experiment Read(CifFields fields)
    {
        var cell = fields.Cell();
        var wavelength = ReadWavelength(fields);
        var orientation = ReadOrientationMatrix(fields);
        fields.Found.ThrowIfErrors();
        OrientationCheck.Compare(orientation, cell!, fields);
        var frames = PetsFrames.Read(fields);
        var details = new PetsDetails(fields);
        var experiment = new Experiment(
            cell!,
            wavelength,
            orientation,
            details.Geometry(),
            details.Number(PetsItems.Mosaicity),
            details.Number(PetsItems.RockingCurveWidth),
            frames
        )
        {
            RotationAxisPosition = details.Number(PetsItems.RotationAxis, PetsItems.TiltAxis),
            MergedFrames = details.Count(PetsItems.MergedFrames),
            FrameStep = details.Count(PetsItems.FrameStep),
        };
        fields.Found.ThrowIfErrors();
        return experiment;
    }

    static double ReadWavelength(CifFields fields)
    {
        var wavelength = fields.Number(PetsItems.Wavelength, "the wavelength λ, Å");
        if (fields.Value(PetsItems.Wavelength) is not { } value || !CifNumber.TryParse(value.Text, out _))
            return wavelength;
        if (wavelength <= 0)
            fields.Found.Expected(value, PetsItems.Wavelength, "a positive wavelength, Å");
        else if (wavelength is < 0.008 or > 0.1)
            fields.Found.Warning(
                value.Position,
                PetsItems.Wavelength,
                $"found {value.Text} Å, expected 0.008–0.1 Å: electrons of 15–1000 kV"
            );
        return wavelength;
    }

    static Matrix3 ReadOrientationMatrix(CifFields fields)
    {
        double Element(int row, int column) =>
            fields.Number(
                FormattableString.Invariant($"{PetsItems.OrientationMatrix}{row}{column}"),
                "an element of the orientation matrix, Å⁻¹"
            );
        Vector3 Column(int j) => new(Element(1, j), Element(2, j), Element(3, j));
        return Matrix3.FromColumns(Column(1), Column(2), Column(3));
    }
}
