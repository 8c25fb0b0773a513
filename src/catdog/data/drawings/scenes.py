"""Draw cats and dogs, so that the whole tutorial also works without a network.

Both animals share coats, poses, backgrounds and light: only shapes tell them
apart.
"""

import random
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from PIL import Image, ImageDraw, ImageEnhance

from catdog._io import digest, exclusive, write_folder_atomically
from catdog.data.drawings import animals
from catdog.data.drawings.animals import CANVAS_SIZE, INK, blend
from catdog.progress import Bar

# Drawn larger, then reduced, so that edges are smooth.
DRAWING_SIZE = CANVAS_SIZE // 2
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

Pen = ImageDraw.ImageDraw


def draw(animal: str, number: int, seed: int = 0) -> Image.Image:
    """Draw one animal.

    Args:
        animal: `"cat"` or `"dog"`.
        number: which of them; each number gives another drawing.
        seed: another seed gives other drawings under all numbers.

    Returns:
        An RGB image of 160 by 160 pixels. The same arguments give the same
        pixels.

    Raises:
        ValueError: for any other animal.
    """
    if animal not in ("cat", "dog"):
        raise ValueError(f"{animal!r} cannot be drawn: ask for 'cat' or 'dog'.")
    rng = random.Random(f"{animal} {number} {seed}")
    scene = draw_background(rng)
    body = {"cat": animals.Cat, "dog": animals.Dog}[animal](rng)
    pose = rng.choice(
        [
            body.draw_face,
            body.draw_sitting,
            body.draw_walking,
            body.draw_lying,
        ]
    )
    pose()
    layer = frame_animal(body.layer, rng, close=pose == body.draw_face)
    scene.paste(layer, (0, 0), layer)
    size = (DRAWING_SIZE, DRAWING_SIZE)
    return relight(scene.resize(size, Image.Resampling.BOX), rng)


def write_set(folder: Path, names: Sequence[str]) -> None:
    """Write drawings as JPEG files, unless all of them are there.

    The folder appears when all of them are written, and not before.

    Args:
        folder: where to write them.
        names: file names that tell what to draw, such as
            `train/cats/cat.0.jpg`.
    """
    with exclusive(folder):
        if folder.is_dir() and sum(1 for _ in folder.rglob("*.jpg")) == len(
            names
        ):
            return
        with write_folder_atomically(folder) as scratch:
            for name in Bar(names, "Drawing images"):
                animal, number, _ = PurePosixPath(name).name.split(".")
                path = scratch / name
                path.parent.mkdir(parents=True, exist_ok=True)
                draw(animal, int(number)).save(path, quality=90)


def version() -> str:
    """Return sixteen hexadecimal digits that stand for the code that draws."""
    return digest(
        Path(code).read_text(encoding="utf-8")
        for code in (__file__, animals.__file__)
    )


def draw_background(rng: random.Random) -> Image.Image:
    """Draw a wall, or the sky, above a floor."""
    horizon = rng.randint(120, 230)
    scene = Image.new("RGB", (CANVAS_SIZE, CANVAS_SIZE), rng.choice(WALLS))
    pen = ImageDraw.Draw(scene)
    draw_wall = rng.choice(
        [
            draw_stripes,
            draw_dots,
            draw_window,
            draw_sky,
            draw_sofa,
            draw_nothing,
        ]
    )
    draw_wall(pen, rng, horizon)
    pen.rectangle(
        (0, horizon, CANVAS_SIZE, CANVAS_SIZE), fill=rng.choice(GROUNDS)
    )
    draw_floor = rng.choice([draw_grass, draw_boards, draw_rug, draw_nothing])
    draw_floor(pen, rng, horizon)
    return scene


def draw_nothing(_pen: Pen, _rng: random.Random, _horizon: int) -> None:
    """Leave a wall or a floor as it is."""


def draw_stripes(pen: Pen, rng: random.Random, _horizon: int) -> None:
    """Draw a wallpaper with stripes."""
    color, step = rng.choice(WALLS), rng.randint(24, 60)
    for x in range(0, CANVAS_SIZE, step):
        pen.rectangle((x, 0, x + step // 2, CANVAS_SIZE), fill=color)


def draw_dots(pen: Pen, rng: random.Random, horizon: int) -> None:
    """Draw a wallpaper with dots."""
    color, step = rng.choice(WALLS), rng.randint(30, 60)
    for x in range(0, CANVAS_SIZE, step):
        for y in range(0, horizon, step):
            pen.ellipse((x, y, x + 12, y + 12), fill=color)


def draw_window(pen: Pen, rng: random.Random, _horizon: int) -> None:
    """Draw a window in the wall."""
    x, y = rng.randint(10, 180), rng.randint(5, 40)
    pen.rectangle((x, y, x + 110, y + 120), fill=WHITE)
    for left in (x + 8, x + 59):
        for top in (y + 8, y + 64):
            pen.rectangle((left, top, left + 43, top + 48), fill=SKY)


def draw_sky(pen: Pen, rng: random.Random, _horizon: int) -> None:
    """Draw the sky with some clouds."""
    pen.rectangle((0, 0, CANVAS_SIZE, CANVAS_SIZE), fill=SKY)
    for _ in range(rng.randint(2, 4)):
        x, y = rng.randint(-20, 280), rng.randint(6, 90)
        for shift, lift in [(0, 0), (22, 12), (44, 0)]:
            pen.ellipse(
                (x + shift, y - lift, x + shift + 44, y + 30), fill=WHITE
            )


def draw_sofa(pen: Pen, rng: random.Random, _horizon: int) -> None:
    """Draw a sofa."""
    color = rng.choice(GROUNDS)
    pen.rounded_rectangle((-20, 70, CANVAS_SIZE + 20, 260), 40, fill=color)
    for x in range(0, CANVAS_SIZE, 108):
        pen.line((x, 80, x, 250), fill=blend(color, INK, 0.25), width=3)


def draw_grass(pen: Pen, rng: random.Random, horizon: int) -> None:
    """Draw blades of grass."""
    for _ in range(90):
        x, y = rng.randint(0, CANVAS_SIZE), rng.randint(horizon, CANVAS_SIZE)
        pen.line(
            (x, y, x + rng.randint(-5, 5), y - 12), fill="#4f7d44", width=2
        )


def draw_boards(pen: Pen, _rng: random.Random, horizon: int) -> None:
    """Draw floorboards."""
    for y in range(horizon, CANVAS_SIZE, 26):
        pen.line((0, y, CANVAS_SIZE, y), fill="#6d4a2b", width=2)


def draw_rug(pen: Pen, rng: random.Random, horizon: int) -> None:
    """Draw a round rug in three colors."""
    for edge, color in zip((0, 14, 28), rng.sample(GROUNDS, 3), strict=True):
        box = (20 + edge, horizon + 10 + edge / 2, 300 - edge, 330 - edge)
        pen.ellipse(box, fill=color)


def frame_animal(
    layer: Image.Image, rng: random.Random, close: bool
) -> Image.Image:
    """Turn, zoom and shift an animal, as a photographer's hand would.

    Args:
        layer: the animal, on a transparent canvas.
        rng: chooses by how much.
        close: whether it is drawn close up, and must not get lost.
    """
    zoom = rng.uniform(1.1, 1.4) if close else rng.uniform(0.75, 1.25)
    turn = rng.uniform(-8, 8) if close else rng.uniform(-14, 14)
    if rng.random() < 0.5:
        layer = layer.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    side = int(CANVAS_SIZE * zoom)
    layer = layer.resize((side, side), Image.Resampling.BILINEAR)
    layer = layer.rotate(turn, Image.Resampling.BILINEAR)
    middle = (CANVAS_SIZE - side) // 2
    down = rng.randint(20, 50) if close else rng.randint(-26, 26)
    frame = Image.new("RGBA", (CANVAS_SIZE, CANVAS_SIZE))
    frame.paste(layer, (middle + rng.randint(-34, 34), middle + down))
    return frame


def relight(scene: Image.Image, rng: random.Random) -> Image.Image:
    """Return a scene in brighter or dimmer, stronger or paler light."""
    for enhance in (
        ImageEnhance.Brightness,
        ImageEnhance.Color,
        ImageEnhance.Contrast,
    ):
        scene = enhance(scene).enhance(rng.uniform(0.8, 1.15))
    return scene
