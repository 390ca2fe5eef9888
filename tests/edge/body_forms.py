"""Forms of request smuggling by the length of a body: Content-Length, Transfer-Encoding, chunks, trailers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.edge.forms import (
    CHUNKED,
    HIDDEN,
    LAST,
    LENGTH_TO_HIDDEN,
    LONG_IN_CHUNKS,
    SHORT_IN_CHUNKS,
    Demand,
    Form,
    chunk,
    length,
    post,
)


def body_forms() -> Iterator[Form]:
    """Every form there is."""
    yield from _both_lengths()
    yield from _transfer_codings()
    yield from _content_lengths()
    yield from _chunks()
    yield from _trailers()


def _both_lengths() -> Iterator[Form]:
    """Content-Length and Transfer-Encoding in one request (RFC 9112 section 6.1 and 6.3)."""
    for name, body, declared in (
        ("CL.TE", SHORT_IN_CHUNKS, length(SHORT_IN_CHUNKS)),
        ("TE.CL", LONG_IN_CHUNKS, LENGTH_TO_HIDDEN),
        ("CL.TE of zero", SHORT_IN_CHUNKS, b"content-length: 0"),
        ("TE.CL that agree", LAST, length(LAST)),
    ):
        yield Form(name, post(declared, CHUNKED, body=body), "closed")
        yield Form(f"{name}, the other way round", post(CHUNKED, declared, body=body), "closed")
    old = b"POST /form HTTP/1.0"
    kept = b"connection: keep-alive"
    yield Form("chunks in HTTP/1.0", post(CHUNKED, body=LAST, line=old), "closed")
    alive = post(CHUNKED, kept, body=LAST, line=old)
    yield Form("chunks in HTTP/1.0 kept alive", alive, "closed")


# Spellings that one reader takes for chunks and another does not. Where the last coding is not
# chunked the server must refuse (section 6.3); a reader may also mend NUL, CR, LF and folded lines.
_CODINGS: tuple[tuple[str, bytes, Demand], ...] = (
    ("an unknown coding", b"transfer-encoding: xchunked", "refused"),
    ("a coding cut short", b"transfer-encoding: chunke", "refused"),
    ("identity", b"transfer-encoding: identity", "refused"),
    ("chunked, identity", b"transfer-encoding: chunked, identity", "refused"),
    ("chunked, gzip", b"transfer-encoding: chunked, gzip", "refused"),
    ("gzip", b"transfer-encoding: gzip", "refused"),
    ("chunked in quotes", b'transfer-encoding: "chunked"', "refused"),
    ("chunked with a parameter", b"transfer-encoding: chunked;a=b", "refused"),
    ("chunked with a semicolon", b"transfer-encoding: chunked;", "refused"),
    ("two words", b"transfer-encoding: chunked chunked", "refused"),
    ("nothing", b"transfer-encoding:", "refused"),
    ("a comma", b"transfer-encoding: ,", "refused"),
    ("a vertical tab before", b"transfer-encoding: \x0bchunked", "refused"),
    ("a vertical tab behind", b"transfer-encoding: chunked\x0b", "refused"),
    ("a form feed before", b"transfer-encoding: \x0cchunked", "refused"),
    ("a no-break space", b"transfer-encoding: \xa0chunked", "refused"),
    ("a Kelvin sign for k", "transfer-encoding: chun\u212aed".encode(), "refused"),
    ("NUL behind", b"transfer-encoding: chunked\0", "either"),
    ("NUL before", b"transfer-encoding: \0chunked", "either"),
    ("a bare CR behind", b"transfer-encoding: chunked\rx", "refused"),
    ("a bare CR before", b"transfer-encoding: \rchunked", "either"),
    ("NUL in the name", b"transfer-encoding\0: chunked", "refused"),
    ("a space before the colon", b"transfer-encoding : chunked", "refused"),
    ("a tab before the colon", b"transfer-encoding\t: chunked", "refused"),
    ("a folded value", b"transfer-encoding:\r\n chunked", "either"),
    ("a value folded by a tab", b"transfer-encoding:\r\n\tchunked", "either"),
    ("a folded half", b"transfer-encoding: chunked,\r\n identity", "refused"),
    ("in a folded line", b"x: y\r\n transfer-encoding: chunked", "either"),
    ("behind a bare LF", b"x: y\ntransfer-encoding: chunked", "either"),
    ("behind a bare CR", b"x: y\rtransfer-encoding: chunked", "either"),
    ("behind LF and CR", b"x: y\n\rtransfer-encoding: chunked", "refused"),
    ("behind NUL", b"x: y\0transfer-encoding: chunked", "either"),
    ("no colon", b"transfer-encoding chunked", "refused"),
    ("two colons", b"transfer-encoding:: chunked", "refused"),
    ("an equals sign", b"transfer-encoding=chunked", "refused"),
    ("a dash beyond ASCII", "transfer\u2010encoding: chunked".encode(), "refused"),
    ("two lines, then identity", CHUNKED + b"\r\ntransfer-encoding: identity", "refused"),
)


def _transfer_codings() -> Iterator[Form]:
    """Each spelling, with a body that is longer or shorter when it is read in chunks."""
    for name, line, demand in _CODINGS:
        yield Form(f"coding: {name}", post(line, body=LAST), demand)
        both = post(length(SHORT_IN_CHUNKS), line, body=SHORT_IN_CHUNKS)
        yield Form(f"coding: {name}, CL.TE", both, demand)
    for name, line in (
        ("gzip, chunked", b"transfer-encoding: gzip, chunked"),
        ("identity, chunked", b"transfer-encoding: identity, chunked"),
        ("identity, chunked in two lines", b"transfer-encoding: identity\r\n" + CHUNKED),
        ("chunked twice", b"transfer-encoding: chunked, chunked"),
        ("chunked in two lines", CHUNKED + b"\r\n" + CHUNKED),
    ):
        yield Form(f"coding: {name}", post(line, body=LONG_IN_CHUNKS), "refused")
    # Another header, which says nothing of the length.
    for name, line in (
        ("of the answer", b"te: chunked"),
        ("of the content", b"content-encoding: chunked"),
        ("with a word before", b"x-transfer-encoding: chunked"),
        ("named by Connection", b"connection: transfer-encoding"),
        ("with an underscore", b"transfer_encoding: chunked"),
    ):
        whole = post(length(SHORT_IN_CHUNKS), line, body=SHORT_IN_CHUNKS)
        yield Form(f"coding: {name}", whole, "either")
    for name, line in (
        ("another case", b"Transfer-Encoding: cHuNkEd"),
        ("no space", b"transfer-encoding:chunked"),
    ):
        yield Form(f"coding: {name}", post(line, body=LONG_IN_CHUNKS), "taken")
    # A reader passes over spaces and empty members of a list (RFC 9110 section 5.6). The parser here
    # refuses some of them, which harms nobody: no client writes them.
    for name, line in (
        ("spaces around", b"transfer-encoding: \t chunked \t "),
        ("a comma behind", b"transfer-encoding: chunked,"),
        ("a comma before", b"transfer-encoding: ,chunked"),
    ):
        yield Form(f"coding: {name}", post(line, body=LONG_IN_CHUNKS), "either")


# A length that is no number is refused (section 6.3), but for a list of equal ones.
_LENGTHS: tuple[tuple[str, bytes, Demand], ...] = (
    ("a plus", b"content-length: +5", "refused"),
    ("a minus", b"content-length: -5", "refused"),
    ("minus zero", b"content-length: -0", "refused"),
    ("hexadecimal", b"content-length: 0x5", "refused"),
    ("octal", b"content-length: 0o5", "refused"),
    ("a point", b"content-length: 5.0", "refused"),
    ("an exponent", b"content-length: 5e0", "refused"),
    ("an underscore", b"content-length: 0_5", "refused"),
    ("a letter behind", b"content-length: 5x", "refused"),
    ("a semicolon", b"content-length: 5;", "refused"),
    ("a space within", b"content-length: 0 5", "refused"),
    ("a tab within", b"content-length: 0\t5", "refused"),
    ("nothing", b"content-length:", "refused"),
    ("spaces alone", b"content-length:    ", "refused"),
    ("in quotes", b'content-length: "5"', "refused"),
    ("a digit beyond ASCII", "content-length: \u0665".encode(), "refused"),
    ("a superscript", "content-length: \u2075".encode(), "refused"),
    ("NUL behind", b"content-length: 5\0", "either"),
    ("a vertical tab before", b"content-length: \x0b5", "refused"),
    ("a bare CR within", b"content-length: 5\r5", "refused"),
    ("a space before the colon", b"content-length : 5", "refused"),
    ("a folded value", b"content-length:\r\n 5", "either"),
    ("a digit folded on", b"content-length: 5\r\n 5", "refused"),
    ("behind a bare LF", b"x: y\ncontent-length: 5", "either"),
    ("more than 64 bits hold", b"content-length: 18446744073709551621", "refused"),
    ("more than 63 bits hold", b"content-length: 9223372036854775813", "closed"),
    ("more than 32 bits hold", b"content-length: 4294967301", "closed"),
    ("forty digits", b"content-length: " + b"9" * 40, "closed"),
    ("two that differ", b"content-length: 5\r\ncontent-length: 6", "refused"),
    ("two that differ, in another case", b"content-length: 6\r\nContent-Length: 5", "refused"),
    ("two of which one is nothing", b"content-length: 5\r\ncontent-length:", "refused"),
    ("a list that differs", b"content-length: 5, 6", "refused"),
    ("a list with nothing", b"content-length: 5,", "refused"),
)


def _content_lengths() -> Iterator[Form]:
    """Lengths that one reader takes for a number and another does not; the body has five bytes."""
    for name, line, demand in _LENGTHS:
        yield Form(f"length: {name}", post(line, body=b"12345"), demand)
    twice = b"content-length: 5\r\ncontent-length: 5"
    yield Form("length: two that agree", post(twice, body=b"12345"), "either")
    yield Form("length: a list that agrees", post(b"content-length: 5, 5", body=b"12345"), "either")
    for name, line in (
        ("zeros before", b"content-length: 0000000000000000000005"),
        ("spaces around", b"content-length: \t 5 \t "),
        ("another case", b"CONTENT-LENGTH:5"),
    ):
        yield Form(f"length: {name}", post(line, body=b"12345"), "taken")
    other = post(b"content_length: 100", length(HIDDEN), body=HIDDEN)
    yield Form("length: an underscore in the name", other, "either")


_CHUNKS: tuple[tuple[str, bytes, Demand], ...] = (
    ("no hexadecimal", b"zz\r\nabcde\r\n" + LAST, "refused"),
    ("0x", b"0x5\r\nabcde\r\n" + LAST, "refused"),
    ("a plus", b"+5\r\nabcde\r\n" + LAST, "refused"),
    ("a minus", b"-5\r\nabcde\r\n" + LAST, "refused"),
    ("a space before", b" 5\r\nabcde\r\n" + LAST, "refused"),
    ("a space behind", b"5 \r\nabcde\r\n" + LAST, "either"),
    ("a tab behind", b"5\t\r\nabcde\r\n" + LAST, "either"),
    ("an underscore", b"0_5\r\nabcde\r\n" + LAST, "refused"),
    ("NUL behind", b"5\0\r\nabcde\r\n" + LAST, "refused"),
    ("no size", b"\r\nabcde\r\n" + LAST, "refused"),
    ("more than 64 bits hold", b"10000000000000005\r\nabcde\r\n" + LAST, "refused"),
    ("all bits", b"ffffffffffffffff\r\nabcde\r\n" + LAST, "unended"),
    ("more than there may be", b"7fffffffffffffff\r\nabcde\r\n" + LAST, "unended"),
    ("a bare LF behind the size", b"5\nabcde\r\n" + LAST, "either"),
    ("a bare CR behind the size", b"5\rabcde\r\n" + LAST, "refused"),
    ("two CR behind the size", b"5\r\r\nabcde\r\n" + LAST, "refused"),
    ("a bare LF behind the data", b"5\r\nabcde\n" + LAST, "refused"),
    ("a bare CR behind the data", b"5\r\nabcde\r" + LAST, "refused"),
    ("nothing behind the data", b"5\r\nabcde" + LAST, "refused"),
    ("more data than said", b"5\r\nabcdefg\r\n" + LAST, "refused"),
    ("less data than said", b"6\r\nabc\r\n" + LAST + HIDDEN, "refused"),
    ("a bare LF behind the last", b"5\r\nabcde\r\n0\n\r\n", "either"),
    ("two bare LF behind the last", b"5\r\nabcde\r\n0\n\n", "either"),
    ("a bare LF at the end", b"5\r\nabcde\r\n0\r\n\n", "either"),
    ("a bare CR at the end", b"5\r\nabcde\r\n0\r\n\r" + HIDDEN, "refused"),
    ("an extension ended by a bare LF", b"5;a\nabcde\r\n" + LAST, "either"),
    ("a bare LF in an extension", b"5;a\nb\r\nabcde\r\n" + LAST, "refused"),
    ("a bare CR in an extension", b"5;a\rb\r\nabcde\r\n" + LAST, "refused"),
    ("NUL in an extension", b"5;a\0b\r\nabcde\r\n" + LAST, "refused"),
    ("a line end in quotes", b'5;a="\r\n"\r\nabcde\r\n' + LAST, "refused"),
    ("a size hidden in an extension", b"2;\nxx\r\n31\r\n0\r\n\r\n" + HIDDEN + LAST, "either"),
)


def _chunks() -> Iterator[Form]:
    """Sizes, extensions and line ends of chunks (RFC 9112 section 7.1)."""
    for name, body, demand in _CHUNKS:
        yield Form(f"chunk: {name}", post(CHUNKED, body=body), demand)
    for name, body in (
        ("zeros before", b"000000005\r\nabcde\r\n" + LAST),
        ("an extension", b"5;a=b\r\nabcde\r\n" + LAST),
        ("an extension in quotes", b'5;a="b;c"\r\nabcde\r\n' + LAST),
        ("an extension of the last", b"5\r\nabcde\r\n0;a=b\r\n\r\n"),
        ("three zeros", b"5\r\nabcde\r\n000\r\n\r\n"),
        ("a capital digit", b"1C\r\n" + b"a" * 28 + b"\r\n" + LAST),
    ):
        yield Form(f"chunk: {name}", post(CHUNKED, body=body), "taken")
    for name, body in (
        ("spaces around the semicolon", b"5 ; a = b\r\nabcde\r\n" + LAST),
        ("an extension without a name", b"5;\r\nabcde\r\n" + LAST),
        ("thirty zeros before", b"0" * 30 + b"5\r\nabcde\r\n" + LAST),
        ("an extension of 20 KB", b"5;a=" + b"b" * 20_000 + b"\r\nabcde\r\n" + LAST),
    ):
        yield Form(f"chunk: {name}", post(CHUNKED, body=body), "either")


def _trailers() -> Iterator[Form]:
    """Fields behind the last chunk (RFC 9112 section 7.1.2); they change nothing of the request."""
    for name, line in (
        ("Content-Length", b"content-length: 100"),
        ("Transfer-Encoding", CHUNKED),
        ("Host", b"host: y"),
        ("Connection", b"connection: close"),
        ("Upgrade", b"connection: upgrade\r\nupgrade: websocket"),
        ("a token", b"x-auth-token: MII"),
        ("Authorization", b"authorization: a"),
        ("a field", b"x: y"),
    ):
        raw = post(CHUNKED, body=chunk(b"12345") + b"0\r\n" + line + b"\r\n\r\n")
        yield Form(f"trailer: {name}", raw, "either")
    for name, line in (
        ("no colon", b"x"),
        ("a space before the colon", b"x : y"),
        ("a request line", b"GET /smuggled HTTP/1.1\r\nhost: x"),
    ):
        raw = post(CHUNKED, body=b"0\r\n" + line + b"\r\n\r\n")
        yield Form(f"trailer: {name}", raw, "refused")
    for name, line in (
        ("a folded value", b"x: y\r\n z"),
        ("a bare LF", b"x: y\nz: y"),
        ("NUL", b"x: y\0"),
    ):
        raw = post(CHUNKED, body=b"0\r\n" + line + b"\r\n\r\n")
        yield Form(f"trailer: {name}", raw, "either")
    yield Form("trailer: the end is missing", post(CHUNKED, body=b"0\r\n" + HIDDEN), "refused")
