using System.Globalization;
using Pendel.Crystallography;

namespace Pendel.IO;

/// <summary>Whether the orientation matrix belongs to the cell: (UBᵀUB)⁻¹ is the metric tensor of the cell that UB means.</summary>
static class OrientationCheck
{
    const double LengthWarning = 0.005;
    const double LengthError = 0.10;
    const double AngleWarning = 0.5;
    const double AngleError = 5;
    const string Item = PetsItems.OrientationMatrix + "11";

    /// <summary>
    /// Notes an error if det UB ≤ 0, or an edge differs by more than 10 % or an angle by more than 5°; a warning that
    /// states the strain above 0.5 % or 0.5°.
    /// </summary>
    public static void Compare(Matrix3 orientation, UnitCell cell, CifFields fields)
    {
        var position = fields.Value(Item)?.Position ?? fields.Block.Position;
        if (CellOf(orientation) is not { } own)
        {
            fields.Found.Error(
                position,
                Item,
                FormattableString.Invariant(
                    $"found det UB = {orientation.Determinant:G6} Å⁻³, expected a right-handed basis a*, b*, c*"
                )
            );
            return;
        }
        var strain = new[] { own.A / cell.A - 1, own.B / cell.B - 1, own.C / cell.C - 1 };
        var turn = new[] { own.Alpha - cell.Alpha, own.Beta - cell.Beta, own.Gamma - cell.Gamma };
        var (length, angle) = (strain.Max(Math.Abs), turn.Max(Math.Abs));
        var message =
            $"UB means the cell {own}; against the listed cell its edges differ by {List(strain, 100)} %, its angles by {List(turn, 1)}°";
        if (length > LengthError || angle > AngleError)
            fields.Found.Error(position, Item, message + "; expected the same cell within 10 % and 5°");
        else if (length > LengthWarning || angle > AngleWarning)
            fields.Found.Warning(position, Item, message + "; the listed cell is used");
    }

    // Adding zero turns −0 into 0.
    static string List(double[] values, double factor) =>
        string.Join(
            ' ',
            values.Select(v => (Math.Round(factor * v, 1) + 0.0).ToString("+0.0;-0.0", CultureInfo.InvariantCulture))
        );

    static UnitCell? CellOf(Matrix3 orientation)
    {
        if (!(orientation.Determinant > 0))
            return null;
        try
        {
            var direct = orientation.Inverse.Transpose;
            var (a, b, c) = (direct.Column(0), direct.Column(1), direct.Column(2));
            return new(a.Length, b.Length, c.Length, Angle(b, c), Angle(c, a), Angle(a, b));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    static double Angle(Vector3 a, Vector3 b) => Math.Atan2(a.Cross(b).Length, a.Dot(b)) * 180 / Math.PI;
}
