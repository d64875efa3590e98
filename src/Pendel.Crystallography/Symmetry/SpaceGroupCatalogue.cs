namespace Pendel.Crystallography;

/// <summary>One setting of a space-group type.</summary>
/// <param name="Number">Number in the International Tables, 1 … 230.</param>
/// <param name="HermannMauguin">Symbol with blanks and the code of the origin or the axes, "F d -3 m:2".</param>
/// <param name="Code">The code: "1" or "2" for the origin, "H" or "R" for the axes, or empty.</param>
/// <param name="ShortSymbol">Symbol without blanks and, where monoclinic, without the directions 1: "P21/c".</param>
/// <param name="Hall">Hall symbol, which defines the operations.</param>
/// <param name="IsReference">True for the setting that stands for its number.</param>
sealed record SpaceGroupSetting(
    int Number,
    string HermannMauguin,
    string Code,
    string ShortSymbol,
    string Hall,
    bool IsReference
)
{
    /// <summary>True for the setting that a symbol without code means: the second origin choice, the hexagonal axes.</summary>
    public bool IsDefault => Code is not ("1" or "R");

    /// <summary>Symbol with blanks, without code.</summary>
    public string Symbol => HermannMauguin.Split(':')[0];
}

/// <summary>The 559 tabulated settings of the 230 space-group types.</summary>
static class SpaceGroupCatalogue
{
    // Symbols with the glide e, which replaced these in 1992.
    static readonly Dictionary<string, string> DoubleGlides = new()
    {
        ["aem2"] = "abm2",
        ["aea2"] = "aba2",
        ["cmce"] = "cmca",
        ["cmme"] = "cmma",
        ["ccce"] = "ccca",
    };

    static readonly Lazy<ImmutableDictionary<string, SpaceGroupSetting>> bySymbol = new(IndexSymbols);

    static readonly Lazy<ImmutableDictionary<SpaceGroup, SpaceGroupSetting>> byOperations = new(IndexOperations);

    /// <summary>All settings, in the order of their numbers.</summary>
    public static ImmutableArray<SpaceGroupSetting> Settings { get; } =
    [
        .. EmbeddedTable
            .Read("spacegroups.csv")
            .Select(row => new SpaceGroupSetting(
                int.Parse(row["number"], CultureInfo.InvariantCulture),
                row["xhm"],
                row["ext"],
                row["short_name"],
                row["hall"],
                row["is_reference_setting"] == "1"
            )),
    ];

    /// <summary>The setting that a Hermann–Mauguin symbol names, in any of the accepted spellings, or null.</summary>
    public static SpaceGroupSetting? Find(string hermannMauguin)
    {
        var key = Key(hermannMauguin);
        var (symbol, code) = key.Split(':') is [var head, var tail] ? (head, ":" + tail) : (key, "");
        return bySymbol.Value.GetValueOrDefault(DoubleGlides.GetValueOrDefault(symbol, symbol) + code);
    }

    /// <summary>The setting that has these operations, or null.</summary>
    public static SpaceGroupSetting? Find(SpaceGroup group) => byOperations.Value.GetValueOrDefault(group);

    // Blanks, underscores and case do not matter.
    static string Key(string symbol) =>
        string.Concat(symbol.Where(c => !char.IsWhiteSpace(c) && c != '_')).ToLowerInvariant();

    // Full symbols win over short ones, and these over those of before 1983 ("Fd3m"); among equals, the earlier setting.
    static ImmutableDictionary<string, SpaceGroupSetting> IndexSymbols()
    {
        var index = ImmutableDictionary.CreateBuilder<string, SpaceGroupSetting>();
        void Add(IEnumerable<SpaceGroupSetting> settings, Func<SpaceGroupSetting, string> symbol)
        {
            foreach (var setting in settings)
                index.TryAdd(Key(symbol(setting)), setting);
        }
        var defaults = Settings.Where(s => s.IsDefault);
        Add(Settings, s => s.HermannMauguin);
        Add(defaults, s => s.Symbol);
        Add(defaults, s => s.ShortSymbol);
        Add(Settings.Where(IsCubic), s => s.HermannMauguin.Replace("-3", "3"));
        Add(defaults.Where(IsCubic), s => s.Symbol.Replace("-3", "3"));
        return index.ToImmutable();
    }

    static bool IsCubic(SpaceGroupSetting setting) => setting.Number >= 195;

    static ImmutableDictionary<SpaceGroup, SpaceGroupSetting> IndexOperations()
    {
        var index = ImmutableDictionary.CreateBuilder<SpaceGroup, SpaceGroupSetting>();
        foreach (var setting in Settings.OrderByDescending(s => s.IsReference))
            index.TryAdd(SpaceGroup.FromSetting(setting), setting);
        return index.ToImmutable();
    }
}
