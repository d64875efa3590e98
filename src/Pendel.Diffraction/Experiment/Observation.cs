using Pendel.Crystallography;

namespace Pendel.Diffraction;

/// <summary>
/// One measured row of a frame. Equal rows of different frames are one measurement: programs write it, with the same I and σ, into
/// every overlapping virtual frame that it touches.
/// </summary>
/// <param name="Hkl">Miller index.</param>
/// <param name="Intensity">Integrated intensity I, arbitrary unit of the data set; may be negative.</param>
/// <param name="Su">Standard uncertainty σ(I), same unit; 0 if the file says so.</param>
public readonly record struct Observation(MillerIndex Hkl, double Intensity, double Su);
