"""A text file is read in the encoding that its owner wrote it in, or it is rejected; never in another."""

from collections.abc import Callable
from pathlib import Path

import pytest

from steelyard.tabular.readers.charsets import NAMES, encoding_called
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.read import Options, open_file
from steelyard.tabular.readers.unreadable import Unreadable

Read = Callable[..., tuple[str, list[str]]]
RUSSIAN = ["ответ", "Да", "Нет", "может быть"]
GREEK = ["απάντηση", "ναι", "όχι", "ίσως", "Αθήνα"]
CHINESE = ["性别", "男", "女"]
FRENCH = ["réponse", "très bien", "à réparer", "noël"]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads bytes: their encoding, and the first column with its name."""

    def read(content: bytes, encoding: str = "") -> tuple[str, list[str]]:
        path = tmp_path / "file"
        path.write_bytes(content)
        with open_file(str(path), Options("csv", 1 << 30, Dialect(encoding=encoding))) as source:
            values, facts = next(source.columns)
            return source.found["encoding"], [facts["name"], *values.to_list()]

    return read


def table(texts: list[str], delimiter: str = ";") -> str:
    name, *rows = texts
    return "\n".join([f"{name}{delimiter}y", *(f"{row}{delimiter}{place}" for place, row in enumerate(rows)), ""])


@pytest.mark.parametrize(
    ("encoding", "texts"),
    [
        ("cp1252", ["preis", "5 €", "9 € – 12 €", "„frei“"]),
        ("cp1252", FRENCH),
        ("cp1252", ["land", "Côte d'Ivoire", "Åland", "São Tomé", "Curaçao", "Österreich", "España"]),
        ("cp1252", ["temp °C", "a"]),
        ("cp1252", ["GARÇON", "ÉLÈVE"]),
        ("cp1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("cp866", RUSSIAN),
        ("cp1253", GREEK),
        ("gb18030", CHINESE),
        ("gb18030", ["姓名", "张三", "李四", "王五"]),
        ("big5hkscs", ["答案", "是", "不知道"]),
        ("cp932", ["名前", "田中", "さくら", "タロウ"]),
        ("euc-jp", ["答え", "はい", "いいえ", "わからない"]),
        ("cp949", ["대답", "예", "아니오", "부산"]),
        ("mac-roman", FRENCH),
        ("cp1250", ["odpověď", "příliš", "žlutý", "kůň", "Plzeň"]),
        ("iso8859-2", ["odpowiedź", "Łódź", "święto", "żółw"]),
        ("cp1254", ["şehir", "İstanbul", "Eskişehir", "ağaç"]),
        ("cp1255", ["תשובה", "כן", "ירושלים", "תל אביב"]),
        ("cp1256", ["جواب", "نعم", "القاهرة", "دمشق"]),
        ("utf-16", FRENCH),
        ("utf-16-le", FRENCH),
        ("utf-16-be", FRENCH),
        ("utf-32", FRENCH),
        ("utf-32-le", FRENCH),
        ("utf-32-be", FRENCH),
        ("utf-8", RUSSIAN),
        ("utf-8-sig", RUSSIAN),
    ],
)
def test_an_encoding_is_detected(read: Read, encoding: str, texts: list[str]) -> None:
    assert read(table(texts).encode(encoding)) == (encoding, texts)


def test_greek_is_the_same_in_iso_8859_7(read: Read) -> None:
    texts = [text for text in GREEK if "ά" not in text.lower() and "Α" not in text]
    assert read(table(texts).encode("iso8859-7"))[1] == texts
    assert read(table(GREEK).encode("iso8859-7"), "iso8859-7") == ("iso8859-7", GREEK)


@pytest.mark.parametrize(("encoding", "texts"), [("koi8-r", ["ДА", "НЕТ"]), ("cp850", ["naïve", "x"])])
def test_an_ambiguous_encoding_is_rejected_with_what_to_do(read: Read, encoding: str, texts: list[str]) -> None:
    content = table(texts).encode(encoding)
    with pytest.raises(Unreadable, match=r"encoding is ambiguous.*state it with encoding"):
        read(content)
    assert read(content, encoding) == (encoding, texts)


def test_a_character_that_is_two_in_another_encoding_is_no_crash(read: Read) -> None:
    with pytest.raises(Unreadable, match="ambiguous"):  # Big5 reads 0x88 0x64 as a letter and an accent
        read(b"\x88d;name\n1;Br\n")


def test_bytes_that_are_no_text_are_rejected(read: Read) -> None:
    with pytest.raises(Unreadable, match=r"(not recognized|ambiguous).*state it with encoding"):
        read(b"a;b\n" + bytes([0x81, 0x8D, 0xFF, 0x9D, 0x98]) * 9 + b";1\n")


def test_windows_1252_is_what_people_call_latin_1(read: Read) -> None:
    assert read(table(["preis", "5 € je"]).encode("cp1252"), "latin-1") == ("cp1252", ["preis", "5 € je"])
    assert read(table(["preis", "5 £ je"]).encode("latin-1"), "latin-1") == ("latin-1", ["preis", "5 £ je"])


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ("utf-8", r"row 1: byte 4 \(0xc4\) is not UTF-8"),
        ("cp949", r"row 2: byte 9 .* is not CP949"),
        ("utf-16", "no byte order mark of UTF-16"),
        ("utf-32-le", "not UTF-32-LE"),
    ],
)
def test_an_encoding_that_is_stated_is_not_guessed(read: Read, stated: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(b"x;y\n" + "Да;1\n".encode("cp1251") + b"\xff;1\n", stated)


def test_a_file_that_mixes_encodings_is_rejected_by_its_row(read: Read) -> None:
    with pytest.raises(Unreadable, match=r"row 2: .*mixes encodings"):
        read("a;b\né;1\n".encode() + "é;2\n".encode("latin-1"))


def test_long_texts_are_not_cut_within_a_character(read: Read) -> None:
    texts = ["评论", *(f"{'很好' * n}a{'我们都喜欢这个地方因为它很安静' * 9}" for n in range(20))]
    assert read(table(texts).encode("gb18030")) == ("gb18030", texts)


def test_a_character_far_down_is_found(read: Read) -> None:
    content = b"a;b\n" + b"1;2\n" * 300_000 + "très;1\n".encode("cp1252") * 3
    encoding, texts = read(content)
    assert encoding == "cp1252"
    assert not texts[-1]  # one of few among numbers


def test_the_last_line_need_not_end(read: Read) -> None:
    assert read(table(FRENCH).rstrip("\n").encode("cp1252")) == ("cp1252", FRENCH)


def test_a_sample_bounds_the_time(read: Read) -> None:
    rows = [f"значение {row}" for row in range(200_000)]
    encoding, texts = read(table(["x", *rows]).encode("cp1251"))
    assert (encoding, texts[-1]) == ("cp1251", rows[-1])


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("UTF8", "utf-8"),
        ("us-ascii", "utf-8"),
        ('"windows-1251"', "cp1251"),
        ("ISO-8859-1", "latin-1"),
        ("GBK", "gb18030"),
        ("x-mac-roman", "mac-roman"),
        ("Shift_JIS", "cp932"),
        ("rot13", None),
        ("base64", None),
        ("utf-7", None),
        ("a\0", None),
        ("", None),
    ],
)
def test_encodings_have_the_names_that_people_use(name: str, encoding: str | None) -> None:
    assert encoding_called(name) == encoding
    assert all(encoding_called(each) == each for each in NAMES)
