"""What the processors of the generated world charge."""

FIXED_FEE = {"USD": 30, "JPY": 0, "BHD": 100}


def fee_of(amount: int, currency: str) -> int:
    """Return 290 basis points, half to even, and the fixed part."""
    whole, rest = divmod(abs(amount) * 290, 10_000)
    return whole + (rest > 5_000 or (rest == 5_000 and whole % 2 == 1)) + FIXED_FEE[currency]
