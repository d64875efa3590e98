namespace Pendel.Diffraction;

/// <summary>Degrees, as files and people write them, and radians, as formulas take them.</summary>
public static class Angle
{
    /// <summary>π/180 × the angle in degrees.</summary>
    public static double Radians(double degrees) => degrees * (Math.PI / 180);

    /// <summary>180/π × the angle in radians.</summary>
    public static double Degrees(double radians) => radians * (180 / Math.PI);
}
