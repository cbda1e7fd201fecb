"""An answer as it arrives."""

from __future__ import annotations

import time
import zlib
from http.client import IncompleteRead
from typing import Any, Iterator, Mapping

from orchestra.adapters.road import Road
from orchestra.adapters.transport_faults import TRANSPORT_ERRORS
from orchestra.adapters.watchdog import IDLE, Call
from orchestra.errors import InvalidResponse, ProviderFault

_PIECE_BYTES = 65536
_ERROR_S = 5.0
"""How long to read of an error, whose status says enough."""
_SETTLE_S = 0.1
"""How long to wait for the end of a body whose last event has come."""


class Exchange:
    """An answer whose headers have arrived. Only for the thread that asked."""

    def __init__(self, status: int, headers: Mapping[str, str], raw: Any, call: Call, road: Road) -> None:
        self.status = status
        self.headers = headers
        self._raw = raw
        self._call = call
        self._road = road
        # http.client's own response, one layer below urllib3's, which takes twice the time for every piece, and before
        # 2.1 could not give what there is.
        self._body = raw._fp
        self._inflate = _new_inflater(headers.get("Content-Encoding", ""))

    def pieces(self) -> Iterator[bytes]:
        """The body as it arrives. Raises TimedOut, ConnectionFailed, InvalidResponse, Cancelled."""
        while True:
            # As `told_truly`, without the cost of a context for every piece.
            try:
                piece = self._read()
            except TRANSPORT_ERRORS as error:
                raise self._road.true_fault(error, self._call) from None
            self._call.check()
            if not piece:
                return
            self._call.enter(IDLE)
            yield from self._decoded(piece)

    def start_of_body(self, *, limit_bytes: int, limit_s: float = _ERROR_S) -> bytes:
        """The body up to the limits, or as much of it as came: for an error."""
        kept, until_s = b"", time.monotonic() + limit_s
        try:
            for piece in self.pieces():
                kept += piece
                if len(kept) >= limit_bytes or time.monotonic() >= until_s:
                    break
                self._call.enter(IDLE, seconds=limit_s)
        except ProviderFault:
            pass
        return kept[:limit_bytes]

    def settle(self) -> None:
        """Read what little may follow the last event, so that the connection can be used again."""
        self._call.enter(IDLE, seconds=_SETTLE_S)
        try:
            while self._read():
                pass
        except TRANSPORT_ERRORS:
            # Not worth a word: the answer is whole, and the connection will be closed.
            pass

    def _read(self) -> bytes:
        piece: bytes = self._body.read1(_PIECE_BYTES)
        if not piece:
            self._end()
        return piece

    def _end(self) -> None:
        if self._body.length:
            raise IncompleteRead(b"", self._body.length)
        self._call.let_go()
        # Now the connection can be used again.
        self._body.close()
        self._raw.release_conn()

    def _decoded(self, piece: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            yield piece
            return
        while piece:
            try:
                yield self._inflate.decompress(piece, _PIECE_BYTES)
            except zlib.error:
                raise InvalidResponse("the answer is not compressed as it says") from None
            piece = self._inflate.unconsumed_tail


def _new_inflater(encoding: str) -> Any:
    # We ask for no compression; some gateways compress all the same.
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return None
    # 32: either of the two by its header.
    return zlib.decompressobj(zlib.MAX_WBITS | 32)
