"""A cat and a dog, as shapes cut out of a piece of fur."""

import random

from PIL import Image, ImageDraw

CANVAS_SIZE = 320  # pixels to each side of a drawing
COATS = [
    *("#2b2622", "#6b4a2f", "#a9713f", "#d9a066", "#efe3cf", "#8d8d93"),
    *("#c9c4bd", "#e0803a", "#4a4e57", "#f7f2e9", "#8a5a44", "#5d5148"),
]
LEGS = [(135, 291, 0.25), (235, 291, 0.25), (105, 285, 0.1), (205, 285, 0.1)]
BLOTS = {"spots": (90, (3, 9)), "patches": (6, (25, 60))}  # how many, how large
INK, PINK = "#1f1a17", "#e58f94"


class Animal:
    """What cats and dogs share: fur, poses, a collar. `layer` is the drawing so
    far.
    """

    def __init__(self, rng: random.Random):
        self.layer = Image.new("RGBA", (CANVAS_SIZE, CANVAS_SIZE))
        self.pen = ImageDraw.Draw(self.layer)
        self.color, other = rng.sample(COATS, 2)
        self.shades = {0: fur(rng, self.color, other)}
        self.eyes = rng.choice(["#9bbf3b", "#e3b52f", "#6fb7d6", "#c77d2a"])
        self.collar = rng.choice([None, "#c0392b", "#2e6da4", "#f1c40f"])
        self.tongue = rng.random() < 0.6
        self.hanging_ears = rng.random() < 0.65

    def part(self, shade: float, shape: str, *place, **more) -> None:
        """Cut a shape out of the fur, darken it by `shade`, and lay it on the
        layer.
        """
        if shade not in self.shades:
            ink = Image.new("RGB", (CANVAS_SIZE, CANVAS_SIZE), INK)
            self.shades[shade] = Image.blend(self.shades[0], ink, shade)
        mask = Image.new("L", (CANVAS_SIZE, CANVAS_SIZE))
        getattr(ImageDraw.Draw(mask), shape)(*place, fill=255, **more)
        self.layer.paste(self.shades[shade], (0, 0), mask)

    def round(
        self, shade: float, x: float, y: float, wide: float, high: float
    ) -> None:
        """An ellipse of fur around (x, y)."""
        self.part(shade, "ellipse", (x - wide, y - high, x + wide, y + high))

    def spot(
        self, color: str, x: float, y: float, wide: float, high: float
    ) -> None:
        """An ellipse of one color around (x, y)."""
        self.pen.ellipse((x - wide, y - high, x + wide, y + high), fill=color)

    def stroke(self, points: list[tuple[float, float]], width: float) -> None:
        """A rounded line of fur."""
        self.part(0.18, "line", points, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            self.round(0.18, x, y, width / 2, width / 2)

    def mouth(self, x: float, y: float, wide: float) -> None:
        """Two arcs that meet below the nose."""
        for left in (x - wide, x):
            box = (left, y - wide * 0.4, left + wide, y + wide * 0.4)
            self.pen.arc(box, 0, 180, fill=INK, width=3)

    def neckband(self, x: float, y: float, wide: float) -> None:
        if self.collar:
            box = (x - wide, y - 8, x + wide, y + 8)
            self.pen.rounded_rectangle(box, 8, fill=self.collar)
            self.spot("#f3d35b", x, y + 10, 8, 8)

    def face(self):
        self.part(0.2, "ellipse", (70, 210, 250, 420))
        self.neckband(160, 250, 62)
        self.head(160, 160, 84)

    def sit(self):
        self.tail(205, 275)
        self.part(0.2, "ellipse", (95, 150, 225, 300))
        for side in (-1, 1):
            self.round(0.1, 160 + side * 48, 266, 30, 36)
            box = (145 + side * 20, 195, 175 + side * 20, 302)
            self.part(0.05, "rounded_rectangle", box, radius=14)
        self.neckband(160, 165, 36)
        self.head(160, 110, 54)

    def walk(self):
        self.tail(245, 190)
        for x, y, shade in LEGS:
            self.part(
                shade, "rounded_rectangle", (x - 12, 190, x + 12, y), radius=10
            )
        self.part(0.12, "rounded_rectangle", (85, 140, 255, 228), radius=42)
        self.neckband(105, 172, 30)
        self.head(95, 125, 48)

    def lie(self):
        self.tail(250, 250)
        self.part(0.15, "ellipse", (80, 170, 275, 285))
        self.part(0.05, "ellipse", (190, 190, 275, 285))
        for x in (65, 110):
            self.part(
                0.02, "rounded_rectangle", (x, 250, x + 50, 286), radius=17
            )
        self.neckband(118, 225, 40)
        self.head(115, 165, 56)


class Cat(Animal):
    """Pointed ears, slit pupils, whiskers, a slim tail."""

    def head(self, x, y, r):
        for side in (-1, 1):
            self.ear(x, y, side * r, r)
        self.round(0, x, y, r * 1.1, r * 0.93)
        for side in (-1, 1):
            self.eye(x + side * r * 0.47, y - r * 0.12, r * 0.27)
            pale = blend(self.color, "#ffffff", 0.55)
            self.spot(
                pale, x + side * r * 0.2, y + r * 0.46, r * 0.26, r * 0.22
            )
        wing = r * 0.13
        nose = [
            (x - wing, y + r * 0.2),
            (x + wing, y + r * 0.2),
            (x, y + r * 0.36),
        ]
        self.pen.polygon(nose, fill=PINK, outline=INK)
        self.mouth(x, y + r * 0.44, r * 0.34)
        for side in (-r, r):
            for slope in (-0.22, 0.0, 0.2):
                start = (x + side * 0.35, y + r * (0.42 + slope * 0.3))
                end = (x + side * 1.45, y + r * (0.36 + slope))
                self.pen.line([start, end], fill=self.whiskers, width=2)

    @property
    def whiskers(self):
        return "#f5f1ea" if self.color in COATS[:3] else "#3a3431"

    def ear(self, x, y, side, r):
        tip = (x + side * 0.95, y - r * 1.45)
        outer = [(x + side, y - r * 0.1), tip, (x + side * 0.15, y - r * 0.8)]
        self.part(0.1, "polygon", outer)
        inner = [(x + side * 0.85, y - r * 0.45), (x + side * 0.9, y - r * 1.2)]
        self.pen.polygon([*inner, (x + side * 0.38, y - r * 0.75)], fill=PINK)

    def eye(self, x, y, r):
        self.spot(INK, x, y, r * 1.08, r * 0.94)
        self.spot(self.eyes, x, y, r, r * 0.85)
        self.spot(INK, x, y, r * 0.28, r * 0.8)
        self.spot("white", x + r * 0.1, y - r * 0.4, r * 0.2, r * 0.2)

    def tail(self, x, y):
        curve = [
            (0, 0),
            (28, 0),
            (46, -16),
            (52, -40),
            (46, -66),
            (48, -90),
            (62, -106),
        ]
        self.stroke([(x + left, y + up) for left, up in curve], 14)


class Dog(Animal):
    """A muzzle with a large nose, a tongue, soft ears, a stout tail."""

    def head(self, x, y, r):
        self.part(
            0, "ellipse", (x - r * 0.92, y - r, x + r * 0.92, y + r * 0.8)
        )
        for side in (-1, 1):
            self.eye(x + side * r * 0.36, y - r * 0.22, r * 0.15)
        if self.tongue:
            box = (x - r * 0.2, y + r * 0.7, x + r * 0.2, y + r * 1.3)
            self.pen.rounded_rectangle(box, r * 0.2, fill="#e8707c")
            line = (x, y + r * 0.8, x, y + r * 1.15)
            self.pen.line(line, fill="#b94a57", width=2)
        self.spot(
            blend(self.color, "#ffffff", 0.4),
            x,
            y + r * 0.5,
            r * 0.58,
            r * 0.48,
        )
        self.spot(INK, x, y + r * 0.25, r * 0.27, r * 0.17)
        self.spot("#6f6763", x - r * 0.06, y + r * 0.18, r * 0.08, r * 0.05)
        self.pen.line((x, y + r * 0.42, x, y + r * 0.64), fill=INK, width=3)
        self.mouth(x, y + r * 0.62, r * 0.44)
        for side in (-r, r):
            self.ear(x, y, side, r)

    def ear(self, x, y, side, r):
        if self.hanging_ears:
            self.round(0.3, x + side * 1.02, y - r * 0.05, r * 0.3, r * 0.8)
        else:
            base = [
                (x + side * 0.35, y - r * 0.9),
                (x + side * 0.85, y - r * 1.2),
            ]
            tip = [
                (x + side * 1.4, y - r * 0.35),
                (x + side * 0.9, y - r * 0.5),
            ]
            self.part(0.3, "polygon", base + tip)

    def eye(self, x, y, r):
        self.spot(INK, x, y, r, r)
        self.spot("white", x + r * 0.2, y - r * 0.4, r * 0.3, r * 0.3)
        brow = (x - r * 1.5, y - r * 2.4, x + r * 1.5, y + r)
        self.pen.arc(brow, 215, 325, fill=blend(self.color, INK, 0.3), width=4)

    def tail(self, x, y):
        curve = [(0, 0), (18, -12), (28, -30), (34, -58)]
        self.stroke([(x + left, y + up) for left, up in curve], 22)


def fur(rng: random.Random, color: str, other: str) -> Image.Image:
    """A piece of fur as large as the picture, to cut the parts of a body from."""
    image = Image.new("RGB", (CANVAS_SIZE, CANVAS_SIZE), color)
    pen = ImageDraw.Draw(image)
    pattern = rng.choice(
        ["one color", "stripes", "spots", "patches", "patches"]
    )
    if pattern == "stripes":
        for x in range(-20, CANVAS_SIZE, 20):
            wave = [(x, 0), (x + 14, 100), (x - 6, 200), (x + 14, CANVAS_SIZE)]
            pen.line(wave, fill=other, width=7)
    number, sizes = BLOTS.get(pattern, (0, (0, 0)))
    for _ in range(number):
        x, y, r = (
            rng.randrange(CANVAS_SIZE),
            rng.randrange(CANVAS_SIZE),
            rng.randint(*sizes),
        )
        pen.ellipse((x - r, y - r, x + r, y + r * 0.8), fill=other)
    return image


def blend(one: str, other: str, share: float) -> str:
    """A color between two others, such as `#1f1a17`: `share` in [0, 1] is of
    `other`.
    """
    pairs = [
        (int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
