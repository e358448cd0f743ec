"""Receivers of notifications on this machine: one that does its work, and those that fail in their own ways."""

import re
import socket
import time

HOOKS = ("down", "slow", "refusing", "taking and failing", "closing", "talking nonsense")
MAILS = ("down", "slow", "refusing", "taking and failing", "closing")
_ID = re.compile(rb"X-Voc-Delivery: *(\w+)", re.IGNORECASE)


def listen(kind, how, told, port):
    """Answer on ``port`` as a "hook" or a "mail" server; what was taken is appended to ``told``, an id a line."""
    with socket.create_server(("127.0.0.1", port), reuse_port=True) as server:
        while True:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(20)
                try:
                    (_hook if kind == "hook" else _mail)(connection, how, told)
                except OSError:
                    continue


def free_port():
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _took(told, message):
    with told.open("ab") as file:
        file.write((_ID.search(message) or [b"", b"none"])[1] + b"\n")


def _hook(connection, how, told):
    if how == "slow":
        time.sleep(1.5)
        return
    head, _, body = _until(connection, b"\r\n\r\n")
    length = int((re.search(rb"content-length: *(\d+)", head, re.IGNORECASE) or [b"", b"0"])[1])
    while len(body) < length:
        body += connection.recv(65536)
    if how in ("well", "taking and failing"):
        _took(told, head)
    if how == "talking nonsense":
        connection.sendall(b"\x00\xffHTTP/9 yes\r\n\r\n")
    elif how != "closing":
        status = b"200 OK" if how == "well" else b"500 Oh"
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _mail(connection, how, told):
    if how == "slow":
        time.sleep(1.5)
        return
    connection.sendall(b"220 here\r\n")
    rest = b""
    while True:
        line, _, rest = _until(connection, b"\r\n", rest)
        verb = line[:4].upper()
        if verb == b"RCPT" and how == "refusing":
            connection.sendall(b"550 nobody\r\n")
        elif verb == b"DATA":
            if how == "closing":
                return
            connection.sendall(b"354 go on\r\n")
            message, _, rest = _until(connection, b"\r\n.\r\n", rest)
            _took(told, message)
            connection.sendall(b"250 taken\r\n" if how == "well" else b"451 later\r\n")
        elif verb == b"QUIT":
            connection.sendall(b"221 bye\r\n")
            return
        else:
            connection.sendall(b"250 yes\r\n")


def _until(connection, mark, data=b""):
    while mark not in data:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError
        data += more
    return data.partition(mark)
