"""Cells of your own, or any of `models/neurons`, in networks that learn: their values are measured.

The values of two cells were chosen with care. They are the references: `multiplexing`, and `pyramidal` for
cells whose plateaus drive their event rate. All that is a current is carried over from the reference by what
was measured of both cells (`networks/scales.py`):

* a steady somatic current becomes that of the same event rate;
* weights, steps and other somatic currents grow with the current for each Hz more (`slope`);
* a steady apical current becomes that of the same place between P = LOW and P = HIGH;
* what the teacher and feedback send into the dendrite grows with the current between the two (`span`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from brian2 import Hz, Quantity, pA

from dendritic_bp import NeuronModel, SynapseModel
from dendritic_bp.blocks import BLOCKS
from dendritic_bp.contract import Need, asked_by, require
from dendritic_bp.equations import definitions
from dendritic_bp.load import neuron_model
from dendritic_bp.models.credit import Credit
from dendritic_bp.models.credit.bursts import bursts
from dendritic_bp.models.credit.bursts_receptors import bursts_receptors
from dendritic_bp.models.neurons.background import background
from dendritic_bp.source import folder
from networks.cells import CELLS, Cell
from networks.layers import START
from networks.mechanisms import MECHANISMS
from networks.scales import Scales, is_quiet, scales

# Chosen here.
DRIVEN = 0.3  # change of the event rate above which plateaus are said to drive it
USED = 0.8  # of the highest event rate: what a teacher or a stimulus asks for at most
SILENT = 1.0  # Hz: below, currents are compared with that for this rate

PORTS = ("I_soma", "I_apical", "I_bias", "I_noise_s", "I_noise_d")
SET = (*(name for name in START if name not in ("v_s", *PORTS)), "B_bar", "tau_top", "rate_target")
EVENTS = ("event", "burst")
WHO = "networks that learn"

centred = replace(bursts, name="bursts_centred", hidden=bursts_receptors.hidden)


def cell_of(name: str) -> Cell:
    """Return the kind of cell of this name, or that of a model of this name, or in this file."""
    known = CELLS | MECHANISMS
    return known[name] if name in known else own_cell(name)


@cache
def own_cell(name: str) -> Cell:
    """Measure a cell, and return it with the values that it needs. Raises UserError."""
    model = own_model(name, [centred.forward, centred.feedback], centred)
    mine = scales(model)
    reference = CELLS["pyramidal" if mine.change > DRIVEN else "multiplexing_short"]
    credit = bursts if reference.credit is bursts else centred
    return carried_from(reference, model, mine).cell(model, credit)


def own_model(name: str, rules: Sequence[SynapseModel], credit: Credit = bursts) -> NeuronModel:
    """Return a model by its name or file, if it has what a network of these synapses asks of it."""
    model = neuron_model(name, folder("models") / "neurons")
    require(model, asked(rules, credit), WHO)
    return model


def asked(rules: Sequence[SynapseModel], credit: Credit) -> list[Need]:
    """Return what a network that learns asks of a cell."""
    needs = [Need(name, "read", WHO) for name in ("v_s", "v_d", "E_L")]
    needs += [Need(name, "event", WHO) for name in EVENTS]
    needs += asked_by(*rules)
    return needs + [Need(name, "set", WHO) for name in (*PORTS, *SET, *_replaced(credit))]


def _replaced(credit: Credit) -> list[str]:
    """Return the names of the blocks that a mechanism defines anew."""
    text = credit.hidden.get("equations", "") + credit.output.get("equations", "")
    blocks = set().union(*(definitions(each["equations"]) | each["parameters"] for each in BLOCKS.values()))
    return [name for name in definitions(text) if name in blocks]


def carried_from(reference: Cell, model: NeuronModel, mine: Scales) -> "Carried":
    """Measure the reference too, and say how to carry its values over to the cell."""
    known = scales(reference.model.with_equations(**reference.noise))
    sigma = dict(sigma_s=mine.noise / 2 * pA, sigma_d=mine.noise * pA)
    quiet = dict(background, parameters=background["parameters"] | sigma)
    return Carried(reference, known, mine, quiet if is_quiet(model) else {})


@dataclass(frozen=True)
class Carried:
    """Carry the values of a reference over to another cell, by what was measured of both."""

    reference: Cell
    known: Scales
    mine: Scales
    noise: Mapping[str, Any]  # background for the cell, if it has none

    @property
    def soma(self) -> float:
        """Return how many times larger somatic currents are."""
        return self.mine.slope / self.known.slope

    @property
    def dendrite(self) -> float:
        """Return how many times larger apical currents are."""
        return self.mine.span / self.known.span

    def drive(self, current: Quantity) -> Quantity:
        """Return the steady somatic current for the event rate that the reference has at `current`."""
        amount = float(current / pA)
        rate = float(self.known.curve(amount))
        if rate < SILENT:
            return amount / self.known.current(SILENT) * self.mine.current(SILENT) * pA
        return self.mine.current(min(rate, USED * self.mine.highest)) * pA

    def place(self, current: Quantity) -> Quantity:
        """Return the steady apical current at the same place between P = LOW and P = HIGH."""
        place = (float(current / pA) - self.known.low) / self.known.span
        return (self.mine.low + place * self.mine.span) * pA

    def rate(self, rate: Quantity) -> Quantity:
        """Return an event rate that the cell has."""
        return min(rate, USED * self.mine.highest * Hz)

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return values of cells."""
        how = dict(
            I_bias=self.drive,
            I_tonic=self.place,
            eta_home=lambda step: step * self.soma,
            eta_centre=lambda step: step * self.dendrite,
            rate_target=self.rate,
        )
        return {name: how[name](value) if name in how else value for name, value in given.items()}

    def synapses(self, model: SynapseModel) -> SynapseModel:
        """Return synapses whose limits are those of the larger currents."""
        bounds = {name: self.soma * model.parameters[name] for name in ("w_min", "w_max")}
        return model.with_equations(parameters=bounds)

    def cell(self, model: NeuronModel, credit: Credit) -> Cell:
        """Return the cell with all that a network needs."""
        old, off = self.reference, self.drive(self.reference.inputs["I_off"])
        centre = {name: credit.hidden["parameters"][name] for name in ("eta_centre",) if credit is centred}
        start = dict(I_bias=START["I_bias"]) | centre
        forward, feedback = (self.synapses(each) for each in (credit.forward, credit.feedback))
        first = dict(eta=old.first["eta"] * self.soma, w=f"{self.soma:.6g}*{old.first['w']}")
        hidden = {k: x for k, x in old.hidden.items() if k != "V_d"}  # its feedback is a current, as it is
        rates = {name: self.rate(old.teacher[name]) for name in ("r_low", "r_high") if name in old.teacher}
        return replace(
            old,
            model=model,
            credit=replace(credit, forward=forward, feedback=feedback),
            I_tonic=self.place(old.I_tonic),
            first=first,
            step=old.step * self.soma,
            weights=old.weights * self.soma,
            feedback_gain=old.feedback_gain * self.dendrite / self.soma,
            feedback={kind: spread * self.soma for kind, spread in old.feedback.items()},
            teacher=old.teacher | rates | dict(gain=old.teacher["gain"] * self.dendrite),
            inputs=dict(I_off=off, I_on=self.drive(sum(old.inputs.values())) - off),
            hidden=self.values(start | hidden),
            output=self.values(start | old.output),
            noise=self.noise,
        )
