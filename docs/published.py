"""Write `published.json`, what the gallery sets beside ours, from where the experiments state it.

    python docs/published.py

The file holds: experiment -> metric -> [value, source]. Values that no experiment states stand here.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "experiments"))

P21 = "Payeur et al. 2021"
PROGRAM = f"{P21}, its program, seed 1"
EQUATIONS = "equations of Naud & Sprekeler 2018, another program"
SEGREGATED = "Guerguiev et al. 2017, MNIST, 60 epochs"
SLICES = "Sjöström et al. 2001, slices"
XOR = {  # s: its network, which is larger and whose trials are longer
    "simulated_to_all_correct_s": [5060, f"{P21}, Fig. 4"],
    "simulated_to_criterion_s": [9600, f"{P21}, Fig. 4"],
}
STATED = {
    "bac_firing": {
        "threshold_reduction_percent": ["35 to 60", "Schaefer et al. 2003"],
        "spikes_spike_alone": [1, "Larkum et al. 1999, Nature"],
        "spikes_input_alone": [0, "Larkum et al. 1999, Nature"],
        "spikes_both": ["2 or more", "Larkum et al. 1999, Nature"],
    },
    "critical_frequency": {
        "critical_frequency_5_spikes_hz": ["60 to 200", "Larkum et al. 1999, PNAS, over cells"]
    },
    "nmda_plateau": {
        "amplitude_18_synapses_mv": ["5.9 ± 1.5", "Schiller et al. 2000"],
        "half_width_18_synapses_ms": ["64 ± 20", "Schiller et al. 2000"],
        "control_to_apv": ["2.26 ± 0.46", "Schiller et al. 2000"],
    },
    "plateau_difference": {
        "none_test_error": [0.083, SEGREGATED],
        "one_test_error": [0.041, SEGREGATED],
        "one_angle_hidden1_deg": ["65 to 70", SEGREGATED],
        "rates_angle_hidden1_deg": ["35 to 40", SEGREGATED],
    },
    "xor": XOR,
    "xor_microcircuit": XOR,
}


def published():
    """Return all values, by experiment and metric."""
    return STATED | {
        "disinhibition": _disinhibition(),
        "electrophysiology": _electrophysiology(),
        "fi_curves": _fi_curves(),
        "frequency_dependence": _frequency_dependence(),
        "layer5": _layer5(),
        "multiplexing": _multiplexing(),
        "pairing": _pairing(),
        "plasticity_population": _plasticity_population(),
        "propagation": _propagation(),
    }


def _disinhibition():
    from figures.disinhibition import REFERENCE

    return {
        f"loop_{label.lower().replace('-', 'minus_').replace(' ', '_')}_bp_at_{pa}_pa": [value, EQUATIONS]
        for label, values in REFERENCE.items()
        for pa, value in zip((0, 150), values, strict=True)
    }


def _electrophysiology():
    from brian2 import ms

    from electrophysiology import EXPECTED
    from networks.branches import EXPECTED_BLOCK, EXPECTED_BRANCH

    kinds = {"lit": "experiments", "ref": "published equations"}
    cell = {f"{key}_dt_{0.1 * ms / ms:g}": row for key, row in EXPECTED.items()}
    rows = cell | EXPECTED_BRANCH | EXPECTED_BLOCK
    return {
        key: [reference, kinds[kind]] for key, (_, _, kind, _, reference, *_) in rows.items() if kind in kinds
    }


def _fi_curves():
    from fi_curves import BURSTS, RATES

    numbers = {f"event_rate_soma_{pa}_pa_hz": value for pa, value in RATES.items()}
    numbers |= {f"burst_probability_dendrite_{pa}_pa": value for pa, value in BURSTS.items()}
    return {name: [value, EQUATIONS] for name, value in numbers.items()}


def _frequency_dependence():
    from figures.frequency_dependence import SLICES as PAIRS
    from figures.frequency_dependence import SYNCHRONOUS

    rules = ("burst", "pair", "triplet")
    experiments = {order.replace("-", "_"): values for order, values in PAIRS.items()}
    experiments["synchronous"] = SYNCHRONOUS
    return {
        f"{rule}_{name}_{hz:g}_hz".replace(".", "p"): [f"{mean:g} ± {error:g}", SLICES]
        for rule in rules
        for name, values in experiments.items()
        for hz, (mean, error) in values.items()
    }


def _layer5():
    from layer5 import EXPECTED

    return {key: [row[4], "Bahl et al. 2012, its program in NEURON"] for key, row in EXPECTED.items()}


def _multiplexing():
    from figures.multiplexing import REFERENCE

    return {name: [value, EQUATIONS] for name, value in REFERENCE.items()}


def _pairing():
    from figures.pairing import PUBLISHED
    from pairing import FREQUENCIES

    places = {hz: min(range(len(FREQUENCIES)), key=lambda k: abs(FREQUENCIES[k] - hz)) for hz in PUBLISHED}
    return {f"periodic_dw_{places[hz]}": [value, P21 + ", its program"] for hz, value in PUBLISHED.items()}


def _plasticity_population():
    from figures.plasticity_population import PUBLISHED_W

    return {f"w_{time:g}_s": [value, PROGRAM] for time, value in PUBLISHED_W.items()}


def _propagation():
    from figures.propagation import PUBLISHED

    return {name: [values[0], PROGRAM] for name, values in PUBLISHED.items()}


if __name__ == "__main__":
    text = json.dumps(published(), indent=1, ensure_ascii=False, sort_keys=True)
    (HERE / "published.json").write_text(text + "\n")
