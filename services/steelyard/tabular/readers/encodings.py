"""Detects the encoding of a CSV file that is not UTF-8.

charset-normalizer reports which encodings the bytes can be in, how garbled each reading looks and how much it looks
like a language. A table has few and short words, where many readings tie; how words are spelled (`spelling`) breaks
the ties. What stays ambiguous is rejected, because a wrong reading changes names and labels without notice.
"""

import codecs
import mmap
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from charset_normalizer import from_bytes

from steelyard.tabular.readers.charsets import SOME
from steelyard.tabular.readers.spelling import oddness
from steelyard.tabular.readers.unreadable import Unreadable

MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# The positions of NULs in four bytes of mostly ASCII text.
PATTERNS = {(1, 3): "utf-16-le", (0, 2): "utf-16-be", (1, 2, 3): "utf-32-le", (0, 1, 2): "utf-32-be"}
# In order of preference if the text is the same.
CANDIDATES = (
    *("cp1252", "cp1251", "gb18030", "cp932", "cp949", "big5hkscs", "cp1250", "cp1254", "cp1253", "iso8859-7"),
    *("iso8859-2", "mac-roman", "euc-jp", "koi8-r", "cp866", "cp850", "cp1255", "cp1256"),
)
DEFAULT = "cp1252"
TURKISH, OF_TURKISH = "cp1254", frozenset("ğĞşŞİ")
WESTERN = ("cp1252", "cp1250", "cp1254", "iso8859-2")  # they differ in few letters
BY_DETECTOR = {name.replace("-", "_"): name for name in CANDIDATES}
SAMPLE_BYTES = 8 << 10
PIECE_BYTES = 1 << 20
MOST_WORD = 4 << 10
MOST_LINES = 100_000  # of those that are not ASCII: a few words may fill a file
MOST_ODD, MARGIN = 0.25, 0.05
GAPS = re.compile(rb'[\s,;"]+')
WORDS = re.compile(r'[^\s,;|"=/():0-9.+*<>\[\]{}_&?!#%-]+')
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
C1 = re.compile(rb"[\x80-\x9f]")
LATIN_AND_UTF_8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


@dataclass(frozen=True)
class Guess:
    """An encoding, the sample as it reads it, and how little that looks like text: 0 is best."""

    encoding: str
    text: str
    odd: float


@dataclass(frozen=True)
class Detected:
    """An encoding, and those in which some words would be others and as plausible."""

    encoding: str
    others: tuple[str, ...] = ()


def encoding_of_marks(start: bytes) -> str:
    """The encoding that a byte order mark or the positions of NULs show; else an empty string."""
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    head = start[:4096]
    places = [head[place::4].count(0) for place in range(4)]
    most = max(places)
    if most * 16 > len(head):  # a quarter of the characters at least
        return PATTERNS.get(tuple(place for place in range(4) if places[place] * 2 > most), "")
    return ""


def require_encoding(content: mmap.mmap, encoding: str) -> str:
    """The encoding, which is Windows-1252 if bytes 0x80 to 0x9F are in what is called Latin-1.

    Raises `Unreadable` over the first byte that is not of the encoding.
    """
    if encoding == "latin-1":
        return DEFAULT if C1.search(content) and _first_bad_byte(content, DEFAULT) is None else encoding
    if (place := _first_bad_byte(content, encoding)) is not None:
        raise Unreadable(
            f"byte {place} ({content[place]:#04x}) is not {encoding.upper()}", row=content[:place].count(b"\n")
        )
    return encoding


def _first_bad_byte(content: mmap.mmap, encoding: str) -> int | None:
    decoder, done = codecs.getincrementaldecoder(encoding)(), 0
    while done < len(content):
        piece = content[done : done + PIECE_BYTES]
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(piece, final=done + len(piece) == len(content))
        except UnicodeDecodeError as error:
            return done + max(0, error.start - held)
        done += len(piece)
    return None


def detect(content: mmap.mmap, usual: str = "") -> Detected:
    """The encoding of bytes that are not UTF-8; of several, the `usual` one. Raises `Unreadable` if it is ambiguous."""
    sample, is_mixed = _sample(content)
    guesses = sorted(_guesses(sample, usual), key=lambda guess: (guess.odd, guess.encoding != usual, _rank(guess)))
    if not guesses or guesses[0].odd > MOST_ODD:
        raise Unreadable(f"it is not UTF-8, and its encoding is not recognized; state it with encoding, such as {SOME}")
    best = guesses[0]
    close = [guess for guess in guesses if guess.odd < best.odd + MARGIN + max(0.0, best.odd)]
    best = _preferred(close, usual)
    if best.encoding in WESTERN and (is_mixed or LATIN_AND_UTF_8.search(sample)):
        place = _first_bad_byte(content, "utf-8") or 0
        raise Unreadable(
            f"byte {place} ({content[place]:#04x}) is not UTF-8, but other parts are: the file mixes encodings",
            row=content[:place].count(b"\n"),
        )
    others = [guess.encoding for guess in close if guess.text != best.text]
    if best.encoding == usual:
        return Detected(usual)
    if others and best.encoding not in (DEFAULT, TURKISH):
        names = ", ".join(guess.encoding for guess in close[:4])
        raise Unreadable(f"it is not UTF-8, and its encoding is ambiguous: one of {names}; state it with encoding")
    return Detected(best.encoding, tuple(encoding for encoding in others if encoding in WESTERN))


def _rank(guess: Guess) -> int:
    return CANDIDATES.index(guess.encoding) if guess.encoding in CANDIDATES else len(CANDIDATES)


def _preferred(close: list[Guess], usual: str) -> Guess:
    """Of encodings that are about as plausible: the usual one, Turkish where its letters are, else Windows-1252."""
    by_name = {guess.encoding: guess for guess in close}
    if usual in by_name:
        return by_name[usual]
    best, turkish = by_name.get(DEFAULT, close[0]), by_name.get(TURKISH)
    if turkish and best.encoding in WESTERN and turkish.odd <= best.odd and not OF_TURKISH.isdisjoint(turkish.text):
        return turkish  # in Windows-1252 it would be Icelandic, of which there is little
    return best


def _sample(content: mmap.mmap) -> tuple[bytes, bool]:
    """The different words that are not ASCII, as many as are needed; and whether many lines are UTF-8 nevertheless."""
    words: dict[bytes, None] = {}
    size = utf_8 = others = 0
    for line in _lines_beyond_ascii(content):
        try:
            line.decode("utf-8")
            utf_8 += 1
        except UnicodeDecodeError:
            others += 1
        for word in GAPS.split(line):  # whole, since a cut could go through a character
            if not word.isascii() and word not in words and len(word) <= MOST_WORD:
                words[word] = None
                size += len(word)
        if size > SAMPLE_BYTES or utf_8 + others > MOST_LINES:
            break
    return b" ".join(words), utf_8 * 3 > others


def _lines_beyond_ascii(content: mmap.mmap) -> Iterator[bytes]:
    """The lines that are not ASCII, or what is around such a character in a very long one."""
    place = 0
    while found := BEYOND_ASCII.search(content, place):
        start = content.rfind(b"\n", max(place, found.start() - PIECE_BYTES), found.start()) + 1
        end = content.find(b"\n", found.end(), found.end() + PIECE_BYTES)
        place = end if end >= 0 else min(len(content), found.end() + PIECE_BYTES)
        yield content[start or max(0, found.start() - PIECE_BYTES) : place]


def _guesses(sample: bytes, usual: str) -> Iterator[Guess]:
    """How the sample looks in each encoding, and in the `usual` one."""
    matches = from_bytes(sample, threshold=0.5, cp_isolation=[*BY_DETECTOR], language_threshold=0.05)
    found = {
        BY_DETECTOR[name]: match
        for match in matches
        for name in (match.encoding, *match.could_be_from_charset)
        if name in BY_DETECTOR
    }
    for encoding, match in found.items():
        if encoding != DEFAULT:
            text = str(match)
            yield Guess(encoding, text, oddness(text, encoding) + match.chaos - match.coherence / 5)
    # The detector drops Windows-1252 where a few words have more symbols than letters.
    for encoding in dict.fromkeys((DEFAULT, *filter(None, [usual]))):
        if encoding == DEFAULT or encoding not in found:
            with suppress(UnicodeDecodeError):
                text = sample.decode(encoding)
                coherence = found[encoding].coherence if encoding in found else 0
                yield Guess(encoding, text, oddness(text, encoding) - coherence / 5)
