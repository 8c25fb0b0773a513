"""A cat and a dog, as shapes cut out of a piece of fur."""

import random
from abc import ABC, abstractmethod
from typing import Any

from PIL import Image, ImageDraw

CANVAS_SIZE = 320  # pixels to each side
COATS = [
    *("#2b2622", "#6b4a2f", "#a9713f", "#d9a066", "#efe3cf", "#8d8d93"),
    *("#c9c4bd", "#e0803a", "#4a4e57", "#f7f2e9", "#8a5a44", "#5d5148"),
]
# x, y and shade of each leg.
LEGS = [(135, 291, 0.25), (235, 291, 0.25), (105, 285, 0.1), (205, 285, 0.1)]
# How many there are, and how large they may be.
BLOTS = {"spots": (90, (3, 9)), "patches": (6, (25, 60))}
INK, PINK = "#1f1a17", "#e58f94"
EYE_COLORS = ["#9bbf3b", "#e3b52f", "#6fb7d6", "#c77d2a"]
COLLAR_COLORS = [None, "#c0392b", "#2e6da4", "#f1c40f"]


class Animal(ABC):
    """What cats and dogs share: fur, poses, a collar.

    Coordinates and sizes are pixels of the canvas, `y` downward.

    Attributes:
        layer: the drawing so far, RGBA on a transparent canvas.
        pen: draws on the layer.
        shades: pieces of fur, by how much darker than the coat they are.
        coat_color: main color of the fur.
        eye_color: color of a cat's eyes.
        collar_color: color of the collar, or None for no collar.
        has_tongue_out: whether a dog shows its tongue.
        has_hanging_ears: whether a dog's ears hang.
    """

    def __init__(self, rng: random.Random) -> None:
        """Choose coat, eyes, collar and the like."""
        self.layer = Image.new("RGBA", (CANVAS_SIZE, CANVAS_SIZE))
        self.pen = ImageDraw.Draw(self.layer)
        self.coat_color, other = rng.sample(COATS, 2)
        self.shades = {0.0: draw_coat(rng, self.coat_color, other)}
        self.eye_color = rng.choice(EYE_COLORS)
        self.collar_color = rng.choice(COLLAR_COLORS)
        self.has_tongue_out = rng.random() < 0.6
        self.has_hanging_ears = rng.random() < 0.65

    @abstractmethod
    def draw_head(self, x: float, y: float, r: float) -> None:
        """Draw the head of radius `r` around (x, y)."""

    @abstractmethod
    def draw_tail(self, x: float, y: float) -> None:
        """Draw the tail, which begins at (x, y)."""

    def draw_face(self) -> None:
        """Draw the animal close up, looking out of the image."""
        self.draw_fur(0.2, "ellipse", (70, 210, 250, 420))
        self.draw_collar(160, 250, 62)
        self.draw_head(160, 160, 84)

    def draw_sitting(self) -> None:
        """Draw the animal sitting."""
        self.draw_tail(205, 275)
        self.draw_fur(0.2, "ellipse", (95, 150, 225, 300))
        for side in (-1, 1):
            self.draw_fur_ellipse(0.1, 160 + side * 48, 266, 30, 36)
            box = (145 + side * 20, 195, 175 + side * 20, 302)
            self.draw_fur(0.05, "rounded_rectangle", box, radius=14)
        self.draw_collar(160, 165, 36)
        self.draw_head(160, 110, 54)

    def draw_walking(self) -> None:
        """Draw the animal walking to the left."""
        self.draw_tail(245, 190)
        for x, y, shade in LEGS:
            box = (x - 12, 190, x + 12, y)
            self.draw_fur(shade, "rounded_rectangle", box, radius=10)
        body = (85, 140, 255, 228)
        self.draw_fur(0.12, "rounded_rectangle", body, radius=42)
        self.draw_collar(105, 172, 30)
        self.draw_head(95, 125, 48)

    def draw_lying(self) -> None:
        """Draw the animal lying, with both front paws ahead."""
        self.draw_tail(250, 250)
        self.draw_fur(0.15, "ellipse", (80, 170, 275, 285))
        self.draw_fur(0.05, "ellipse", (190, 190, 275, 285))
        for x in (65, 110):
            box = (x, 250, x + 50, 286)
            self.draw_fur(0.02, "rounded_rectangle", box, radius=17)
        self.draw_collar(118, 225, 40)
        self.draw_head(115, 165, 56)

    def draw_mouth(self, x: float, y: float, width: float) -> None:
        """Draw two arcs that meet at (x, y), below the nose."""
        for left in (x - width, x):
            box = (left, y - width * 0.4, left + width, y + width * 0.4)
            self.pen.arc(box, 0, 180, fill=INK, width=3)

    def draw_collar(self, x: float, y: float, radius: float) -> None:
        """Draw a collar with a tag around (x, y), if there is one."""
        if self.collar_color:
            box = (x - radius, y - 8, x + radius, y + 8)
            self.pen.rounded_rectangle(box, 8, fill=self.collar_color)
            self.draw_ellipse("#f3d35b", x, y + 10, 8, 8)

    def draw_ellipse(
        self, color: str, x: float, y: float, radius_x: float, radius_y: float
    ) -> None:
        """Draw an ellipse of one color around (x, y)."""
        self.pen.ellipse(_box(x, y, radius_x, radius_y), fill=color)

    def draw_fur_ellipse(
        self, shade: float, x: float, y: float, radius_x: float, radius_y: float
    ) -> None:
        """Draw an ellipse of fur around (x, y)."""
        self.draw_fur(shade, "ellipse", _box(x, y, radius_x, radius_y))

    def draw_fur_line(
        self, points: list[tuple[float, float]], width: int
    ) -> None:
        """Draw a line of fur through the points, with round ends."""
        self.draw_fur(0.18, "line", points, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            self.draw_fur_ellipse(0.18, x, y, width / 2, width / 2)

    def draw_fur(
        self, shade: float, shape: str, *place: Any, **options: Any
    ) -> None:
        """Cut a shape out of the fur and lay it on the drawing.

        Args:
            shade: how much darker than the coat it is, in [0, 1].
            shape: a method of `ImageDraw`, such as `"ellipse"`.
            place: what the method takes, such as a box of two corners.
            options: more that it takes.
        """
        if shade not in self.shades:
            ink = Image.new("RGB", (CANVAS_SIZE, CANVAS_SIZE), INK)
            self.shades[shade] = Image.blend(self.shades[0], ink, shade)
        mask = Image.new("L", (CANVAS_SIZE, CANVAS_SIZE))
        getattr(ImageDraw.Draw(mask), shape)(*place, fill=255, **options)
        self.layer.paste(self.shades[shade], (0, 0), mask)


class Cat(Animal):
    """Pointed ears, slit pupils, whiskers, a slim tail."""

    def draw_head(self, x: float, y: float, r: float) -> None:
        """Draw the head of radius `r` around (x, y)."""
        for side in (-1, 1):
            self.draw_ear(x, y, side * r, r)
        self.draw_fur_ellipse(0, x, y, r * 1.1, r * 0.93)
        cheek = blend(self.coat_color, "#ffffff", 0.55)
        for side in (-1, 1):
            self.draw_eye(x + side * r * 0.47, y - r * 0.12, r * 0.27)
            self.draw_ellipse(
                cheek, x + side * r * 0.2, y + r * 0.46, r * 0.26, r * 0.22
            )
        self.draw_nose(x, y, r)
        self.draw_mouth(x, y + r * 0.44, r * 0.34)
        self.draw_whiskers(x, y, r)

    def draw_nose(self, x: float, y: float, r: float) -> None:
        """Draw the nose of the head of radius `r` around (x, y)."""
        left, right = x - r * 0.13, x + r * 0.13
        top, tip = y + r * 0.2, y + r * 0.36
        nose = [(left, top), (right, top), (x, tip)]
        self.pen.polygon(nose, fill=PINK, outline=INK)

    def draw_whiskers(self, x: float, y: float, r: float) -> None:
        """Draw three whiskers on each side of the head around (x, y)."""
        for side in (-r, r):
            for slope in (-0.22, 0.0, 0.2):
                start = (x + side * 0.35, y + r * (0.42 + slope * 0.3))
                end = (x + side * 1.45, y + r * (0.36 + slope))
                self.pen.line([start, end], fill=self.whisker_color, width=2)

    @property
    def whisker_color(self) -> str:
        """A color that stands out from the coat."""
        return "#f5f1ea" if self.coat_color in COATS[:3] else "#3a3431"

    def draw_ear(self, x: float, y: float, side: float, r: float) -> None:
        """Draw one ear of the head around (x, y): `side` is -r or r."""
        tip = (x + side * 0.95, y - r * 1.45)
        outer = [(x + side, y - r * 0.1), tip, (x + side * 0.15, y - r * 0.8)]
        self.draw_fur(0.1, "polygon", outer)
        inner = [(x + side * 0.85, y - r * 0.45), (x + side * 0.9, y - r * 1.2)]
        self.pen.polygon([*inner, (x + side * 0.38, y - r * 0.75)], fill=PINK)

    def draw_eye(self, x: float, y: float, r: float) -> None:
        """Draw an eye of radius `r` around (x, y)."""
        self.draw_ellipse(INK, x, y, r * 1.08, r * 0.94)
        self.draw_ellipse(self.eye_color, x, y, r, r * 0.85)
        self.draw_ellipse(INK, x, y, r * 0.28, r * 0.8)
        self.draw_ellipse("white", x + r * 0.1, y - r * 0.4, r * 0.2, r * 0.2)

    def draw_tail(self, x: float, y: float) -> None:
        """Draw the tail, which begins at (x, y)."""
        curve = [
            (0, 0),
            (28, 0),
            (46, -16),
            (52, -40),
            (46, -66),
            (48, -90),
            (62, -106),
        ]
        self.draw_fur_line([(x + left, y + up) for left, up in curve], 14)


class Dog(Animal):
    """A muzzle with a large nose, a tongue, soft ears, a stout tail."""

    def draw_head(self, x: float, y: float, r: float) -> None:
        """Draw the head of radius `r` around (x, y)."""
        self.draw_fur(
            0, "ellipse", (x - r * 0.92, y - r, x + r * 0.92, y + r * 0.8)
        )
        for side in (-1, 1):
            self.draw_eye(x + side * r * 0.36, y - r * 0.22, r * 0.15)
        if self.has_tongue_out:
            self.draw_tongue(x, y, r)
        self.draw_muzzle(x, y, r)
        for edge in (-r, r):
            self.draw_ear(x, y, edge, r)

    def draw_tongue(self, x: float, y: float, r: float) -> None:
        """Draw the tongue of the head of radius `r` around (x, y)."""
        box = (x - r * 0.2, y + r * 0.7, x + r * 0.2, y + r * 1.3)
        self.pen.rounded_rectangle(box, r * 0.2, fill="#e8707c")
        line = (x, y + r * 0.8, x, y + r * 1.15)
        self.pen.line(line, fill="#b94a57", width=2)

    def draw_muzzle(self, x: float, y: float, r: float) -> None:
        """Draw muzzle, nose and mouth of the head around (x, y)."""
        muzzle = blend(self.coat_color, "#ffffff", 0.4)
        self.draw_ellipse(muzzle, x, y + r * 0.5, r * 0.58, r * 0.48)
        self.draw_ellipse(INK, x, y + r * 0.25, r * 0.27, r * 0.17)
        shine = "#6f6763"
        self.draw_ellipse(shine, x - r * 0.06, y + r * 0.18, r * 0.08, r * 0.05)
        self.pen.line((x, y + r * 0.42, x, y + r * 0.64), fill=INK, width=3)
        self.draw_mouth(x, y + r * 0.62, r * 0.44)

    def draw_ear(self, x: float, y: float, side: float, r: float) -> None:
        """Draw one ear of the head around (x, y): `side` is -r or r."""
        if self.has_hanging_ears:
            self.draw_fur_ellipse(
                0.3, x + side * 1.02, y - r * 0.05, r * 0.3, r * 0.8
            )
        else:
            base = [
                (x + side * 0.35, y - r * 0.9),
                (x + side * 0.85, y - r * 1.2),
            ]
            tip = [
                (x + side * 1.4, y - r * 0.35),
                (x + side * 0.9, y - r * 0.5),
            ]
            self.draw_fur(0.3, "polygon", base + tip)

    def draw_eye(self, x: float, y: float, r: float) -> None:
        """Draw an eye of radius `r` around (x, y)."""
        self.draw_ellipse(INK, x, y, r, r)
        self.draw_ellipse("white", x + r * 0.2, y - r * 0.4, r * 0.3, r * 0.3)
        brow = (x - r * 1.5, y - r * 2.4, x + r * 1.5, y + r)
        self.pen.arc(
            brow, 215, 325, fill=blend(self.coat_color, INK, 0.3), width=4
        )

    def draw_tail(self, x: float, y: float) -> None:
        """Draw the tail, which begins at (x, y)."""
        curve = [(0, 0), (18, -12), (28, -30), (34, -58)]
        self.draw_fur_line([(x + left, y + up) for left, up in curve], 22)


def draw_coat(rng: random.Random, color: str, other: str) -> Image.Image:
    """Draw a piece of fur, as large as the canvas, to cut a body from.

    Args:
        rng: chooses a pattern and where it lies.
        color: of the coat.
        other: color of the pattern.
    """
    coat = Image.new("RGB", (CANVAS_SIZE, CANVAS_SIZE), color)
    pen = ImageDraw.Draw(coat)
    pattern = rng.choice(
        ["one color", "stripes", "spots", "patches", "patches"]
    )
    if pattern == "stripes":
        for x in range(-20, CANVAS_SIZE, 20):
            wave = [(x, 0), (x + 14, 100), (x - 6, 200), (x + 14, CANVAS_SIZE)]
            pen.line(wave, fill=other, width=7)
    number, sizes = BLOTS.get(pattern, (0, (0, 0)))
    for _ in range(number):
        x, y = rng.randrange(CANVAS_SIZE), rng.randrange(CANVAS_SIZE)
        r = rng.randint(*sizes)
        pen.ellipse((x - r, y - r, x + r, y + r * 0.8), fill=other)
    return coat


def blend(one: str, other: str, share: float) -> str:
    """Mix two colors, such as `"#1f1a17"`: `share`, in [0, 1], is of `other`."""
    pairs = [
        (int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _box(
    x: float, y: float, radius_x: float, radius_y: float
) -> tuple[float, float, float, float]:
    return x - radius_x, y - radius_y, x + radius_x, y + radius_y
