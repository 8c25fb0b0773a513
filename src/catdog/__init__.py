"""Learn to tell cats from dogs."""

from pathlib import Path


def assets() -> Path:
    """The folder of style sheets, templates and recorded runs: beside `src` in
    a checkout, inside an installed package.
    """
    checkout = Path(__file__).parents[2] / "assets"
    return (
        checkout
        if (checkout / "catdog.mplstyle").exists()
        else Path(__file__).parent / "assets"
    )
