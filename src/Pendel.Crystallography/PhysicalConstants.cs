namespace Pendel.Crystallography;

/// <summary>Physical constants. Source: CODATA 2018, doi 10.1103/RevModPhys.93.025010.</summary>
public static class PhysicalConstants
{
    /// <summary>Planck constant h, J s.</summary>
    public const double Planck = 6.62607015e-34;

    /// <summary>Elementary charge e, C.</summary>
    public const double ElementaryCharge = 1.602176634e-19;

    /// <summary>Speed of light c, m/s.</summary>
    public const double SpeedOfLight = 299792458;

    /// <summary>Rest mass of the electron m₀, kg.</summary>
    public const double ElectronMass = 9.1093837015e-31;

    /// <summary>Bohr radius a₀, Å.</summary>
    public const double BohrRadius = 0.529177210903;

    /// <summary>Rest energy of the electron m₀c², eV.</summary>
    public const double ElectronRestEnergy = ElectronMass * SpeedOfLight * SpeedOfLight / ElementaryCharge;

    /// <summary>hc, eV Å.</summary>
    public const double PlanckTimesSpeedOfLight = Planck * SpeedOfLight / ElementaryCharge * 1e10;

    /// <summary>h²/(2π m₀ e), V Å²: V_g = this · F_g/Ω for a structure factor F_g in Å and a volume Ω in Å³.</summary>
    public const double PotentialOfScatteringFactor =
        Planck * Planck / (2 * Math.PI * ElectronMass * ElementaryCharge) * 1e20;

    /// <summary>1/(8π²a₀), Å⁻¹, of the Mott–Bethe formula: a charge ΔZ scatters as this · ΔZ/s².</summary>
    public const double MottBethe = 1 / (8 * Math.PI * Math.PI * BohrRadius);
}
