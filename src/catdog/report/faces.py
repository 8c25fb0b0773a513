"""The face of the words in figures: that of the pages that show them."""

from catdog._io import digest
from catdog.settings import project_folder, rendering

# By weight. `publish.fonts` writes them before chapters run.
FILES = {
    400: "assets/fonts/figures-regular.ttf",
    700: "assets/fonts/figures-bold.ttf",
}


def face_style() -> dict[str, list[str]]:
    """Return the face of a page that is being rendered, for matplotlib.

    Where the project has no fonts, and in a notebook, matplotlib has its own,
    which also draws what the face lacks.
    """
    files = {weight: project_folder() / name for weight, name in FILES.items()}
    if not (rendering() and all(file.is_file() for file in files.values())):
        return {}
    from matplotlib.font_manager import FontEntry, fontManager

    # A name that no font of the system has, were it the same face.
    family = f"pages {digest(map(str, files.values()))}"
    for weight, file in files.items():
        entry = FontEntry(
            fname=str(file), name=family, weight=weight, size="scalable"
        )
        if entry not in fontManager.ttflist:
            fontManager.ttflist.append(entry)
    return {"font.family": [family, "DejaVu Sans"]}
