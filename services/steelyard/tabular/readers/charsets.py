"""The encodings that CSV files are read in, by name. Apart from their detection, because the web process needs them."""

import codecs

# The names that we report. Shift JIS, GBK, GB2312, EUC-KR and Big5 are read as their supersets.
NAMES = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
    "latin-1",
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "iso8859-2",
    "iso8859-5",
    "iso8859-7",
    "iso8859-8",
    "iso8859-9",
    "iso8859-15",
    "koi8-r",
    "koi8-u",
    "cp437",
    "cp850",
    "cp852",
    "cp866",
    "mac-roman",
    "gb18030",
    "big5hkscs",
    "cp932",
    "euc-jp",
    "cp949",
)
# Other names that the option takes; a Content-Type may have any that Python knows.
LABELS = (
    *("windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256"),
    *("iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15", "macintosh"),
    *("gbk", "gb2312", "big5", "shift_jis", "euc-kr"),
)
SUPERSETS = {"ascii": "utf-8", "utf-8-sig": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}
SUPERSETS |= {"cp950": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949"}
# Labels that Python's codecs do not know: those of the WHATWG, of macOS and of Excel.
ALIASES = {"macintosh": "mac-roman", "x-mac-roman": "mac-roman", "ansi": "cp1252", "unicode": "utf-16"}
ALIASES |= {"windows-31j": "cp932", "x-sjis": "cp932", "x-gbk": "gb18030", "ms932": "cp932"}


def _codec_name(name: str) -> str:
    return codecs.lookup(name).name


BY_CODEC = {_codec_name(name): name for name in NAMES}
SOME = "utf-8, utf-16, cp1252 (windows-1252), cp1251, iso8859-7, mac-roman, gb18030 (GBK) or cp932 (Shift JIS)"


def encoding_called(name: str) -> str | None:
    """Our name for the encoding that people call `name`; `None` if we do not read it."""
    label = name.strip().strip("\"'").lower()
    try:
        codec = _codec_name(ALIASES.get(label, label))
    except (LookupError, ValueError):
        return None
    return BY_CODEC.get(_codec_name(SUPERSETS[codec]) if codec in SUPERSETS else codec)
