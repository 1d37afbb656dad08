"""A text in its own encoding looks more like one that people wrote than in another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.readers.spelling import oddness

TEXTS = {
    "français, très bien, à réparer, noël, œuvre": "cp1252",
    "größe straße Äpfel über": "cp1252",
    "España, señor, corazón": "cp1252",
    "łódź, święto, żółw, odpowiedź": "cp1250",
    "příliš žluťoučký kůň": "cp1250",
    "ответ, может быть, Россия": "cp1251",
    "απάντηση, ναι, όχι, ίσως": "cp1253",
    "şehir, İstanbul, ağaç": "cp1254",
    "性别 男 女 北京": "gb18030",
    "答案 不知道 是": "big5hkscs",
    "名前 田中 さくら タロウ": "cp932",
    "대답 예 아니오 부산": "cp949",
    "5 € – „frei“": "cp1252",
}
OTHERS = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp866", "koi8-r", "mac-roman", "cp437", "gb18030", "cp949")


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_looks_in_no_other_encoding_more_like_one_that_people_wrote(text: str) -> None:
    encoding = TEXTS[text]
    own = oddness(text, encoding)
    assert own < 0.3
    content = text.encode(encoding)
    for other in OTHERS:
        try:
            read = content.decode(other)
        except UnicodeDecodeError:
            continue
        if read != text:
            assert oddness(read, other) >= own, (other, read)


@pytest.mark.parametrize(
    ("text", "encoding", "other"),
    [
        ("très bien, à réparer", "cp1252", "cp1251"),
        ("größe, straße", "cp1252", "mac-roman"),
        ("ответ, может быть", "cp1251", "koi8-r"),
        ("ответ, может быть", "cp1251", "cp1252"),
        ("ответ, может быть", "cp866", "cp1251"),
        ("απάντηση, όχι, ίσως", "cp1253", "cp1252"),
        ("žluťoučký kůň", "cp1250", "cp1252"),
        ("名前 田中 さくら", "cp932", "cp1251"),
        ("性别 男 女", "gb18030", "cp1252"),
    ],
)
def test_a_text_in_the_wrong_encoding_is_odd(text: str, encoding: str, other: str) -> None:
    wrong = text.encode(encoding).decode(other, "replace")
    assert oddness(wrong, other) > oddness(text, encoding) + 0.2


@given(text=st.text(st.characters(max_codepoint=127)))
def test_ascii_says_nothing(text: str) -> None:
    assert oddness(text, "cp1252") == 0


@given(text=st.text(max_size=30), encoding=st.sampled_from(OTHERS))
def test_oddness_has_bounds(text: str, encoding: str) -> None:
    assert -0.2 <= oddness(text, encoding) <= 1.2


@pytest.mark.parametrize(
    ("odd", "fine"),
    [
        ("aж", "ж"),  # two alphabets in a word
        ("a§b", "§ ab"),  # a symbol within a word
        ("aÉa", "aéa"),  # a capital within a word
        ("ςα", "ας"),  # a letter that ends words at the beginning of one
        ("бвгд", "бога"),  # a word without a vowel
        ("ъда", "дать"),  # a sign that begins no word
        ("ααααα", "άλφα"),  # a Greek word without an accent
    ],
)
def test_what_no_language_writes_is_odd(odd: str, fine: str) -> None:
    assert oddness(odd, "cp1251") > oddness(fine, "cp1251")
