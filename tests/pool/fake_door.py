"""A stand-in for the engine's door: canned answers on a Unix socket, in threads."""

import json
import os
import socket
import threading


class FakeDoor:
    """answers: op -> an answer's members, or bytes that are sent as they are, or None:
    silence.  An op that is not there is refused.  Requests are kept in asked."""

    def __init__(self, path, answers):
        self.path, self.answers, self.asked = path, answers, []
        self.connections = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        os.unlink(self.path)
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()  # else it may accept on the next door's descriptor
        self.listener.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            for line in connection.makefile("r", encoding="utf-8"):
                self.answer(connection, json.loads(line))
        except OSError:
            pass

    def answer(self, connection, request):
        self.asked.append(request)
        if request["op"] not in self.answers:
            self.send(connection, {"ok": False, "error": "an operation that this engine does not know"})
            return
        answer = self.answers[request["op"]]
        if isinstance(answer, dict):
            self.send(connection, {"ok": True, **answer})
        elif answer is not None:
            connection.sendall(answer)
            if not answer.endswith(b"\n"):
                connection.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def send(connection, members):
        connection.sendall(json.dumps(members).encode() + b"\n")
