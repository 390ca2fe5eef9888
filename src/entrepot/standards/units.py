"""Units of measure: the symbol that people write, and what each standard calls it; knows no format.

Sources: QUDT's unit vocabulary, UCUM's case-sensitive codes, the SenML registries (RFC 8428 and RFC
8798) and DTDL's QuantitativeTypes extension, version 1. A blank: the standard has no name for it,
or none that says no more than the unit does (DTDL makes every percentage a concentration, a
relative density or a relative humidity).
"""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """One unit under all its names. `dtdl` is the unit's, `quantity` that of what it measures."""

    symbol: str
    qudt: str = ""
    ucum: str = ""
    senml: str = ""
    dtdl: str = ""
    quantity: str = ""


_UNITS = """
°C      DEG_C               Cel         Cel     degreeCelsius           Temperature
°F      DEG_F               [degF]      -       degreeFahrenheit        Temperature
K       K                   K           K       kelvin                  Temperature
%       PERCENT             %           /100    -                       -
%RH     PERCENT_RH          %           %RH     percent                 RelativeHumidity
‰       PPTH                [ppth]      /1000   -                       -
ppm     PPM                 [ppm]       ppm     partsPerMillion         Concentration
ppb     PPB                 [ppb]       -       partsPerBillion         Concentration
V       V                   V           V       volt                    Voltage
mV      MilliV              mV          mV      millivolt               Voltage
kV      KiloV               kV          -       kilovolt                Voltage
A       A                   A           A       ampere                  Current
mA      MilliA              mA          mA      milliampere             Current
kA      KiloA               kA          -       kiloampere              Current
Ah      A-HR                A.h         Ah      ampereHour              ElectricCharge
mAh     -                   mA.h        -       milliampereHour         ElectricCharge
W       W                   W           W       watt                    Power
mW      MilliW              mW          -       milliwatt               Power
kW      KiloW               kW          kW      kilowatt                Power
MW      MegaW               MW          -       megawatt                Power
Wh      W-HR                W.h         Wh      wattHour                Energy
kWh     KiloW-HR            kW.h        kWh     kilowattHour            Energy
MWh     MegaW-HR            MW.h        -       megawattHour            Energy
J       J                   J           J       joule                   Energy
kJ      KiloJ               kJ          -       kilojoule               Energy
MJ      MegaJ               MJ          -       megajoule               Energy
VA      V-A                 V.A         VA      voltAmpere              ApparentPower
kVA     KiloV-A             kV.A        kVA     kilovoltAmpere          ApparentPower
var     V-A_Reactive        -           var     voltAmpereReactive      ReactivePower
kvar    KiloV-A_Reactive    -           kvar    kilovoltAmpereReactive  ReactivePower
varh    V-A_Reactive-HR     -           varh    voltAmpereReactiveHour  ReactiveEnergy
kvarh   KiloV-A_Reactive-HR -           kvarh   kilovoltAmpereReactiveHour ReactiveEnergy
Ω       OHM                 Ohm         Ohm     ohm                     Resistance
kΩ      KiloOHM             kOhm        -       kiloohm                 Resistance
MΩ      MegaOHM             MOhm        -       megaohm                 Resistance
F       FARAD               F           F       farad                   Capacitance
H       H                   H           H       henry                   Inductance
Hz      HZ                  Hz          Hz      hertz                   Frequency
kHz     KiloHZ              kHz         -       kilohertz               Frequency
MHz     MegaHZ              MHz         MHz     megahertz               Frequency
rpm     REV-PER-MIN         {rev}/min   -       revolutionPerMinute     AngularVelocity
rad/s   RAD-PER-SEC         rad/s       -       radianPerSecond         AngularVelocity
°       DEG                 deg         deg     degreeOfArc             Angle
rad     RAD                 rad         rad     radian                  Angle
s       SEC                 s           s       second                  TimeSpan
ms      MilliSEC            ms          ms      millisecond             TimeSpan
min     MIN                 min         min     minute                  TimeSpan
h       HR                  h           h       hour                    TimeSpan
d       DAY                 d           -       day                     TimeSpan
m       M                   m           m       metre                   Length
mm      MilliM              mm          mm      millimetre              Length
cm      CentiM              cm          cm      centimetre              Length
km      KiloM               km          km      kilometre               Length
µm      MicroM              um          -       micrometre              Length
m²      M2                  m2          m2      squareMetre             Area
m³      M3                  m3          m3      cubicMetre              Volume
L       L                   L           l       litre                   Volume
mL      MilliL              mL          -       millilitre              Volume
m³/h    M3-PER-HR           m3/h        -       cubicMetrePerHour       VolumeFlowRate
m³/s    M3-PER-SEC          m3/s        m3/s    cubicMetrePerSecond     VolumeFlowRate
L/min   L-PER-MIN           L/min       -       litrePerMinute          VolumeFlowRate
L/s     L-PER-SEC           L/s         l/s     litrePerSecond          VolumeFlowRate
m/s     M-PER-SEC           m/s         m/s     metrePerSecond          Velocity
km/h    KiloM-PER-HR        km/h        km/h    kilometrePerHour        Velocity
m/s²    M-PER-SEC2          m/s2        m/s2    metrePerSecondSquared   Acceleration
kg      KiloGM              kg          kg      kilogram                Mass
g       GM                  g           g       gram                    Mass
t       TON_Metric          t           -       tonne                   Mass
kg/m³   KiloGM-PER-M3       kg/m3       kg/m3   kilogramPerCubicMetre   Density
mg/m³   MilliGM-PER-M3      mg/m3       -       milligramPerCubicMetre  Density
µg/m³   MicroGM-PER-M3      ug/m3       ug/m3   microgramPerCubicMetre  Density
mg/L    MilliGM-PER-L       mg/L        -       -                       -
Pa      PA                  Pa          Pa      pascal                  Pressure
hPa     HectoPA             hPa         hPa     hectopascal             Pressure
kPa     KiloPA              kPa         -       kilopascal              Pressure
MPa     MegaPA              MPa         -       -                       -
bar     BAR                 bar         -       bar                     Pressure
N       N                   N           N       newton                  Force
N·m     N-M                 N.m         -       newtonMetre             Torque
lx      LUX                 lx          lx      lux                     Illuminance
lm      LM                  lm          lm      lumen                   LuminousFlux
cd      CD                  cd          cd      candela                 LuminousIntensity
W/m²    W-PER-M2            W/m2        W/m2    wattPerSquareMetre      Irradiance
dB      DeciB               dB          dB      -                       -
dBm     DeciB_M             dB[mW]      dBm     -                       -
pH      PH                  [pH]        pH      -                       -
mm/h    MilliM-PER-HR       mm/h        mm/h    -                       -
µS/cm   MicroS-PER-CentiM   uS/cm       -       -                       -
NTU     NTU                 -           NTU     -                       -
bit     BIT                 bit         bit     bit                     DataSize
B       BYTE                By          B       byte                    DataSize
bit/s   BIT-PER-SEC         bit/s       bit/s   bitPerSecond            DataRate
"""

UNITS = tuple(
    Unit(*("" if name == "-" else name for name in line.split()))
    for line in _UNITS.strip().splitlines()
)

SYMBOLS = {unit.symbol: unit for unit in UNITS}
QUDT = {unit.qudt: unit for unit in UNITS if unit.qudt}
SENML = {unit.senml: unit for unit in UNITS if unit.senml}
DTDL = {(unit.dtdl, unit.quantity): unit for unit in UNITS if unit.dtdl}

_ALIASES = {
    "℃": "°C", "℉": "°F", "\u2126": "Ω", "Ohm": "Ω", "μm": "µm", "m2": "m²", "m^2": "m²", "m3": "m³", "m^3": "m³",
    "m3/h": "m³/h", "m3/s": "m³/s", "m/s2": "m/s²", "m/s^2": "m/s²", "W/m2": "W/m²", "μg/m³": "µg/m³",
    "ug/m3": "µg/m³", "mg/m3": "mg/m³", "kg/m3": "kg/m³", "l": "L", "ml": "mL", "Lux": "lx", "lux": "lx",
    "r/min": "rpm", "μS/cm": "µS/cm", "us/cm": "µS/cm", "bps": "bit/s",
}  # fmt: skip


def known(symbol: str) -> Unit | None:
    """The unit that people write so; None where it is in no row."""
    return SYMBOLS.get(_ALIASES.get(symbol, symbol))
