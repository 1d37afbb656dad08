"""Scores how odd a text looks in an encoding, to detect which encoding a file has."""

import re
import unicodedata
from collections.abc import Iterator

WORDS = re.compile(r'[^\s,;|"=/():0-9.+*<>\[\]{}_&?!#%-]+')
SYMBOLS = frozenset("€£¥¢§°±²³¹µ·¶–—‘’‚“”„…‰™«»©®¡¿¼½¾×÷ªº•†‡\xa0\xad№、。，：；（）「」！？・￥")
APOSTROPHES = frozenset("’‘·´`")
LATIN_VOWELS = frozenset("aeiouyáéíóúü")
FINALS = frozenset("ςםןץףך")  # letters that end a word
CYRILLIC_VOWELS = frozenset("аеёиоуыэюяіїєў")
CYRILLIC_RARE = frozenset("ъщэфцїєўѓќћђљњџ")
GREEK_ACCENTS = frozenset("άέήίόύώ")
SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "HEBREW", "ARABIC", "CJK", "HIRAGANA", "KATAKANA", "HANGUL")
# The first bytes of the frequent characters: the first level of the standard, kana, and syllables of Hangul.
FREQUENT = {
    "gb18030": (0xB0, 0xD7),
    "big5hkscs": (0xA4, 0xC6),
    "cp932": (0x82, 0x97),
    "euc-jp": (0xA4, 0xCF),
    "cp949": (0xB0, 0xC8),
}
# The letters beyond ASCII of languages in the Latin script: French, German, Spanish, Portuguese, Italian and Catalan,
# Swedish and Finnish, Danish and Norwegian, Dutch, Icelandic, Turkish, Polish, Czech, Slovak, Hungarian, Romanian,
# Croatian and Slovenian.
ALPHABETS = [
    *map(
        frozenset,
        (
            "àâæçéèêëïîôœùûüÿ",
            "äöüßéèàô",
            "áéíóúüñç",
            "áâãàçéêíóôõúü",
            "àèéìíîòóùúçïü",
            "åäöéšž",
            "æøåéèòôóü",
            "éëïóöüáíè",
            "áéíóúýðþæö",
            "çğıi̇öşüâî",
            "ąćęłńóśźż",
            "áčďéěíňóřšťúůýž",
            "áäčďéíĺľňóôŕšťúýž",
            "áéíóöőúüű",
            "ăâîșțşţ",
            "čćđšž",
        ),
    )
]


def oddness(text: str, encoding: str) -> float:
    """The share of characters beyond ASCII that are not where a language has them: from 0 to 1.2."""
    odd = total = 0.0
    for word in WORDS.findall(text):
        beyond = sum(char > "\x7f" for char in word)
        if beyond:
            total += beyond
            odd += min(beyond, _odd_in_word(word, beyond, encoding))
    return odd / total + min(0.5, _foreign(text)) / 3 if total else 0.0


def _odd_in_word(word: str, beyond: int, encoding: str) -> float:
    if encoding in FREQUENT:
        least, most = FREQUENT[encoding]
        leads = [char.encode(encoding, "replace")[0] for char in word if char > "\x7f"]
        odd = sum(not least <= lead <= most for lead in leads)
        return odd - 0.2 * sum("\u3041" <= char <= "\u30ff" for char in word)  # kana: Japanese, and nothing else is
    letters = [char for char in word if char.isalpha() and char not in SYMBOLS]
    scripts = {_script(char) for char in letters}
    if len(scripts) > 1 or "" in scripts:
        return beyond  # two alphabets in a word
    return sum(_odd_places(word)) + sum(_odd_letters(letters, *scripts))


def _odd_places(word: str) -> Iterator[float]:
    """Symbols and capitals within a word."""
    for before, char, after in zip(" " + word, word, word[1:] + " ", strict=False):
        is_within = before.isalpha() and after.isalpha()
        yield before.islower() and char.isupper()
        yield char in FINALS and after.isalpha()
        if char > "\x7f":
            is_symbol = not char.isalpha() or char in SYMBOLS
            yield is_symbol and (char not in SYMBOLS or (is_within and char not in APOSTROPHES))
            yield 0.3 * (before.isalpha() and char.isupper() and _script(char) != "LATIN")
            yield from _odd_neighbors(before, char.lower(), after)


def _odd_neighbors(before: str, char: str, after: str) -> Iterator[float]:
    """Letters of Western European languages where these do not have them, but Polish or Turkish has another letter."""
    match char:
        case "ñ":
            yield after.lower() not in LATIN_VOWELS
        case "œ":
            yield 0.5 * (after in "wrlmp")
        case "¿":
            yield 0.5 * after.islower()
        case "þ":
            yield 0.3 * before.isalpha()
        case "ð":
            yield 0.3 * (not before.isalpha())


def _odd_letters(letters: list[str], script: str = "") -> Iterator[float]:
    """What no word of the script is written with."""
    beyond = [char for char in letters if char > "\x7f"]
    small = "".join(letters).lower()
    match script:
        case "LATIN" if 1 < len(beyond) == len(letters):
            yield len(letters)
        case "CYRILLIC" if len(letters) > 1:
            yield 0.5 * len(letters) * CYRILLIC_VOWELS.isdisjoint(small)
            yield small[0] in "ъьы"
            yield 0.3 * sum(char in CYRILLIC_RARE for char in small)
        case "GREEK" if len(letters) > 3 and not "".join(letters).isupper():
            yield 0.5 * len(letters) * (sum(char in GREEK_ACCENTS for char in small) != 1)


def _foreign(text: str) -> float:
    """The share of different letters beyond ASCII that no single language has; 0 for scripts that are not Latin."""
    found = {char for char in text.lower() if char > "\x7f" and char.isalpha() and char not in SYMBOLS}
    latin = {char for char in found if _script(char) == "LATIN"}
    return min(len(latin - alphabet) for alphabet in ALPHABETS) / len(latin) if latin else 0.0


def _script(char: str) -> str:
    name = unicodedata.name(char, "")
    return next((script for script in SCRIPTS if name.startswith(script)), "")
