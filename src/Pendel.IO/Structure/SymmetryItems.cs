using System.Globalization;
using Pendel.Crystallography;

namespace Pendel.IO;

/// <summary>
/// The space group of a block: the list of operations, else the Hall symbol, else the Hermann–Mauguin symbol, else the number.
/// </summary>
sealed class SymmetryItems
{
    // Operations of the largest space groups (Fm-3m …) in their conventional cell.
    const int LargestOrder = 192;

    static readonly string[] Operations = ["_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz"];
    static readonly string[] Hall = ["_space_group_name_Hall", "_symmetry_space_group_name_Hall"];
    static readonly string[] HermannMauguin =
    [
        "_space_group_name_H-M_alt",
        "_symmetry_space_group_name_H-M",
        "_space_group_name_H-M_full",
        "_space_group_name_H-M_ref",
    ];
    static readonly string[] Number = ["_space_group_IT_number", "_symmetry_Int_Tables_number"];
    static readonly string[] Choices = ["", ":1", ":2", ":H", ":R"];

    readonly CifFields fields;
    readonly List<Statement> stated = [];

    SymmetryItems(CifFields fields) => this.fields = fields;

    /// <summary>One symbol as the file has it, and the settings that it may mean, the likeliest first.</summary>
    sealed record Statement(
        string Item,
        CifValue Value,
        ImmutableArray<SpaceGroup> Meanings,
        bool IsNumber,
        string Error
    );

    /// <summary>The space group; null after an error.</summary>
    /// <remarks>A symbol that cannot be read, or that contradicts the source that is used, is a warning.</remarks>
    public static SpaceGroup? Read(CifFields fields) => new SymmetryItems(fields).Read();

    SpaceGroup? Read()
    {
        var list = ReadOperations(out var isListed);
        State(Hall, MeaningsOfHall);
        State(HermannMauguin, MeaningsOfHermannMauguin);
        State(Number, MeaningsOfNumber);
        if (isListed && list is null)
            return null;
        var used = stated.FirstOrDefault(s => !s.Meanings.IsEmpty);
        if ((list ?? used?.Meanings[0]) is not { } group)
            return Refuse();
        foreach (var statement in stated)
            Compare(statement, group, isListed ? "the list of operations" : used!.Item);
        return group;
    }

    SpaceGroup? ReadOperations(out bool isListed)
    {
        isListed = fields.Block.Column(Operations) is { Count: > 0 } c && !(c.Count == 1 && c[0].IsAbsent);
        if (!isListed)
            return null;
        var column = fields.Block.Column(Operations)!;
        var operations = new List<SymmetryOperation>();
        if (column.Count > LargestOrder)
            fields.Found.Error(
                column[0].Position,
                column.Name,
                $"found {column.Count} operations, expected 1–{LargestOrder}"
            );
        for (var i = 0; i < Math.Min(column.Count, LargestOrder); i++)
            if (SymmetryOperation.TryParse(column[i].Text, out var operation, out var error))
                operations.Add(operation);
            else
                fields.Found.Error(column[i].Position, column.Name, $"{error}; expected an operation like -x,y+1/2,z");
        if (fields.Found.HasErrors)
            return null;
        try
        {
            return SpaceGroup.FromOperations(operations);
        }
        catch (ArgumentException e)
        {
            fields.Found.Error(column[0].Position, column.Name, e.Message);
            return null;
        }
    }

    void State(string[] names, Func<CifValue, (IEnumerable<SpaceGroup>, string)> meanings)
    {
        if (fields.Value(names) is not { } value)
            return;
        var (groups, error) = meanings(value);
        stated.Add(new(fields.Block.Column(names)!.Name, value, [.. groups], names == Number, error));
    }

    static (IEnumerable<SpaceGroup>, string) MeaningsOfHall(CifValue value) =>
        SpaceGroup.TryFromHall(value.Text, out var group, out var error)
            ? ([group], "")
            : ([], $"found {DiagnosticList.Show(value.Text)}, expected a Hall symbol ({error})");

    static (IEnumerable<SpaceGroup>, string) MeaningsOfHermannMauguin(CifValue value) =>
        (
            Choices
                .Select(choice => SpaceGroup.TryFromHermannMauguin(value.Text + choice, out var group) ? group : null)
                .OfType<SpaceGroup>(),
            $"found {DiagnosticList.Show(value.Text)}, expected a Hermann–Mauguin symbol of a tabulated setting"
        );

    static (IEnumerable<SpaceGroup>, string) MeaningsOfNumber(CifValue value) =>
        int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && SpaceGroup.TryFromNumber(number, out var group)
            ? ([group], "")
            : ([], $"found {DiagnosticList.Show(value.Text)}, expected a number from 1 to 230");

    void Compare(Statement statement, SpaceGroup group, string source)
    {
        if (statement.Meanings.IsEmpty)
            fields.Found.Warning(statement.Value.Position, statement.Item, $"{statement.Error}; {source} is used");
        else if (!Agrees(statement, group))
            fields.Found.Warning(
                statement.Value.Position,
                statement.Item,
                $"found {DiagnosticList.Show(statement.Value.Text)}, which contradicts {source}, that is {group}; {source} wins"
            );
    }

    // A number names the type, not the setting.
    static bool Agrees(Statement statement, SpaceGroup group) =>
        statement.IsNumber
            ? group.Number is null || group.Number == statement.Meanings[0].Number
            : statement.Meanings.Contains(group);

    SpaceGroup? Refuse()
    {
        foreach (var statement in stated)
            fields.Found.Error(statement.Value.Position, statement.Item, statement.Error);
        var position = fields.Block.Position;
        if (stated.Count > 0)
            return null;
        if (fields.Block.Column(PetsItems.ReflectionFrameId) is null)
        {
            fields.Found.Error(
                position,
                Operations[0],
                "the item is missing, expected the symmetry operations or a symbol"
            );
            return null;
        }
        fields.Found.Warning(position, Operations[0], "the item is missing in this data file; P 1 is taken");
        return SpaceGroup.FromOperations([SymmetryOperation.Identity]);
    }
}
