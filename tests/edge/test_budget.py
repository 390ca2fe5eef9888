"""The budget of bytes: who gets room, who waits, who is refused, who is dropped."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import cast

import pytest

from entrepot.dialect.addresses import network_of
from entrepot.dialect.request import Answer, Request
from entrepot.edge.budget import GRACE_S, LONG_S, MOST_WAITING, ROOM_S, Budget, Lease, Share
from entrepot.edge.connection import PIECE_BYTES, Application, Connection
from entrepot.edge.connections import Connections
from entrepot.edge.loop_time import LoopTime
from tests.edge.fakes import Silent, Source

MB = 1 << 20


class Case:
    """A budget of 32 MB at the time 0, and leases of addresses."""

    def __init__(self) -> None:
        self.budget = Budget(32 * MB)
        self.dropped: list[str] = []

    def lease(self, share: Share, since: float = 0.0) -> Lease:
        return Lease(share, lambda: self.dropped.append(share.network), since)

    def held(self, share: Share, amount: int) -> Lease:
        lease = self.lease(share)
        assert self.budget.extend(lease, amount) is None
        return lease


def run(check: Callable[[Case], None]) -> None:
    async def inside() -> None:
        check(Case())

    asyncio.run(inside())


def test_an_address_gets_a_quarter_and_others_the_rest() -> None:
    def check(case: Case) -> None:
        one, other = Share("a"), Share("b")
        case.held(one, 5 * MB)
        case.held(one, 3 * MB)
        room = case.budget.extend(case.lease(one), 1)
        assert room is not None
        assert not room.done()
        case.held(other, 8 * MB)

    run(check)


def test_an_address_may_always_have_one_request_of_the_largest_size() -> None:
    def check(case: Case) -> None:
        share = Share("a")
        lease = case.held(share, 20 * MB)
        assert case.budget.extend(lease, 5 * MB) is None
        assert case.budget.extend(case.lease(share), 1) is not None

    run(check)


def test_a_trusted_proxy_speaks_for_many() -> None:
    def check(case: Case) -> None:
        share = Share("proxy", limited=False)
        for _ in range(4):
            case.held(share, 8 * MB)
        assert case.budget.extend(case.lease(share), 1) is not None

    run(check)


def test_what_is_released_goes_to_the_smallest_that_waits() -> None:
    def check(case: Case) -> None:
        full = [case.held(Share(str(n)), 8 * MB) for n in range(4)]
        large = case.budget.extend(case.lease(Share("large")), 30 * MB)
        small = case.budget.extend(case.lease(Share("small")), 1 * MB)
        assert large is not None
        assert small is not None
        case.budget.release(full[0])
        assert small.done()
        assert small.result()
        assert not large.done()
        assert case.budget.leased_bytes == 25 * MB

    run(check)


def test_an_address_that_holds_nothing_comes_before_small_pieces_of_one_that_holds_much() -> None:
    def check(case: Case) -> None:
        greedy = [Share(str(n)) for n in range(4)]
        full = [case.held(share, 8 * MB) for share in greedy]
        pieces = [case.budget.extend(case.lease(share), 1) for share in greedy[1:] * 10]
        first = case.budget.extend(case.lease(Share("first")), 8 * MB)
        case.budget.release(full[0])
        assert first is not None
        assert first.done()
        assert first.result()
        assert not any(room is not None and room.done() for room in pieces)

    run(check)


def test_what_is_released_is_kept_for_who_holds_least_until_it_has_enough() -> None:
    def check(case: Case) -> None:
        greedy = [Share(str(n)) for n in range(8)]
        full = [case.held(greedy[n // 4], MB) for n in range(32)]
        first = case.budget.extend(case.lease(Share("first")), 3 * MB)
        assert first is not None
        pieces = []
        for lease in full[:3]:
            assert not first.done()
            case.budget.release(lease)
            pieces.append(case.budget.extend(case.lease(lease.share), MB))  # as soon as it may
        assert first.done()
        assert first.result()
        assert all(room is not None and not room.done() for room in pieces[:2])

    run(check)


def test_an_address_with_many_that_wait_does_not_keep_others_from_waiting() -> None:
    def check(case: Case) -> None:
        for n in range(4):
            case.held(Share(str(n)), 8 * MB)
        forgotten: list[int] = []
        many = Share("many")
        for n in range(MOST_WAITING):
            lease = case.lease(many)
            lease.forget = partial(forgotten.append, n)
            case.budget.extend(lease, 1 + n % 7)
        large = case.budget.extend(case.lease(Share("large")), 8 * MB)
        assert large is not None
        assert not large.done()
        assert forgotten == [MOST_WAITING - 1]  # and at once, not in a later turn of the loop

    run(check)


def test_what_gets_no_room_in_time_is_refused() -> None:
    def check(case: Case) -> None:
        for n in range(4):
            case.held(Share(str(n)), 8 * MB).unfinished = False
        room = case.budget.extend(case.lease(Share("late")), 1)
        assert room is not None
        now = asyncio.get_running_loop().time()
        case.budget.sweep(now)
        assert not room.done()
        case.budget.sweep(now + ROOM_S + 1)
        assert room.done()
        assert not room.result()
        assert (case.budget.refused, case.dropped) == (1, [])

    run(check)


def test_the_slowest_goes_when_others_wait_and_what_is_in_work_stays() -> None:
    def check(case: Case) -> None:
        in_work = case.held(Share("in work"), 8 * MB)
        in_work.unfinished = False
        quick = case.held(Share("quick"), 8 * MB)
        quick.done_bytes = 6 * MB
        silent, slow = case.held(Share("silent"), 8 * MB), case.held(Share("slow"), 8 * MB)
        slow.done_bytes = 1000
        case.budget.sweep(10.0)
        assert case.dropped == []  # while nobody waits, slow clients have their time
        room = case.budget.extend(case.lease(Share("waits")), 1)
        assert room is not None
        case.budget.sweep(GRACE_S + 0.5)
        assert case.dropped == ["silent"]
        assert room.done()
        assert room.result()
        assert silent.leased_bytes == 0

    run(check)


def test_who_has_waited_long_gets_room_from_an_address_that_holds_more() -> None:
    """Four uploads of 8 MB in eight seconds each: none is slow, and together they hold everything."""

    def check(case: Case) -> None:
        leases = [case.held(Share(network), 8 * MB) for network in "abcd"]
        for lease in leases:
            lease.done_bytes = 5 * MB
        small, large = case.lease(Share("small")), case.lease(Share("large"))
        rooms = [case.budget.extend(small, MB // 2), case.budget.extend(large, 8 * MB)]
        began = asyncio.get_running_loop().time()
        for lease in leases:
            lease.since = lease.past_at = lease.marked_at = began - 4
        leases[2].done_bytes -= 1
        case.budget.sweep(began + LONG_S / 2)
        assert case.dropped == []
        case.budget.sweep(began + LONG_S + 0.1)
        assert case.dropped == ["c"]
        granted = [room is not None and room.done() and room.result() for room in rooms]
        assert granted == [True, False], "nobody gives way to who wants as much"

    run(check)


def test_who_sent_nearly_all_and_then_a_byte_a_second_is_slow() -> None:
    def check(case: Case) -> None:
        leases = [case.held(Share(network), 8 * MB) for network in "abcd"]
        room = case.budget.extend(case.lease(Share("waits")), 1)
        assert room is not None
        for second in range(1, 5):
            for lease in leases:
                lease.done_bytes = 7 * MB + second
            leases[0].done_bytes = (4 + second) * MB  # and this one goes on
            case.budget.sweep(float(second))
        assert case.dropped == ["b"], "one is enough for who waits"
        assert room.result()

    run(check)


def test_unsent_answers_have_half_of_the_budget_and_the_largest_holder_gives_way() -> None:
    def check(case: Case) -> None:
        shares = [Share(network) for network in "abc"]
        for share, answers in zip(shares, (9, 4, 3), strict=True):
            for _ in range(answers):
                case.budget.take_unsent(case.lease(share, since=-GRACE_S), MB)
        assert case.dropped == []
        case.held(Share("request"), 16 * MB)  # a request's bytes give nobody's answer up
        assert case.dropped == []
        small = case.lease(Share("small"))
        case.budget.take_unsent(small, MB)
        assert case.dropped == ["a"]
        case.budget.take_unsent(small, 3 * MB)
        assert case.dropped == ["a"] * 4
        case.budget.release(small)
        case.budget.take_unsent(case.lease(Share("other")), 4 * MB)
        assert case.dropped == ["a"] * 4

    run(check)


def test_young_answers_give_way_only_where_they_would_have_all_of_the_budget() -> None:
    async def check() -> None:
        case, now = Case(), asyncio.get_running_loop().time()
        for _ in range(32):
            case.budget.take_unsent(case.lease(Share("many"), since=now), MB)
        assert case.dropped == []
        case.budget.take_unsent(case.lease(Share("one"), since=now), MB)
        assert case.dropped == ["many"]

    asyncio.run(check())


def test_an_answer_larger_than_half_is_sent_all_the_same() -> None:
    def check(case: Case) -> None:
        case.budget.take_unsent(case.lease(Share("a")), 20 * MB)
        assert case.dropped == []

    run(check)


def test_a_caller_who_has_proved_who_it_is_waits_for_no_stranger() -> None:
    def check(case: Case) -> None:
        full = [case.held(Share(str(n)), 8 * MB) for n in range(4)]
        for n in range(MOST_WAITING):
            case.budget.extend(case.lease(Share(f"stranger {n}")), MB)
        proved = case.budget.extend(case.lease(Share("known", proved=True)), 6 * MB)
        assert proved is not None
        assert not proved.done(), "a stranger was refused in its place"
        assert case.budget.refused == 1
        case.budget.release(full[0])
        assert proved.result()

    run(check)


def test_of_those_that_announce_no_length_the_oldest_goes_when_others_wait() -> None:
    def check(case: Case) -> None:
        for n in range(4):
            lease = case.held(Share(str(n)), 8 * MB)
            lease.since, lease.announced = float(n), False
            lease.done_bytes = 8 * MB - 1  # the rest may be a byte, or megabytes
        case.budget.extend(case.lease(Share("waits")), 1)
        case.budget.sweep(3.5)
        assert case.dropped == ["0"]

    run(check)


def test_only_so_many_wait() -> None:
    def check(case: Case) -> None:
        for n in range(4):
            case.held(Share(str(n)), 8 * MB)
        share = Share("x")
        rooms = [case.budget.extend(case.lease(share), 100 + n) for n in range(MOST_WAITING)]
        assert all(room is not None and not room.done() for room in rooms)
        small = case.budget.extend(case.lease(Share("small")), 1)
        assert small is not None
        assert not small.done()
        assert rooms[-1] is not None
        assert not rooms[-1].result()  # the newest of the address that waits with most

    run(check)


def test_an_ended_request_waits_no_more() -> None:
    def check(case: Case) -> None:
        for n in range(4):
            case.held(Share(str(n)), 8 * MB)
        lease = case.lease(Share("gone"))
        room = case.budget.extend(lease, 1)
        case.budget.release(lease)
        assert room is not None
        assert not room.result()
        assert case.budget.waiting == 0

    run(check)


class Held:
    """A connection that is open."""

    def __init__(self, idle: bool = True) -> None:
        self.idle = idle
        self.closed = False

    def sweep(self, now: float) -> None:
        raise AssertionError("nobody asked for it")

    def close(self) -> None:
        self.closed = True

    def drain(self, sending: bool = True) -> None:
        raise AssertionError("nobody asked for it")


def test_one_address_has_a_quarter_of_the_connections() -> None:
    connections = Connections(16, Budget(MB))
    shares = [connections.admit("10.0.0.1") for _ in range(4)]
    assert all(share is not None for share in shares)
    assert connections.admit("10.0.0.1") is None
    assert connections.admit("10.0.0.2") is not None
    assert shares[0] is not None
    connections.leave(shares[0])
    assert connections.admit("10.0.0.1") is not None
    assert connections.refused == 1


def test_when_all_places_are_taken_the_longest_idle_connection_goes() -> None:
    connections = Connections(8, Budget(MB))
    busy, oldest, newest = Held(idle=False), Held(), Held()
    for n, held in enumerate((busy, oldest, newest, *(Held() for _ in range(5)))):
        assert connections.admit(f"10.0.0.{n}") is not None
        connections.open[held] = None
    connections.active(oldest)
    assert connections.admit("10.0.1.1") is not None
    assert (busy.closed, newest.closed, oldest.closed) == (False, True, False)


def test_what_is_dropped_is_paced_over_all_connections() -> None:
    connections = Connections(8, Budget(MB))
    assert connections.dropped(64 * MB, 10.0) == pytest.approx(1.0)
    assert connections.dropped(32 * MB, 10.5) == pytest.approx(1.0)
    assert connections.dropped(64, 100.0) < 0.001  # after a pause nothing is owed


def test_an_ipv6_network_is_one_caller() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2") == "2001:db8::/64"
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") == "10.0.0.1"
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("") == ""


def test_a_header_with_a_line_break_is_never_written() -> None:
    class Sink(asyncio.Transport):
        written = b""

        def write(self, data: bytes | bytearray | memoryview) -> None:
            self.written += bytes(data)

    async def write() -> None:
        share = Share("a")
        connection = Connection(
            cast(Application, None), Connections(4, Budget(MB)), share, LoopTime()
        )
        connection._transport = sink = Sink()
        connection._write(Answer(200, b"", ((b"x", b"good"),)), True, False)
        assert b"x: good\r\n" in sink.written
        for bad in (b"a\nset-cookie: b", b"a\rb"):
            with pytest.raises(ValueError, match="line break"):
                connection._write(Answer(200, b"", ((b"x", bad),)), True, False)

    asyncio.run(write())


LINES = b"".join(b"name-of-%02d: v\r\n" % n for n in range(97))
HEAD = b"GET /v5/iot/x/products HTTP/1.1\r\nhost: x\r\n"


def receive(connection: Connection, data: bytes) -> None:
    """The connection gets the bytes in as many pieces as it likes."""
    while data:
        buffer = connection.get_buffer(-1)
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        connection.buffer_updated(size)
        data = data[size:]


def leased_by(budget: Budget, *pieces: bytes) -> Source:
    """What a connection of this budget does with bytes that come in these pieces."""
    connection = Connection(Silent(), Connections(4, budget), Share("a"), LoopTime())
    source = Source()
    connection.connection_made(source)
    for piece in pieces:
        connection.get_buffer(-1)[: len(piece)] = piece
        connection.buffer_updated(len(piece))
    return source


@pytest.mark.parametrize(
    "pieces",
    [(HEAD + LINES,), (HEAD, LINES), (HEAD + b"\r\n" + HEAD + LINES,), (HEAD + LINES + b"\r\n",)],
    ids=["at once", "in pieces", "behind another request", "whole"],
)
def test_header_lines_count_with_the_memory_that_they_take(pieces: tuple[bytes, ...]) -> None:
    async def check() -> None:
        budget = Budget(32 * MB)
        assert leased_by(budget, *pieces).reading
        assert budget.leased_bytes > len(LINES) + 97 * 100
        budget = Budget(32 * MB)
        leased_by(budget, HEAD)
        assert budget.leased_bytes == 0

    asyncio.run(check())


def test_what_was_read_with_a_request_that_waits_for_room_counts() -> None:
    async def check() -> None:
        budget = Budget(MB)
        budget.take(Lease(Share("b"), lambda: None, 0.0), MB)
        assert not leased_by(budget, HEAD + LINES + b"\r\n" + HEAD + LINES).reading
        assert budget.leased_bytes > MB + len(LINES) + 97 * 100

    asyncio.run(check())


def test_a_query_in_pieces_is_in_memory_once() -> None:
    async def check() -> None:
        data = b"GET /?a=" + b"b" * 100_000
        connection = Connection(Silent(), Connections(4, Budget(MB)), Share("a"), LoopTime())
        connection.connection_made(Source())
        tracemalloc.start()
        try:
            receive(connection, data)
            held = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert 100_000 < held < 115_000

    asyncio.run(check())


def test_a_body_of_known_length_is_leased_once_and_answered_whatever_waits() -> None:
    async def check() -> None:
        budget, length = Budget(32 * MB), 558_000
        head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % length
        connection = Connection(Silent(), Connections(4, budget), Share("a"), LoopTime())
        connection.connection_made(Source())
        receive(connection, head)
        leased = budget.leased_bytes
        assert leased >= length
        for network in "bcd":
            budget.take(Lease(Share(network), lambda: None, 0.0), 8 * MB)
        waits = budget.extend(Lease(Share("e"), lambda: None, 0.0), 9 * MB)
        assert waits is not None
        receive(connection, b"a" * (length - 1))
        assert budget.waiting == 1
        receive(connection, b"a")
        assert budget.waiting == 1, "nor does it wait for what is counted besides its bytes"
        assert not connection.idle
        waits.cancel()

    asyncio.run(check())


def test_the_steps_of_a_body_without_a_length_grow_with_it() -> None:
    async def check() -> None:
        budget = Budget(32 * MB)
        connection = Connection(Silent(), Connections(4, budget), Share("a"), LoopTime())
        connection.connection_made(Source())
        leased = [0]

        def receive(piece: bytes) -> None:
            connection.get_buffer(-1)[: len(piece)] = piece
            connection.buffer_updated(len(piece))
            if budget.leased_bytes != leased[-1]:
                leased.append(budget.leased_bytes)

        receive(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        for _ in range(600):
            receive(b"3e8\r\n" + b"a" * 1000 + b"\r\n")
        assert leased == [0, MB // 16, MB // 8, MB // 4, MB // 2, MB]

    asyncio.run(check())


def test_a_long_answer_is_written_in_pieces_and_counts_until_it_was_taken() -> None:
    body = bytes(range(256)) * 4096

    class Long(Silent):
        async def answer(self, request: Request) -> Answer:
            return Answer(200, body)

    class Slow(Source):
        """A transport that is full after each piece."""

        def __init__(self) -> None:
            self.pieces: list[bytes] = []

        def write(self, data: bytes | bytearray | memoryview) -> None:
            self.pieces.append(bytes(data))
            if len(self.pieces) > 1:
                connection.pause_writing()

        def get_write_buffer_size(self) -> int:
            return 0

    async def check() -> None:
        nonlocal connection
        budget = Budget(32 * MB)
        connections = Connections(10, budget)
        share = connections.admit("127.0.0.1")
        assert share is not None
        connection = Connection(cast(Application, Long()), connections, share, LoopTime())
        transport = Slow()
        connection.connection_made(transport)
        loop_time_buffer = connection.get_buffer(-1)
        request = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
        loop_time_buffer[: len(request)] = request
        connection.buffer_updated(len(request))
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(transport.pieces) == 2, "the head and one piece, which the client has not taken"
        assert budget.leased_bytes >= len(body)
        while len(b"".join(transport.pieces[1:])) < len(body):
            assert len(transport.pieces[-1]) <= PIECE_BYTES
            connection.resume_writing()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        connection.resume_writing()
        assert b"".join(transport.pieces[1:]) == body
        assert budget.leased_bytes == 0
        connection.connection_lost(None)

    connection: Connection = cast(Connection, None)
    asyncio.run(check())
