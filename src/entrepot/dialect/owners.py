"""Which dialect a request belongs to. Its head alone says so, because the body is not there yet.

Example: `/v5` has one owner, who answers everything below it. `/` has two: a dialect that claims what has
its own header, and behind it one that claims nothing in particular. The first is asked for each request
below `/`; what it does not claim is the second one's, wrong requests included.
"""

from __future__ import annotations

from collections.abc import Iterable

from entrepot.dialect.dialect import Dialect
from entrepot.dialect.handle import ServedDialect
from entrepot.dialect.request import Request


class Owners:
    """Dialects, ready to answer, by the first segment of a path.

    Dialects that share one are asked in their order whether they claim a request. The last of them answers
    every request that the others do not claim.

    Raises:
        ValueError: a dialect would never be asked, because one before it claims all of their root.
    """

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._served = [ServedDialect(dialect) for dialect in dialects]
        self._by_root: dict[bytes, tuple[ServedDialect, ...]] = {}
        for served in self._served:
            dialect = served.dialect
            for root in dialect.roots:
                before = self._by_root.get(root.encode(), ())
                if before and before[-1].dialect.claims is None:
                    raise ValueError(
                        f"{before[-1].dialect.name} claims all of /{root}, so {dialect.name} is never asked"
                    )
                self._by_root[root.encode()] = (*before, served)
        # What nearly every request needs: one step for a root with one owner.
        self._alone = {
            root: owners[0] for root, owners in self._by_root.items() if len(owners) == 1
        }

    def of(self, request: Request) -> ServedDialect | None:
        """Returns the dialect that answers the request, or None where no dialect has its root.

        Reads the head only, so it may be called before the body is there.
        """
        root = _root(request.path)
        return self._alone.get(root) or self._claimed(root, request)

    def load_rest(self) -> bool:
        """Imports the topics of all dialects, if a request has asked for those of one.

        Returns whether there were any left to import.
        """
        loaded = [served.loaded for served in self._served]
        if not any(loaded) or all(loaded):
            return False
        for served in self._served:
            served.load()
        return True

    def below(self, path: bytes) -> tuple[ServedDialect, ...]:
        """Returns all who may answer a request with this path."""
        return self._by_root.get(_root(path), ())

    def titles(self) -> dict[str, str]:
        """Returns the roots in their order, each with the titles of its owners."""
        return {
            f"/{root.decode()}": ", ".join(owner.dialect.title for owner in owners)
            for root, owners in sorted(self._by_root.items())
        }

    def _claimed(self, root: bytes, request: Request) -> ServedDialect | None:
        owners = self._by_root.get(root)
        if owners is None:
            return None
        for owner in owners[:-1]:
            claims = owner.dialect.claims
            if claims is not None and claims(request):
                return owner
        return owners[-1]


def _root(path: bytes) -> bytes:
    """The first segment that is not empty: `//v5/x` belongs to the owner of `/v5`, who finds nothing there.

    The path itself stays as it was sent, because it is signed, and no operation may have two of them.
    """
    root = path[1:].split(b"/", 1)[0]
    return root or path.lstrip(b"/").split(b"/", 1)[0]
