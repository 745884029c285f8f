import numpy as np

from embedlab.report.figures.thumbnails import ink, is_line_art


def test_line_art_is_told_from_photographs() -> None:
    random = np.random.default_rng(0)
    glyphs = np.where(random.random((5, 28, 28)) < 0.1, 0, 255).astype(np.uint8)
    photographs = random.integers(0, 256, size=(5, 28, 28)).astype(np.uint8)
    assert is_line_art(glyphs)
    assert is_line_art(255 - glyphs)
    assert not is_line_art(photographs)
    assert not is_line_art(glyphs[..., None].repeat(3, axis=-1))


def test_ink_is_opaque_where_the_stroke_is() -> None:
    image = np.array([[0, 255, 51]], dtype=np.uint8)
    on_white, on_black = ink(image, True, "#ff0000"), ink(image, False, "#ff0000")
    np.testing.assert_allclose(on_white[0, :, 3], [1, 0, 0.8])
    np.testing.assert_allclose(on_black[0, :, 3], [0, 1, 0.2])
    np.testing.assert_allclose(on_white[0, 0, :3], [1, 0, 0])
