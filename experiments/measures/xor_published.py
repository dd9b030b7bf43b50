"""What the published program gives for XOR, with seed 1: the numbers that figures and tests compare with.

Rates are those of events; before learning over the last 6 s of each pattern, after it in the test. The
patterns are (0,0), (1,0), (0,1), (1,1).

[P21] Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat Neurosci 24, doi:10.1038/s41593-021-00857-x
"""

EPOCH_S = 32
COST = {  # by epoch
    1: 2.92, 10: 2.80, 50: 2.72, 75: 2.56, 100: 2.26, 125: 1.99, 150: 1.75, 175: 1.59, 200: 1.37, 250: 1.07,
    300: 0.98, 350: 0.92, 400: 0.96, 450: 0.87, 500: 0.93,
}  # fmt: skip
RATE_HZ = {
    "before": {
        "input1": (2.04, 8.35, 2.06, 8.32),
        "input2": (2.08, 2.03, 8.34, 8.31),
        "hidden1": (2.82, 4.40, 4.33, 4.99),
        "hidden2": (2.84, 4.38, 4.29, 4.96),
        "output": (3.75, 4.61, 4.66, 4.98),
    },
    "after": {
        "hidden1": (2.02, 5.00, 3.00, 2.25),
        "hidden2": (3.16, 5.14, 4.88, 5.79),
        "output": (4.95, 9.48, 9.13, 3.37),
    },
}
BURST_PERCENT = {
    "before": {
        "input1": (10.8, 10.5, 10.9, 10.8),
        "input2": (10.9, 10.6, 10.9, 11.0),
        "hidden1": (24.7, 29.0, 29.6, 31.4),
        "hidden2": (28.8, 25.8, 25.5, 24.0),
        "output": (39.8, 40.7, 41.3, 40.5),
    },
    "after": {
        "hidden1": (30, 48, 48, 25),
        "hidden2": (25, 13, 13, 32),
    },
}
WEIGHT_BEFORE = 0.234
WEIGHT_AFTER = {
    "input1_hidden1": 0.229,
    "input2_hidden1": 0.159,
    "input1_hidden2": 0.235,
    "input2_hidden2": 0.231,
    "hidden1_output": 0.407,
    "hidden2_output": 0.145,
}
