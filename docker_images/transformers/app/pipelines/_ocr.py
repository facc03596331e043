"""The words of a page and where they stand, by Tesseract, in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import tesserocr  # type: ignore[import-untyped]
from inference_common.errors import InferenceTimeout, InvalidRequest
from PIL.Image import Image

DEFAULT = "eng"
LONGEST_SIDE = 5000  # pixels: A4 at 400 dots per inch; more would be read no better, and for minutes
SECONDS = 60
Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in thousandths of the page's width and height."""
Words = tuple[Sequence[str], Sequence[Box]]


class Reader:
    """Reads pages in every language whose data is there: those of this environment, or else those of the system."""

    def __init__(self) -> None:
        system = sorted(Path("/usr/share/tesseract-ocr").glob("*/tessdata"))
        folders = [Path(sys.prefix) / "share" / "tessdata", *system]
        found = {str(folder): set(tesserocr.get_languages(str(folder))[1]) - {"osd"} for folder in folders}
        self._languages = {folder: known for folder, known in found.items() if known}
        self._open: dict[str, tesserocr.PyTessBaseAPI] = {}

    def check(self, lang: str | None) -> None:
        """Raise InvalidRequest for a language, or several joined by `+`, that cannot be read."""
        self._folder(lang or DEFAULT)

    def read(self, image: Image, lang: str | None) -> Words:
        """The words in reading order, and their boxes. Raises InvalidRequest, InferenceTimeout."""
        engine = self._engine(lang or DEFAULT)
        if max(image.size) > LONGEST_SIDE:
            image = image.copy()
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        engine.SetImage(image)
        try:
            if not engine.Recognize(SECONDS * 1000):
                raise InferenceTimeout(
                    f"The page was not read within {SECONDS} s; send a smaller image, or its word_boxes"
                )
            found = list(_words(engine.GetIterator()))
        finally:
            engine.Clear()
        width, height = image.size
        boxes = [
            (1000 * left // width, 1000 * top // height, 1000 * right // width, 1000 * bottom // height)
            for _, (left, top, right, bottom) in found
        ]
        return [word for word, _ in found], boxes

    def _engine(self, lang: str) -> tesserocr.PyTessBaseAPI:
        if lang not in self._open:
            engine = tesserocr.PyTessBaseAPI(path=self._folder(lang), lang=lang, psm=tesserocr.PSM.AUTO)
            engine.SetVariable("debug_file", "/dev/null")  # it would tell of every empty page
            self._open = {lang: engine}  # one at a time: each takes tens of megabytes
        return self._open[lang]

    def _folder(self, lang: str) -> str:
        for folder, known in self._languages.items():
            if known.issuperset(lang.split("+")):
                return folder
        every = sorted(set().union(*self._languages.values()))
        raise InvalidRequest(f"lang {lang!r} is not read here; known: {', '.join(every) or 'none'}")


def _words(iterator: tesserocr.PyResultIterator) -> Iterator[tuple[str, Box]]:
    level = tesserocr.RIL.WORD
    for at in tesserocr.iterate_level(iterator, level):
        if not at.Empty(level) and (word := at.GetUTF8Text(level).strip()):
            yield word, at.BoundingBox(level)
