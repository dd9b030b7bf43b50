"""The channels of the layer-5 cell in the language of NEURON, written from the formulas once more."""

import subprocess
from pathlib import Path

Q23, Q21, Q36 = 2.3**1.4, 2.3**1.6, 2.3**0.1  # from 23, 21 and 36 to 37 degrees

TEMPLATE = """
NEURON {{ SUFFIX x{name} {ion} RANGE gbar, shift }}
PARAMETER {{ gbar = 0 shift = 0 }}
ASSIGNED {{ v i ina ik ica ena ek eca cai }}
STATE {{ {states} }}
INITIAL {{ {initial} }}
BREAKPOINT {{ SOLVE gates METHOD cnexp
  {current} = gbar*{conductance}*(v - {reversal}) }}
DERIVATIVE gates {{ {equations} }}
FUNCTION linear(x) {{ if (fabs(x) < 1e-6) {{ linear = 1 + x/2 }} else {{ linear = x/(1 - exp(-x)) }} }}
{functions}
"""

POOL = """
NEURON { SUFFIX xpool USEION ca READ ica, cai WRITE cai }
ASSIGNED { ica inflow }
STATE { cai }
INITIAL { cai = 1e-4 }
BREAKPOINT { SOLVE calcium METHOD cnexp }
DERIVATIVE calcium {
  inflow = -1e4*ica/(2*96485.33*0.1)
  if (inflow < 0) { inflow = 0 }
  cai' = inflow + (1e-4 - cai)/200 }
"""

SODIUM = ("USEION na READ ena WRITE ina", "ina", "ena")
POTASSIUM = ("USEION k READ ek WRITE ik", "ik", "ek")
CALCIUM = ("USEION ca READ eca WRITE ica", "ica", "eca")

# name: ion, conductance, factor of the rates, {gate: (opening, closing rate)} or {gate: (steady state, tau)}
BY_RATES = {
    "kfast": (POTASSIUM, f"{Q23}*n", Q23, {"n": ("0.18*linear((u - 25)/9)", "0.018*linear(-(u - 25)/9)")}),
    "ih": (
        ("NONSPECIFIC_CURRENT i", "i", "(-47)"),
        "q",
        1,
        {"q": ("0.00643*11.9*linear(-(u + 154.9)/11.9)", "0.193*exp(u/33.1)")},
    ),
    "sca": (
        CALCIUM,
        f"{Q23}*m*m*h",
        Q23,
        {
            "m": ("0.055*3.8*linear((u + 27)/3.8)", "0.94*exp((-75 - u)/17)"),
            "h": ("0.000457*exp((-13 - u)/50)/3", "0.0065/(exp((-u - 15)/28) + 1)/3"),
        },
    ),
    "kca": (
        ("USEION k READ ek WRITE ik USEION ca READ cai", "ik", "ek"),
        f"{Q23}*n",
        Q23,
        {"n": ("0.01*cai", "0.02")},
    ),
}
BY_TAU = {
    "nat": (
        SODIUM,
        f"{Q23}*m*m*m*h",
        Q23,
        {
            "m": ("a(u)/(a(u) + b(u))", "1/(a(u) + b(u))"),
            "h": (
                "1/(1 + exp((u + 55)/6.2))",
                "1/(0.12*linear((u + 50)/5) + 0.0455*linear(-(u + 75)/5))",
            ),
        },
    ),
    "kslow": (
        POTASSIUM,
        f"{Q21}*m*m*(0.5*h + 0.5*k)",
        1,
        {
            "m": ("a(u)/(a(u) + b(u))", "1/(a(u) + b(u))"),
            "h": ("1/(1 + exp((u + 58)/11))", "360 + (1010 + 23.7*(u + 54))*exp(-((u + 75)/48)^2)"),
            "k": ("1/(1 + exp((u + 58)/11))", "2350 + 1380*exp(-0.01118*u) - 210*exp(-0.0306*u)"),
        },
    ),
    "nap": (
        SODIUM,
        "m",
        1,
        {
            "m": (
                "1/(1 + exp(-(u + 48)/10))",
                "(u < -40)*(0.025 + 0.14*exp((u + 40)/10)) + (u >= -40)*(0.02 + 0.145*exp(-(u + 40)/10))",
            )
        },
    ),
    "km": (
        POTASSIUM,
        "m",
        Q36,
        {"m": ("1/(1 + exp(-(u + 35)/10))", "1000/(3.3*exp((u + 35)/20) + exp(-(u + 35)/20))")},
    ),
}
RATES = {  # of the gates m above
    "nat": ("0.182*9*linear((u + 28)/9)", "0.124*9*linear(-(u + 28)/9)"),
    "kslow": ("0.0052*13.1*linear((u - 11.1)/13.1)", "0.01938*exp(-(u + 1.27)/71) - 0.0053"),
}


def function(name, expression):
    return f"FUNCTION {name}(u) {{ {name} = {expression} }}\n"


def source(name):
    """Return the text of one channel."""
    by_rates = name in BY_RATES
    (ion, current, reversal), conductance, factor, gates = (BY_RATES if by_rates else BY_TAU)[name]
    initial, equations, functions = "", "", ""
    for side, expression in zip("ab", RATES.get(name, ()), strict=False):
        functions += function(side, expression)
    for gate, (first, second) in gates.items():
        functions += function(f"{gate}1", first) + function(f"{gate}2", second)
        one, two = f"{gate}1(v - shift)", f"{gate}2(v - shift)"
        steady = f"{one}/({one} + {two})" if by_rates else one
        speed = f"({one} + {two})" if by_rates else f"1/{two}"
        initial += f"{gate} = {steady}\n"
        equations += f"{gate}' = {factor}*({steady} - {gate})*({speed})\n"
    return TEMPLATE.format(
        name=name,
        ion=ion,
        states=" ".join(gates),
        initial=initial,
        current=current,
        conductance=conductance,
        reversal=reversal,
        equations=equations,
        functions=functions,
    )


def compiled(folder: Path) -> Path:
    """Compile all channels into a folder and return the library to load."""
    for name in BY_RATES | BY_TAU:
        (folder / f"x{name}.mod").write_text(source(name))
    (folder / "xpool.mod").write_text(POOL)
    subprocess.run(["nrnivmodl", "."], cwd=folder, check=True, capture_output=True)
    return next(folder.glob("*/libnrnmech.*"))
