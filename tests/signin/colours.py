"""Contrast of two colours as WCAG 2 computes it."""

RGB = tuple[int, int, int]


def contrast(one: RGB, other: RGB) -> float:
    """From 1 (the same) to 21 (black on white); 4.5 is the least for text, 3 for edges."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: RGB) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
