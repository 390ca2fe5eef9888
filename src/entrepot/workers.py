"""Processes that a parent starts, replaces where they die, and ends; knows nothing of what they do.

They are forked, so that what was imported is in memory once. The parent has neither threads nor an
event loop: a fork would carry half of either into the child.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

log = logging.getLogger("entrepot.server")

_ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_HEEDED = (*_ENDS, signal.SIGCHLD)
_STARTING_S = 0.02  # between looks at who has come to work
_SETTLED_S = 10.0  # who lived that long is replaced at once
_FIRST_REST_S, _LONGEST_REST_S = 0.1, 5.0
_ORPHAN_S = 2.0  # without a parent, for who does not end after each signal
_LATE_S = 5.0  # beyond the grace, for who does not end


@dataclass(slots=True)
class Post:
    """What one process at a time does; `work` calls what it is given once it is at it."""

    name: str
    work: Callable[[Callable[[], None]], None]
    pid: int = 0
    since: float = 0.0
    rest_s: float = 0.0
    due: float = 0.0  # when it is to be filled, where nobody has it
    coming: int = -1  # where who has it tells that it is at work; afterwards nothing


@dataclass(slots=True, kw_only=True)
class Staff:
    """The posts, one of which may outlast the others, and what the parent does besides."""

    posts: Sequence[Post]
    last: Post | None = None
    ready: Callable[[], None]  # once all are at work for the first time
    ending: Callable[[], None]  # before the first is told to end
    hangup: bool = False  # pass SIGHUP on, which otherwise ends them
    grace_s: float = 30.0
    _lifeline: tuple[int, int] = field(default_factory=os.pipe)  # breaks where the parent dies

    @property
    def _all(self) -> list[Post]:
        return [*self.posts, *([self.last] if self.last else [])]

    def keep(self) -> None:
        """Fill the posts, and return when all have ended after SIGTERM or SIGINT.

        Raises:
            ValueError: one of them cannot be filled; says where to read why.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)
        try:
            self._keep()
        finally:
            self.ending()
            self._end()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)

    def _keep(self) -> None:
        told = False
        while True:
            now = time.monotonic()
            for post in self._all:
                if not post.pid and post.due <= now:
                    self._fill(post)
            coming = [post for post in self._all if _still_comes(post)]
            if not (told or coming):
                told = True
                self.ready()
            number = _signal(_STARTING_S if coming else self._next_due_s())
            if number == signal.SIGCHLD:
                for post, status in _left(self._all):
                    if not told and _still_comes(post):
                        raise ValueError(f"{post.name} ended before it served; see above")
                    _replace(post, status)
            elif number == signal.SIGHUP and self.hangup:
                _tell(self.posts, signal.SIGHUP)
            elif number in _ENDS:
                return

    def _next_due_s(self) -> float | None:
        empty = [post.due for post in self._all if not post.pid]
        return max(min(empty) - time.monotonic(), 0.0) if empty else None

    def _fill(self, post: Post) -> None:
        hears, says = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(hears)
            self._serve(post, says)  # does not return
        os.close(says)
        os.set_blocking(hears, False)
        post.pid, post.since, post.coming = pid, time.monotonic(), hears

    def _serve(self, post: Post, says: int) -> None:
        status = 1
        try:
            os.close(self._lifeline[1])
            os.setpgid(0, 0)  # what a terminal sends is for the parent, who passes it on
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
            hangs_on = threading.Thread(target=_end_with, args=(self._lifeline[0],), daemon=True)
            hangs_on.start()
            post.work(lambda: os.close(says) if os.write(says, b".") else None)
            status = 0
        except SystemExit:  # a signal that came before anything was served
            status = 0
        except ValueError as error:
            log.error("%s: %s", post.name, error)
        except BaseException:
            log.exception("%s failed", post.name)
        finally:
            logging.shutdown()  # tells what was counted
            os._exit(status)  # what the parent has on its stack is the parent's to end

    def _end(self) -> None:
        _tell(self.posts, signal.SIGTERM)
        self._until_gone(self.posts, self.grace_s + _LATE_S)
        if self.last is not None:
            _tell([self.last], signal.SIGTERM)
            self._until_gone([self.last], _LATE_S)
        for end in self._lifeline:
            os.close(end)

    def _until_gone(self, posts: Sequence[Post], patience_s: float) -> None:
        end = time.monotonic() + patience_s
        while any(post.pid for post in posts):
            number = _signal(max(end - time.monotonic(), 0.0))
            if number is None:
                log.warning("ended by force: %s", ", ".join(p.name for p in posts if p.pid))
                _tell(posts, signal.SIGKILL)
                end = time.monotonic() + patience_s
            elif number in _ENDS:  # a second time: whoever still waits is cut off
                _tell(posts, signal.SIGTERM)
            for post, _ in _left(posts):
                _close(post)


def _signal(patience_s: float | None) -> int | None:
    """The next signal to heed; None where none came in time."""
    if patience_s is None:
        return signal.sigwaitinfo(_HEEDED).si_signo
    came = signal.sigtimedwait(_HEEDED, patience_s)
    return came.si_signo if came else None


def _still_comes(post: Post) -> bool:
    """Whether who has the post is not yet at work."""
    if post.coming < 0:
        return False
    try:
        if not os.read(post.coming, 1):
            return True  # it died, of which a signal tells
    except BlockingIOError:
        return True
    _close(post)
    return False


def _close(post: Post) -> None:
    if post.coming >= 0:
        os.close(post.coming)
        post.coming = -1


def _left(posts: Sequence[Post]) -> list[tuple[Post, int]]:
    """Who has ended, with its status."""
    found = []
    for post in posts:
        pid, status = os.waitpid(post.pid, os.WNOHANG) if post.pid else (0, 0)
        if pid:
            post.pid = 0
            found.append((post, os.waitstatus_to_exitcode(status)))
    return found


def _replace(post: Post, status: int) -> None:
    now = time.monotonic()
    settled = now - post.since > _SETTLED_S
    post.rest_s = 0.0 if settled else min(max(post.rest_s * 2, _FIRST_REST_S), _LONGEST_REST_S)
    post.due = now + post.rest_s
    _close(post)
    log.warning("%s ended with status %d; another starts in %g s", post.name, status, post.rest_s)


def _tell(posts: Sequence[Post], number: int) -> None:
    for post in posts:
        if post.pid:
            os.kill(post.pid, number)


def _end_with(lifeline: int) -> None:
    """Ends this process soon after the parent was killed: whoever starts a server again waits for it.

    The first signal lets it answer what it accepted, the second cuts that short. What was answered
    is on disk, so the last way out loses none of it either.
    """
    os.read(lifeline, 1)
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_ORPHAN_S)
    log.warning("the parent is gone, and the work did not end: ended by force")
    logging.shutdown()
    os._exit(1)
