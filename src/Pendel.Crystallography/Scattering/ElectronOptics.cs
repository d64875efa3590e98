namespace Pendel.Crystallography;

/// <summary>What the accelerating voltage fixes: wavelength, relativistic factors, interaction constant.</summary>
/// <remarks>
/// γ = 1 + E/m₀c²; λ = hc/√(E(2m₀c² + E)); β = v/c = √(1 − γ⁻²); σ = 2πγm₀eλ/h². Constants: CODATA 2018.
/// </remarks>
public sealed record ElectronOptics
{
    // The voltages that microscopes are built for, V, and how far a written wavelength may lead from one.
    static readonly double[] CustomaryVoltages = [80e3, 100e3, 120e3, 160e3, 200e3, 300e3];
    const double SnapTolerance = 0.005;

    ElectronOptics(double voltage) => Voltage = voltage;

    /// <summary>Accelerating voltage, V.</summary>
    public double Voltage { get; }

    /// <summary>γ = m/m₀.</summary>
    public double Gamma => 1 + Voltage / PhysicalConstants.ElectronRestEnergy;

    /// <summary>β = v/c.</summary>
    public double Beta => Math.Sqrt(1 - 1 / (Gamma * Gamma));

    /// <summary>λ in vacuum, Å.</summary>
    public double Wavelength =>
        PhysicalConstants.PlanckTimesSpeedOfLight
        / Math.Sqrt(Voltage * (2 * PhysicalConstants.ElectronRestEnergy + Voltage));

    /// <summary>1/λ in vacuum, Å⁻¹ (no 2π).</summary>
    public double WaveNumber => 1 / Wavelength;

    /// <summary>σ, rad V⁻¹ Å⁻¹: a potential V of thickness t shifts the phase by σVt.</summary>
    public double InteractionConstant => Gamma * Wavelength / PhysicalConstants.PotentialOfScatteringFactor;

    /// <summary>The optics at an accelerating voltage.</summary>
    /// <param name="voltage">Voltage, V: 200e3 for 200 kV.</param>
    /// <exception cref="ArgumentException">The voltage is not positive.</exception>
    public static ElectronOptics FromVoltage(double voltage) =>
        voltage > 0 && double.IsFinite(voltage)
            ? new(voltage)
            : throw new ArgumentException(
                FormattableString.Invariant($"the accelerating voltage is {voltage} V; a positive one is expected")
            );

    /// <summary>
    /// The optics at a wavelength as data files write it, with four or five digits: when its voltage lies within 0.5 % of 80,
    /// 100, 120, 160, 200 or 300 kV, that voltage is meant.
    /// </summary>
    /// <param name="wavelength">λ, Å.</param>
    /// <exception cref="ArgumentException">The wavelength is not positive.</exception>
    public static ElectronOptics FromWavelength(double wavelength)
    {
        if (!(wavelength > 0 && double.IsFinite(wavelength)))
            throw new ArgumentException(
                FormattableString.Invariant($"the wavelength is {wavelength} Å; a positive one is expected")
            );
        const double rest = PhysicalConstants.ElectronRestEnergy;
        var momentum = PhysicalConstants.PlanckTimesSpeedOfLight / wavelength;
        // √(m² + p²) − m without the cancellation
        var voltage = momentum * momentum / (Math.Sqrt(rest * rest + momentum * momentum) + rest);
        foreach (var customary in CustomaryVoltages)
            if (Math.Abs(voltage - customary) <= SnapTolerance * customary)
                return FromVoltage(customary);
        return FromVoltage(voltage);
    }

    /// <summary>γ/(πΩ), Å⁻³: U_g = this · F_g, Å⁻², for a structure factor F_g of the whole cell in Å.</summary>
    /// <param name="cell">The cell of volume Ω.</param>
    public double PotentialPrefactor(UnitCell cell) => Gamma / (Math.PI * cell.Volume);
}
