"""Images shrink, and stay what they are."""

import io

from PIL import Image

from catdog.report import images


def test_images_shrink_and_stay_what_they_are():
    chart = Image.new("RGB", (400, 200), "#fdfcfa")
    chart.paste("#0072b2", (20, 20, 380, 60))
    busy = Image.effect_noise((80, 40), 80).resize((400, 200)).convert("RGB")
    for image, exact in ((chart, True), (busy, False)):
        buffer = io.BytesIO()
        image.save(buffer, "png", dpi=(192, 192))
        small = images.webp(buffer.getvalue())
        assert len(small) < len(buffer.getvalue())
        assert images.webp(buffer.getvalue()) == small
        again = Image.open(io.BytesIO(small)).convert("RGB")
        same = again.tobytes() == image.tobytes()
        assert same == exact
        assert images.resolution(buffer.getvalue()) == (400, 200, 192)


def test_what_shows_through_still_does():
    noise = Image.effect_noise((80, 80), 80).convert("RGBA")
    noise.putalpha(Image.linear_gradient("L").resize((80, 80)))
    buffer = io.BytesIO()
    noise.save(buffer, "png")
    again = Image.open(io.BytesIO(images.webp(buffer.getvalue())))
    assert again.mode == "RGBA"
    assert (
        again.getchannel("A").getextrema() == noise.getchannel("A").getextrema()
    )
