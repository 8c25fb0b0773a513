"""Draws cats and dogs, so that the whole tutorial also works without a network.

Both animals share coats, poses, backgrounds and light: only shapes tell them
apart.
"""

import random
import shutil
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance

from catdog._io import digest, one_at_a_time
from catdog.data.drawings import animals
from catdog.data.drawings.animals import INK, LARGE, mixed
from catdog.progress import Bar

SIZE = LARGE // 2  # drawn larger, then reduced, so that edges are smooth
SET = {
    "train/cats": range(1000),
    "train/dogs": range(1000),
    "validation/cats": range(2000, 2500),
    "validation/dogs": range(2000, 2500),
}
GROUNDS = [
    "#7fb069",
    "#b5651d",
    "#9aa7b5",
    "#d8c3a5",
    "#5b8e7d",
    "#c97b84",
    "#6d83a8",
]
WALLS = [
    "#cfe3f1",
    "#f1dfc9",
    "#dfe8d5",
    "#e8d5e2",
    "#b9c6d2",
    "#a8b8a0",
    "#7d8a99",
]
WHITE, SKY = "#f7f7f2", "#a9d3ee"


def draw(kind: str, number: int, seed: int = 0) -> Image.Image:
    """Draw one animal.

    Args:
        kind: `"cat"` or `"dog"`.
        number, seed: another of either gives another picture.

    Returns:
        An RGB picture of 160x160 pixels. The same arguments give the same
        pixels.

    Raises:
        ValueError: for any other kind.
    """
    if kind not in ("cat", "dog"):
        raise ValueError(f"{kind!r} cannot be drawn: ask for 'cat' or 'dog'.")
    chance = random.Random(f"{kind} {number} {seed}")
    scene = background(chance)
    animal = {"cat": animals.Cat, "dog": animals.Dog}[kind](chance)
    pose = chance.choice([animal.face, animal.sit, animal.walk, animal.lie])
    pose()
    layer = framed(animal.layer, chance, close=pose == animal.face)
    scene.paste(layer, (0, 0), layer)
    return lit(scene.resize((SIZE, SIZE), Image.Resampling.BOX), chance)


def write_set(folder: Path) -> None:
    """Write 3,000 drawings as JPEG files, under the file names of the
    photographs.

    The folder appears when all of them are there, and not before.
    """
    with one_at_a_time(folder):
        if folder.is_dir():
            return
        scratch = folder.with_name(f".{folder.name}.part")
        # What a process that was killed left behind.
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            for name in Bar(names(), "Drawing pictures"):
                kind, number, _ = Path(name).name.split(".")
                (scratch / name).parent.mkdir(parents=True, exist_ok=True)
                draw(kind, int(number)).save(scratch / name, quality=90)
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def names() -> list[str]:
    """The file names of the set, such as `train/cats/cat.0.jpg`."""
    return [
        f"{part}/{part.split('/')[1].removesuffix('s')}.{number}.jpg"
        for part, numbers in SET.items()
        for number in numbers
    ]


def version() -> str:
    """Sixteen hexadecimal digits that stand for the code that draws."""
    return digest(
        Path(code).read_text() for code in (__file__, animals.__file__)
    )


def background(chance: random.Random) -> Image.Image:
    """A wall or the sky above a floor."""
    horizon = chance.randint(120, 230)
    scene = Image.new("RGB", (LARGE, LARGE), chance.choice(WALLS))
    pen = ImageDraw.Draw(scene)
    chance.choice([stripes, dots, window, sky, sofa, plain])(
        pen, chance, horizon
    )
    pen.rectangle((0, horizon, LARGE, LARGE), fill=chance.choice(GROUNDS))
    chance.choice([grass, boards, rug, plain])(pen, chance, horizon)
    return scene


def plain(pen, chance, horizon):
    """Nothing on the wall, nothing on the floor."""


def stripes(pen, chance, horizon):
    colour, step = chance.choice(WALLS), chance.randint(24, 60)
    for x in range(0, LARGE, step):
        pen.rectangle((x, 0, x + step // 2, LARGE), fill=colour)


def dots(pen, chance, horizon):
    colour, step = chance.choice(WALLS), chance.randint(30, 60)
    for x in range(0, LARGE, step):
        for y in range(0, horizon, step):
            pen.ellipse((x, y, x + 12, y + 12), fill=colour)


def window(pen, chance, horizon):
    x, y = chance.randint(10, 180), chance.randint(5, 40)
    pen.rectangle((x, y, x + 110, y + 120), fill=WHITE)
    for left in (x + 8, x + 59):
        for top in (y + 8, y + 64):
            pen.rectangle((left, top, left + 43, top + 48), fill=SKY)


def sky(pen, chance, horizon):
    pen.rectangle((0, 0, LARGE, LARGE), fill=SKY)
    for _ in range(chance.randint(2, 4)):
        x, y = chance.randint(-20, 280), chance.randint(6, 90)
        for shift, lift in [(0, 0), (22, 12), (44, 0)]:
            pen.ellipse(
                (x + shift, y - lift, x + shift + 44, y + 30), fill=WHITE
            )


def sofa(pen, chance, horizon):
    colour = chance.choice(GROUNDS)
    pen.rounded_rectangle((-20, 70, LARGE + 20, 260), 40, fill=colour)
    for x in range(0, LARGE, 108):
        pen.line((x, 80, x, 250), fill=mixed(colour, INK, 0.25), width=3)


def grass(pen, chance, horizon):
    for _ in range(90):
        x, y = chance.randint(0, LARGE), chance.randint(horizon, LARGE)
        pen.line(
            (x, y, x + chance.randint(-5, 5), y - 12), fill="#4f7d44", width=2
        )


def boards(pen, chance, horizon):
    for y in range(horizon, LARGE, 26):
        pen.line((0, y, LARGE, y), fill="#6d4a2b", width=2)


def rug(pen, chance, horizon):
    for edge, colour in zip(
        (0, 14, 28), chance.sample(GROUNDS, 3), strict=True
    ):
        box = (20 + edge, horizon + 10 + edge / 2, 300 - edge, 330 - edge)
        pen.ellipse(box, fill=colour)


def framed(
    layer: Image.Image, chance: random.Random, close: bool
) -> Image.Image:
    """Turn, zoom and shift an animal, as a photographer's hand would."""
    zoom = chance.uniform(1.1, 1.4) if close else chance.uniform(0.75, 1.25)
    turn = chance.uniform(-8, 8) if close else chance.uniform(-14, 14)
    if chance.random() < 0.5:
        layer = layer.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    side = int(LARGE * zoom)
    layer = layer.resize((side, side), Image.Resampling.BILINEAR)
    layer = layer.rotate(turn, Image.Resampling.BILINEAR)
    middle = (LARGE - side) // 2
    down = chance.randint(20, 50) if close else chance.randint(-26, 26)
    frame = Image.new("RGBA", (LARGE, LARGE))
    frame.paste(layer, (middle + chance.randint(-34, 34), middle + down))
    return frame


def lit(scene: Image.Image, chance: random.Random) -> Image.Image:
    """The scene in brighter or dimmer, stronger or paler light."""
    for enhance in (
        ImageEnhance.Brightness,
        ImageEnhance.Color,
        ImageEnhance.Contrast,
    ):
        scene = enhance(scene).enhance(chance.uniform(0.8, 1.15))
    return scene
