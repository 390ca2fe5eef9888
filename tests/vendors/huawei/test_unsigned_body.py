"""A body that no signature covers is taken by uploads alone; every other operation refuses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from entrepot.core.faults import Unauthenticated
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Request
from tests.vendors.wronged import DIALECTS, Sender, Way, headers, sending

SIGNERS = [d for d in DIALECTS if d.name in ("iotda", "roma", "iam")]
CALLS = [(d, o) for d in SIGNERS for o in d.operations if not o.public]


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    with sending(tmp_path_factory.mktemp("unsigned")) as made:
        yield made


def of_kind(kind: bytes) -> Way:
    """The signer of the vendor's SDK leaves a body of this kind unsigned."""

    def change(request: Request) -> Request:
        body = request.body or b"{}"
        return headers((b"content-type", kind))(replace(request, body=body))

    return Way("unsigned", before=change)


@pytest.mark.parametrize(
    ("dialect", "operation"), CALLS, ids=[f"{d.name}-{o.name}" for d, o in CALLS]
)
def test_only_an_upload_may_leave_its_body_unsigned(
    dialect: Dialect, operation: Operation, sender: Sender
) -> None:
    for kind in (b"text/plain", b"multipart/form-data; boundary=b", b"application/octet-stream"):
        ways = (of_kind(kind),)
        assert sender.request(dialect, operation, ways).header(b"x-sdk-content-sha256")
        answer, fault = sender.send(dialect, operation, ways)
        if operation.is_upload:
            assert not isinstance(fault, Unauthenticated), answer.body
        else:
            assert isinstance(fault, Unauthenticated), answer.body
            assert (answer.status, fault.reason) == (401, "unsignable")
            assert b"UNSIGNED-PAYLOAD, and this body must be signed" in answer.body


def test_there_is_one_upload() -> None:
    assert [o.name for _, o in CALLS if o.is_upload] == ["UploadProduct"]
