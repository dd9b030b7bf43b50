"""The figure of `plasticity_population.py`, drawn from the data of a run alone."""

from dendritic_bp import plotting
from dendritic_bp.style import BLUE, GREY, LINE, ORANGE, SHADE, SMALL

PHASES = {"d": 20, "1.5 d": 45, " d": 70, "0.55 d": 95, "d ": 120, "d, pre +40 pA": 145}  # start (s)
END = 170  # s
# Mean weight by time (s), and the ranges of the postsynaptic event rate (Hz): the published program, seed 1.
PUBLISHED_W = {20: 0.0800, 45: 0.0806, 70: 0.0856, 95: 0.0801, 120: 0.0766, 145: 0.0794, 167.5: 0.0795}
PUBLISHED_RATE = dict(before=(4.2, 4.2), after=(4.3, 5.3))
PUBLISHED_BURSTS = {(20, 45): (0.12, 0.15), (45, 70): (0.26, 0.26), (95, 120): (0.015, 0.015)}  # by time (s)


def figures(data, summary):
    """Draw rates, burst probabilities and the mean weight against time."""
    drawing = plotting.figure(plotting.PAGE, 4.8)
    axes = plotting.panels(drawing, 3, sharex=True)[:, 0]
    draw_phases(axes)
    draw_rates(axes[0], data)
    draw_bursts(axes[1], data)
    axes[2].plot(data["time"], data["w"], color="black", linewidth=LINE, label="mean weight")
    axes[2].plot(*zip(*PUBLISHED_W.items(), strict=True), "ko", markersize=4, label="published program")
    axes[2].set(xlabel="Time (s)", ylabel="Weight", xlim=(0, END))
    for panel in axes:
        plotting.legend(panel, loc="center left", bbox_to_anchor=(1, 0.5))
    return {"plasticity": drawing}


def draw_phases(axes):
    """Shade every second phase, and name all."""
    for k, (name, start) in enumerate(PHASES.items()):
        end = [*PHASES.values(), END][k + 1]
        axes[0].annotate(
            name.strip(), ((start + end) / 2, 1.02), xycoords=("data", "axes fraction"), ha="center",
            va="bottom", fontsize=SMALL,
        )  # fmt: skip
        for panel in axes if k % 2 == 0 else ():
            panel.axvspan(start, end, color=SHADE, zorder=0, linewidth=0)
    axes[0].annotate(
        "not plastic",
        (10, 1.02),
        xycoords=("data", "axes fraction"),
        ha="center",
        va="bottom",
        fontsize=SMALL,
    )


def draw_rates(axes, data):
    """Draw the event rates, and the published ranges."""
    for colour, (group, name) in zip(
        (BLUE, ORANGE), dict(before="presynaptic", after="postsynaptic").items(), strict=True
    ):
        axes.plot(data["bin"], data[f"{group}_event_rate"], color=colour, linewidth=LINE, label=name)
        low, high = PUBLISHED_RATE[group]
        axes.axhspan(low - 0.03, high + 0.03, color=colour, alpha=0.2, linewidth=0)
    axes.fill_between([], [], color=GREY, alpha=0.4, linewidth=0, label="published range")
    axes.set(ylabel="Event rate (Hz)", ylim=(0, None))


def draw_bursts(axes, data):
    """Draw the burst probabilities, the running average, and published values."""
    for colour, (group, name) in zip(
        (BLUE, ORANGE), dict(before="presynaptic", after="postsynaptic").items(), strict=True
    ):
        axes.plot(
            data["bin"], 100 * data[f"{group}_burst_probability"], color=colour, linewidth=LINE, label=name
        )
    average = data["P_bar"].where(data["time"] > 2.5)
    axes.plot(data["time"], 100 * average, color="black", linewidth=0.8, label="its average P̄")
    for (start, end), (low, high) in PUBLISHED_BURSTS.items():
        axes.fill_between(
            [start + 5, end], 100 * low - 0.3, 100 * high + 0.3, color="black", alpha=0.35, linewidth=0
        )
    axes.fill_between([], [], color="black", alpha=0.35, linewidth=0, label="published")
    axes.set(ylabel="Burst probability (%)", ylim=(0, None))
