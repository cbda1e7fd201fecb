from __future__ import annotations

import socket

import pytest

from orchestra.adapters.road import Road
from orchestra.adapters.rows import ProviderRow
from orchestra.adapters.watchdog import CONNECT, Call
from orchestra.clock import CancelToken
from orchestra.config.settings import TimeoutSettings
from orchestra.errors import ConnectionFailed, TimedOut

ROAD = Road(ProviderRow("local", "https://127.0.0.1:9"), None)


def test_a_socket_that_notices_the_deadline_first_is_told_as_the_watchdog_tells_it() -> None:
    call = Call(CancelToken(), TimeoutSettings(), total_s=30)
    call.enter(CONNECT, seconds=0)
    with pytest.raises(TimedOut) as caught, ROAD.told_truly(call):
        raise socket.timeout("timed out")
    assert caught.value.hint == "raise timeout.connect of the provider"


def test_a_failure_within_the_time_is_told_for_what_it_is() -> None:
    call = Call(CancelToken(), TimeoutSettings(), total_s=30)
    call.enter(CONNECT, seconds=20)
    with pytest.raises(ConnectionFailed) as caught, ROAD.told_truly(call):
        raise ConnectionRefusedError()
    assert caught.value.what == "nothing listens at 127.0.0.1:9"
