import pytest
from brian2 import Hz, ms, mV, nS, second, um

from dendritic_bp.errors import UserError
from dendritic_bp.quantities import parse_quantity, require_time


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4*second", 4 * second),
        ("-38*mV", -38 * mV),
        ("2e-3", 2e-3),
        ("3", 3),
        ("1.5 * nS / um**2", 1.5 * nS / um**2),
        ("-(2 + 3)*Hz", -5 * Hz),
        ("10**-3*volt", 1 * mV),
        ("True", True),
    ],
)
def test_quantities_are_read(text, value):
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('true')", "only numbers, units and"),
        ("(1).__class__", "only numbers, units and"),
        ("[1, 2]", "only numbers, units and"),
        ("'text'", "only numbers, units and"),
        ("9**9**9", "exponent .* is too large"),
        ("4*secnd", "no unit 'secnd'; did you mean second"),
        ("4 second", "is not a quantity; write it like 4\\*second"),
        ("", "is not a quantity"),
        ("1*mV + 1*second", "cannot be computed"),
        ("1/0", "cannot be computed"),
        ("2**volt", "cannot be computed"),
        ("lambda: 1", "only numbers, units and"),
        ("1" * 5000, "is not a quantity"),
        ("(" * 500 + "1" + ")" * 500, "is not a quantity"),
    ],
)
def test_code_and_nonsense_are_refused(text, message):
    with pytest.raises(UserError, match=message):
        parse_quantity(text)


@pytest.mark.parametrize("value", [0 * ms, -1 * ms, 0.1, 1 * mV, [1, 2] * ms, "1*ms", None])
def test_a_time_is_positive(value):
    with pytest.raises(UserError, match=r"dt must be a time of more than 0, such as 0\.1\*ms, not"):
        require_time("dt", value)
