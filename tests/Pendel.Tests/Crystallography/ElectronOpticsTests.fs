module Pendel.Tests.Crystallography.ElectronOpticsTests

open Pendel.Crystallography
open Xunit

[<Theory>]
[<InlineData(80e3, 0.04175716, 1.15655609, 0.502399, 1.008707e-3)>]
[<InlineData(100e3, 0.03701437, 1.19569512, 0.548221, 9.243958e-4)>]
[<InlineData(120e3, 0.03349215, 1.23483414, 0.586671, 8.638113e-4)>]
[<InlineData(200e3, 0.02507934, 1.39139024, 0.695314, 7.288401e-4)>]
[<InlineData(300e3, 0.01968749, 1.58708536, 0.776525, 6.526161e-4)>]
let ``wavelength, γ, β and interaction constant have the tabulated digits`` voltage lambda gamma beta sigma =
    let optics = ElectronOptics.FromVoltage voltage
    Assert.Equal(lambda, optics.Wavelength, 5e-9)
    Assert.Equal(gamma, optics.Gamma, 5e-9)
    Assert.Equal(beta, optics.Beta, 5e-7)
    Assert.Equal(sigma, optics.InteractionConstant, 5e-7 * sigma)

[<Fact>]
let ``a wavelength as files write it means the customary voltage, any other one its own`` () =
    Assert.Equal(200e3, (ElectronOptics.FromWavelength 0.0251).Voltage)
    Assert.Equal(300e3, (ElectronOptics.FromWavelength 0.01970).Voltage)
    let own = ElectronOptics.FromWavelength 0.03
    Assert.Equal(0.03, own.Wavelength, 15)
    Assert.Equal(146207.891, own.Voltage, 1e-3)

[<Fact>]
let ``the derived constants are those of CODATA 2018`` () =
    Assert.Equal(510998.95, PhysicalConstants.ElectronRestEnergy, 1e-2)
    Assert.Equal(47.877647305, PhysicalConstants.PotentialOfScatteringFactor, 1e-7)
    Assert.Equal(0.02393366096, PhysicalConstants.MottBethe, 1e-11)
