"""A client that is patient: whatever breaks off is asked again, with the same id, key and answer."""

import http.client
import json
import socket
import threading
import time

GIVE_UP_SECONDS = 240
LONGEST_PAUSE_SECONDS = 0.2


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_port_is_open(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class GaveUp(Exception):
    """No answer in all that time."""


class Api:
    """JSON over HTTP with one key; a connection per thread."""

    def __init__(self, url, key=None):
        self.host = url.removeprefix("http://")
        self.key = key
        self.principal = "key:" + key.split("_")[1] if key else None
        self.local = threading.local()

    def once(self, method, path, body=None, headers=None, timeout=30):
        """(status, value) of one try; OSError or HTTPException if there was no whole answer."""
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection(self.host, timeout=timeout)
        sent = {"Accept": "application/json", **(headers or {})}
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        try:
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            payload = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.local.connection = None
            raise
        return response.status, json.loads(payload) if payload else None

    def call(self, method, path, body=None, headers=None):
        """(status, value) of the first answer that is neither lost nor 'try again later'."""
        end = time.monotonic() + GIVE_UP_SECONDS
        pause = 0.01
        while True:
            try:
                status, value = self.once(method, path, body, headers)
                if status not in (429, 502, 503, 504):
                    return status, value
            except (OSError, http.client.HTTPException):
                pass
            if time.monotonic() > end:
                raise GaveUp(f"{method} {path}")
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
