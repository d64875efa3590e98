using System.Text.RegularExpressions;

namespace Pendel.Crystallography;

/// <summary>
/// Hall symbols: [−]L N_A^T … (V). A lattice letter, up to four rotations N about an axis A with a translation T, and a
/// change of basis V. Source: International Tables B, A1.4.2.3; Hall (1981), doi 10.1107/S0567739481001228.
/// </summary>
static partial class HallSymbol
{
    static readonly Dictionary<char, string[]> Centrings = new()
    {
        ['P'] = [],
        ['A'] = ["x,y+1/2,z+1/2"],
        ['B'] = ["x+1/2,y,z+1/2"],
        ['C'] = ["x+1/2,y+1/2,z"],
        ['I'] = ["x+1/2,y+1/2,z+1/2"],
        ['R'] = ["x+2/3,y+1/3,z+1/3"],
        ['S'] = ["x+1/3,y+1/3,z+2/3"],
        ['T'] = ["x+1/3,y+2/3,z+1/3"],
        ['H'] = ["x+2/3,y+1/3,z"],
        ['F'] = ["x,y+1/2,z+1/2", "x+1/2,y,z+1/2"],
    };

    // Proper rotations: about z, about the diagonals a − b (') and a + b (") of its plane, and about a + b + c (*).
    static readonly Dictionary<string, Matrix3> Rotations = new()
    {
        ["1z"] = Matrix3.Identity,
        ["2z"] = new(-1, 0, 0, 0, -1, 0, 0, 0, 1),
        ["3z"] = new(0, -1, 0, 1, -1, 0, 0, 0, 1),
        ["4z"] = new(0, -1, 0, 1, 0, 0, 0, 0, 1),
        ["6z"] = new(1, -1, 0, 1, 0, 0, 0, 0, 1),
        ["2'"] = new(0, -1, 0, -1, 0, 0, 0, 0, -1),
        ["2\""] = new(0, 1, 0, 1, 0, 0, 0, 0, -1),
        ["3*"] = new(0, 0, 1, 1, 0, 0, 0, 1, 0),
    };

    static readonly Dictionary<char, Vector3> Translations = new()
    {
        ['a'] = new(0.5, 0, 0),
        ['b'] = new(0, 0.5, 0),
        ['c'] = new(0, 0, 0.5),
        ['n'] = new(0.5, 0.5, 0.5),
        ['u'] = new(0.25, 0, 0),
        ['v'] = new(0, 0.25, 0),
        ['w'] = new(0, 0, 0.25),
        ['d'] = new(0.25, 0.25, 0.25),
    };

    /// <summary>Generators of the group, lattice translations excluded; the group is their closure.</summary>
    /// <exception cref="FormatException">The text is not a Hall symbol; the message says where.</exception>
    public static ImmutableArray<SymmetryOperation> Generators(string symbol)
    {
        var match = Whole().Match(symbol.Replace('_', ' ').Trim());
        if (!match.Success)
            throw new FormatException(
                $"'{symbol}' is not a Hall symbol: a lattice letter of PABCIRSTHF and rotations such as 2yb are expected"
            );
        List<SymmetryOperation> generators = [];
        if (match.Groups["centre"].Length > 0)
            generators.Add(SymmetryOperation.From(-1.0 * Matrix3.Identity, Vector3.Zero));
        foreach (var text in Centrings[char.ToUpperInvariant(match.Groups["lattice"].Value[0])])
            generators.Add(Parse(text));
        generators.AddRange(RotationsOf(match.Groups["rotations"].Value.ToLowerInvariant()));
        return match.Groups["basis"].Success ? ChangeBasis(generators, match.Groups["basis"].Value) : [.. generators];
    }

    static IEnumerable<SymmetryOperation> RotationsOf(string rotations)
    {
        var (previousOrder, previousAxis) = (0, 'z');
        foreach (var token in rotations.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var match = Rotation().Match(token);
            if (!match.Success)
                throw new FormatException($"'{token}' is not a rotation of a Hall symbol");
            var order = match.Groups["order"].Value[0] - '0';
            var axis =
                match.Groups["axis"].Length > 0 ? match.Groups["axis"].Value[0] : ImpliedAxis(order, previousOrder);
            var rotation = About(token, order, axis, previousAxis);
            var translation = match
                .Groups["translations"]
                .Value.Aggregate(Vector3.Zero, (sum, t) => sum + Translation(token, t, order, axis));
            yield return SymmetryOperation.From(
                (match.Groups["improper"].Length > 0 ? -1.0 : 1.0) * rotation,
                translation
            );
            if (order > 1)
                (previousOrder, previousAxis) = (order, "xyz".Contains(axis) ? axis : 'z');
        }
    }

    // The first rotation is about z; a 2 after a 2 or 4 about x, after a 3 or 6 about a − b; a later 3 about a + b + c.
    static char ImpliedAxis(int order, int previousOrder) =>
        (order, previousOrder) switch
        {
            (1, _) or (_, 0) => 'z',
            (2, 2 or 4) => 'x',
            (2, 3 or 6) => '\'',
            (3, _) => '*',
            _ => throw new FormatException(
                $"a rotation {order} after a {previousOrder} needs its axis in a Hall symbol"
            ),
        };

    static Matrix3 About(string token, int order, char axis, char previousAxis)
    {
        var isDiagonal = axis is '\'' or '"';
        var name = $"{order}{("xyz".Contains(axis) ? 'z' : axis)}";
        if (!Rotations.TryGetValue(name, out var rotation))
            throw new FormatException($"'{token}': there is no rotation {order} about the axis {axis}");
        // a → b → c carries an axis z to x, and x to y
        var cycle = Rotations["3*"];
        return (isDiagonal ? previousAxis : axis) switch
        {
            'x' => cycle * rotation * cycle.Transpose,
            'y' => cycle.Transpose * rotation * cycle,
            _ => rotation,
        };
    }

    // A letter, or the digit k of a screw axis: k/N along the axis.
    static Vector3 Translation(string token, char symbol, int order, char axis)
    {
        if (Translations.TryGetValue(symbol, out var translation))
            return translation;
        var pitch = (symbol - '0') / (double)order;
        return axis switch
        {
            _ when pitch >= 1 => throw new FormatException($"'{token}': a screw axis {order} has no pitch {symbol}"),
            'x' => new(pitch, 0, 0),
            'y' => new(0, pitch, 0),
            'z' => new(0, 0, pitch),
            _ => throw new FormatException($"'{token}': a screw axis lies along x, y or z"),
        };
    }

    // (W, w) → (V, v)(W, w)(V, v)⁻¹, with (V, v) as coordinates "x-y,x+y,z" or as a shift in 12ths "0 0 4".
    static ImmutableArray<SymmetryOperation> ChangeBasis(List<SymmetryOperation> generators, string basis)
    {
        var (linear, shift) = (Matrix3.Identity, Vector3.Zero);
        var twelfths = basis.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (
            twelfths.Length == 3
            && twelfths.All(t => int.TryParse(t, NumberStyles.Integer, CultureInfo.InvariantCulture, out _))
        )
        {
            var n = twelfths.Select(t => int.Parse(t, CultureInfo.InvariantCulture) / 12.0).ToArray();
            shift = new(n[0], n[1], n[2]);
        }
        else if (!AffineText.TryParse(basis, out linear, out shift, out var error))
            throw new FormatException($"the change of basis of a Hall symbol: {error}");
        if (Math.Abs(linear.Determinant) < 1e-9)
            throw new FormatException($"the change of basis ({basis}) is singular");
        var inverse = linear.Inverse;
        var group = SpaceGroup.Closure(generators);
        for (var i = 0; i < 3; i++)
            if (
                !SymmetryOperation.TryFrom(Matrix3.Identity, inverse.Column(i), out var edge, out _)
                || !group.Contains(edge)
            )
                throw new FormatException($"the change of basis ({basis}) does not lead to a cell of the lattice");
        // the edges of the old cell are lattice translations too, perhaps centring ones of the new cell
        var edges = Enumerable.Range(0, 3).Select(i => (Matrix3.Identity, Matrix3.Identity.Column(i)));
        return
        [
            .. generators
                .Select(g => (g.Rotation, g.Translation))
                .Concat(edges)
                .Select(g => Transformed(g.Item1, g.Item2, linear, inverse, shift, basis))
                .Where(g => g != SymmetryOperation.Identity),
        ];
    }

    static SymmetryOperation Transformed(Matrix3 w, Vector3 t, Matrix3 v, Matrix3 inverse, Vector3 shift, string basis)
    {
        var rotation = v * w * inverse;
        return SymmetryOperation.TryFrom(rotation, v * t + shift - rotation * shift, out var operation, out _)
            ? operation
            : throw new FormatException($"the change of basis ({basis}) does not lead to a cell of the lattice");
    }

    static SymmetryOperation Parse(string text) =>
        SymmetryOperation.TryParse(text, out var operation, out var error)
            ? operation
            : throw new FormatException(error);

    [GeneratedRegex(
        @"^(?<centre>-?) ?(?<lattice>[PABCIRSTHFpabcirsthf])(?<rotations>( +[^ ()]+)+)( *\((?<basis>[^()]*)\))?$"
    )]
    private static partial Regex Whole();

    [GeneratedRegex(@"^(?<improper>-?)(?<order>[12346])(?<axis>[xyz'""*]?)(?<translations>[1-5abcnuvwd]*)$")]
    private static partial Regex Rotation();
}
