"""A slow connection to a server on this machine, which may also be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# Small, so that what was sent is what has arrived.
_BUFFER = 64 * 1024


@dataclass
class Link:
    """Forwards connections to a port of this machine.

    :ivar rate: bytes per second towards the server, of all connections together.
    :ivar cut_after: the connection on which this many bytes in all have passed is cut, once; None: none is.
    :ivar passed: the bytes that have passed towards the server.
    """

    port: int
    rate: float
    cut_after: int | None = None
    passed: int = 0
    url: str = ""
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def carry(self, client: socket.socket) -> None:
        """Forward a connection until one side ends it."""
        with client, socket.create_connection(("127.0.0.1", self.port)) as server:
            back = threading.Thread(target=self._back, args=(server, client), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while content := client.recv(_BUFFER):
                    if self._is_cut(len(content)):
                        break
                    server.sendall(content)
            for one in (client, server):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            back.join()

    def _is_cut(self, length: int) -> bool:
        """Wait until the link has carried this many bytes more; whether it breaks with them."""
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic()) + length / self.rate
            pause = self._free_at - time.monotonic()
            self.passed += length
            cut = self.cut_after is not None and self.passed > self.cut_after
            if cut:
                self.cut_after = None
        threading.Event().wait(pause)
        return cut

    @staticmethod
    def _back(server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := server.recv(_BUFFER):
                client.sendall(content)


@contextmanager
def slow_link(port: int, rate: float) -> Iterator[Link]:
    """A link to a port of this machine; its `url` leads through it."""
    link = Link(port, rate)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        link.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=link.carry, args=(client,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        yield link
        listening.shutdown(socket.SHUT_RDWR)
    accepting.join()
