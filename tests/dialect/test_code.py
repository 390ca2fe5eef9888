"""Values as source code: they mean what they were, whatever a caller put into them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.dialect.code import (
    WIDTH,
    Code,
    Made,
    argument,
    assigned,
    environment,
    hidden,
    imported,
    python,
    snake,
    variables,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_is_read_back_from_its_code(value: Any) -> None:
    code = assigned("value", value)
    found: dict[str, Any] = {}
    exec(compile(code.encode(), "code", "exec"), {}, found)
    assert found["value"] == value
    assert code.replace("\n", "").isprintable()


def test_a_secret_is_a_variable_wherever_it_stands() -> None:
    given = {"password": "x", "auth": [{"password": {"password": "y"}}], "name": "password"}
    shown = hidden(given, frozenset({"password"}), environment)
    assert python(shown) == (
        '{\n    "password": os.environ["ENTREPOT_PASSWORD"],\n'
        '    "auth": [{"password": {"password": os.environ["ENTREPOT_PASSWORD"]}}],\n'
        '    "name": "password",\n}'
    )
    assert variables(python(shown)) == ["ENTREPOT_PASSWORD"]


def test_what_does_not_fit_on_a_line_has_one_for_each_part() -> None:
    assert python(Made("f", {"a": 1}, (Code("x"),))) == "f(x, a=1)"
    long = Made("f", {"name": "n" * WIDTH, "list": [1, 2]})
    assert python(long) == f'f(\n    name="{"n" * WIDTH}",\n    list=[1, 2],\n)'
    assert imported("m", ["b", "A", "c"]) == "from m import A, b, c"
    names = ["n" * 40, "m" * 40]
    assert imported("m", names) == f"from m import (\n    {names[1]},\n    {names[0]},\n)"


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("IotInstanceId", "iot_instance_id"), ("Id2", "id_2"), ("X-Subject-Token", "x_subject_token"),
     ("project_id", "project_id"), ("KeystoneListAuthDomains", "keystone_list_auth_domains"),
     ("TSLUrl", "tsl_url")],
)  # fmt: skip
def test_names_are_spelled_as_the_sdks_spell_them(name: str, spelled: str) -> None:
    assert snake(name) == argument(name) == spelled


@pytest.mark.parametrize("name", ["", "a b", "class", "a=1, b", "1a", "é", "a\n"])
def test_what_python_cannot_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no parameter can be called"):
        argument(name)


class Counting(list[Any]):
    """A list that counts how often somebody begins to read one of its items."""

    read = 0

    def __iter__(self) -> Any:
        for item in super().__iter__():
            Counting.read += 1
            yield item


def test_what_is_deep_is_not_read_anew_from_each_level() -> None:
    value: Any = Counting(range(10_000))
    for _ in range(50):
        value = Counting([value])
    assert python(value).count("\n") > 10_000
    assert Counting.read < 20_000
