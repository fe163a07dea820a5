"""Stands between a node and Postgres, and keeps back what the node sends on the connections that it is told to."""

import contextlib
import os
import socket
import struct
import threading

STARTUP = 3 << 16  # the protocol's version, where a startup message has it


class Stream:
    """One connection of the node, by its `application_name`."""

    def __init__(self, valve, client):
        self.valve, self.client, self.name = valve, client, ""
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.connect(str(valve.target))
        self.lock = threading.Lock()
        self.held, self.is_held, self.is_cut = [], False, False
        self.replies, self.is_released, self.is_closed = b"", False, False
        threading.Thread(target=self._forward, daemon=True).start()
        threading.Thread(target=self._back, daemon=True).start()

    def _forward(self):
        with contextlib.suppress(OSError):
            while data := self.client.recv(65536):
                if not self.name:
                    self._read_name(data)
                with self.lock:
                    if not self.is_held and not self.is_released and self.valve.keeps_back(self):
                        self.is_held = True
                    if self.is_held:
                        self.held.append(data)
                    else:
                        self.server.sendall(data)
        with self.lock:
            self.is_cut = True
            if not self.is_held:  # else Postgres learns of the end only after what was kept back
                with contextlib.suppress(OSError):
                    self.server.shutdown(socket.SHUT_WR)

    def _read_name(self, data):
        if len(data) > 8 and struct.unpack("!I", data[4:8])[0] == STARTUP:
            words = data[8:].split(b"\0")
            parameters = dict(zip(words[::2], words[1::2]))
            self.name = parameters.get(b"application_name", b"?").decode()

    def _back(self):
        with contextlib.suppress(OSError):
            while data := self.server.recv(65536):
                if self.is_released:
                    self.replies += data
                with contextlib.suppress(OSError):
                    self.client.sendall(data)
        self.is_closed = True
        with contextlib.suppress(OSError):
            self.client.shutdown(socket.SHUT_WR)

    def release(self):
        """Lets through what was kept back, as if it had been on its way all the time."""
        with self.lock:
            self.is_released = True
            with contextlib.suppress(OSError):
                for data in self.held:
                    self.server.sendall(data)
                if self.is_cut:
                    self.server.shutdown(socket.SHUT_WR)
            self.is_held = False

    @property
    def held_bytes(self):
        with self.lock:
            return sum(map(len, self.held))

    @property
    def is_answered(self):
        """Whether Postgres has dealt with what was let through: it is ready for more, or has hung up."""
        return self.is_closed or b"Z\0\0\0\x05" in self.replies

    @property
    def refusals(self):
        """How many errors 'division by zero' Postgres answered: this is how it refuses a writer without its fence."""
        return self.replies.count(b"C22012\0")


class Valve:
    """A socket in a folder of its own, to be given to a node in place of the server's."""

    def __init__(self, postgres, folder):
        folder.mkdir(mode=0o700)
        self.folder, self.target = folder, postgres.folder / ".s.PGSQL.5432"
        self.purpose, self.streams = None, []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        self.listener.listen(64)
        os.chmod(folder / ".s.PGSQL.5432", 0o600)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                try:
                    self.streams.append(Stream(self, client))
                except OSError:  # Postgres is away
                    client.close()

    def keeps_back(self, stream):
        return self.purpose is not None and stream.name.endswith(":" + self.purpose)

    def hold(self, purpose):
        """From now on keeps back what comes on connections of this purpose."""
        self.purpose = purpose

    @property
    def held(self):
        return [stream for stream in self.streams if stream.held_bytes]

    def release(self):
        """Lets everything go, and returns the connections on which something had been kept back."""
        self.purpose = None
        held = self.held
        for stream in self.streams:
            stream.release()
        return held
