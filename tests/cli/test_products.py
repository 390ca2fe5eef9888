"""`entrepot product`: what the registry holds, found under any name."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.core.models.authored import Authored
from entrepot.core.products import registry
from entrepot.core.products.registry import Edit, Ref
from entrepot.core.vault import Vault
from tests.cli.console import Console


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def test_products_are_listed_newest_first_and_by_page(cli: Console) -> None:
    made = [cli.make_product(f"p{n}").id for n in range(5)]
    whole = cli("product", "list", "--json").json
    assert whole["total"] == 5
    assert [p["number"] for p in whole["products"]] == made[::-1]
    second = cli("product", "list", "--limit", "2", "--page", "2", "--json").json
    assert [p["profile"]["name"] for p in second["products"]] == ["p2", "p1"]
    assert cli("product", "list", "--limit", "2", "--page", "4", "--json").json["products"] == []
    table = cli("product", "list", "--limit", "2").out
    assert "p4" in table
    assert "5 products, page 1 of 3" in table
    for wrong in (("--limit", "0"), ("--limit", "1001"), ("--page", "0")):
        assert cli("product", "list", *wrong).status == 1


def test_a_product_is_found_by_every_handle_that_it_shows(cli: Console) -> None:
    made = cli.make_product("turbine", description="风机", tags={"site": "north"})
    cli.make_product("another")
    shown = cli("product", "show", str(made.id), "--json").json
    assert shown["profile"]["name"] == "turbine"
    assert shown["profile"]["description"] == "风机"
    assert shown["made_through"] == "roma"
    speaking = {d.name for d in root.dialects() if d.handle(_vault(cli), made)}
    assert "roma" in speaking
    assert shown["handles"].keys() == speaking
    for handle in shown["handles"].values():
        assert cli("product", "show", handle, "--json").json["number"] == made.id
    assert "turbine" in cli("product", "show", str(made.id)).out


def test_a_product_of_another_tenant_is_not_there(cli: Console) -> None:
    made = cli.make_product("mine")
    assert cli("tenant", "create", "other").status == 0
    said = cli("product", "show", str(made.id), "--tenant", "other")
    assert said.status == 1
    assert "there is no product" in said.err
    assert cli("product", "list", "--tenant", "other", "--json").json["total"] == 0
    for absent in ("1", "9" * 18, "9" * 40, "none", "", "²", "\N{ARABIC-INDIC DIGIT ONE}"):
        assert cli("product", "show", absent).status == 1
        assert cli("product", "show", absent, "--history").status == 1


def test_the_history_says_who_did_what_through_which_dialect(cli: Console) -> None:
    made = cli.make_product("watched")
    (entry,) = cli("product", "show", str(made.id), "--history", "--json").json["history"]
    assert entry["action"] == "create"
    assert entry["actor"][1] == "dev"
    assert (entry["dialect"], entry["operation"]) == ("roma", "CreateProduct")
    assert entry["request_id"] == "request-1"
    table = cli("product", "show", str(made.id), "--history").out
    assert "request-1" in table


def test_the_history_says_what_changed_in_a_thing_model_and_no_more(cli: Console) -> None:
    services = [{"service_id": f"s{n}", "service_type": "s"} for n in range(50)]
    made = cli.make_product("watched", "iotda", model=authored(services))
    lamp = {"service_id": "s7", "service_type": "lamp"}
    new = authored([lamp if s["service_id"] == "s7" else s for s in services])
    change = (Ref(str(made.id), made.id), lambda old: Edit(replace(old.profile, model=new)))
    cli.done("iotda", "UpdateProduct", lambda tx, caller: registry.update(tx, caller, change))
    lines = cli("product", "show", str(made.id), "--history", "--json").json["history"]
    assert lines[1]["changes"] == {"model/7/service_type": ["s", "lamp"]}
    table = cli("product", "show", str(made.id), "--history").out
    assert '{"model/7/service_type": ["s", "lamp"]}' in table
    assert "s8" not in table


def authored(services: list[dict[str, str]]) -> Authored:
    return Authored("iotda", msgspec.Raw(json.dumps(services).encode()))


def test_an_export_holds_every_product_and_no_secret(cli: Console, tmp_path: Path) -> None:
    made = [cli.make_product(name).id for name in ("a", "b", "c")]
    out = tmp_path / "products.jsonl"
    assert cli("product", "export", "--out", str(out)).status == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["number"] for line in lines] == made[::-1]
    assert all("secrets" not in line for line in lines)
    assert cli("product", "export").out == out.read_text(encoding="utf-8")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "products.jsonl"]


def test_one_product_is_not_called_products(cli: Console, tmp_path: Path) -> None:
    cli.make_product("alone")
    assert cli("product", "list").out.endswith("\n1 product\n")
    out = tmp_path / "products.jsonl"
    assert cli("product", "export", "--out", str(out)).err == f"1 product in {out}\n"


def test_a_name_cannot_steer_the_terminal(cli: Console) -> None:
    made = cli.make_product("red\x1b[31m\nalert")
    for words in (("list",), ("show", str(made.id))):
        said = cli("product", *words)
        assert said.status == 0
        assert "\x1b" not in said.out
        assert "alert" in said.out


def _vault(cli: Console) -> Vault:
    installation = cli.opened()
    try:
        return installation.vault
    finally:
        installation.close()
