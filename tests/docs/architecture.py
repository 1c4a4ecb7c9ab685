"""Draws the picture in docs/architecture.md from the contracts in .importlinter."""

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Contracts of layers, and the node of the picture that each one's container is.
_CONTRACTS = {"conformance": "suite", "codecmodel": "model"}


def layers(contract: str) -> list[list[str]]:
    """The layers of a contract, from the top; modules of one layer know nothing of each other."""
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    lines = parser[f"importlinter:contract:{contract}"]["layers"].split("\n")
    return [[name.strip() for name in line.split("|")] for line in lines if line.strip()]


def picture() -> str:
    """The floors as a Mermaid flowchart: a box for each package, a row for each layer, arrows down."""
    lines = ["flowchart TB"]
    for package, contract in _CONTRACTS.items():
        rows = [row for row in layers(contract) if row != ["__main__"]]
        lines.append(f"  subgraph {package}")
        for number, row in enumerate(rows):
            names = " · ".join(row)
            lines.append(f'    {package}{number}["{names}"]')
        lines.append("    " + " --> ".join(f"{package}{number}" for number in range(len(rows))))
        lines.append("  end")
    lines += ["  ffbind", "  conformance --> codecmodel --> ffbind"]
    return "\n".join(lines)


if __name__ == "__main__":
    print(picture())
