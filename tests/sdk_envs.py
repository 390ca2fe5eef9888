"""Where each vendor SDK is installed, for tests that run one as a client; not what it is sent.

All of them agree with the development requirements, so they share its environment
(requirements/sdks.in). One that stops agreeing gets a `.envs/<name>` and a line here; its tests
stay as they are, because they run their client scripts with the interpreter that `python` names.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

DISTRIBUTIONS = {
    "aliyun-v2": ("alibabacloud-iot20180120",),
    "aliyun-core": ("aliyun-python-sdk-core", "aliyun-python-sdk-iot"),
    "huawei": ("huaweicloudsdkiotda", "huaweicloudsdkroma", "huaweicloudsdkiam"),
    "enos": ("enos-poseidon",),
}


class MissingSdkError(AssertionError):
    """An SDK that the tests need is not installed; the message says which command installs it."""


def python(name: str) -> Path:
    """The interpreter that can import the SDK `name`, one of `DISTRIBUTIONS`.

    Raises: MissingSdkError where the SDK is not installed: a failure, never a skip.
    """
    for wanted in DISTRIBUTIONS[name]:
        try:
            distribution(wanted)
        except PackageNotFoundError:
            raise MissingSdkError(f"{wanted} is not installed; run: make setup") from None
    return Path(sys.executable)
