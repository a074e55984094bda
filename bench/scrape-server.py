"""Serves the series of a file in the text format with prometheus_client; prints its port.

The metrics are parsed once and handed over ready-made, so that only prometheus_client's own rendering is measured, and
connections are kept open, which its own server does not do: the latencies would be those of connecting again.
"""

import gzip
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families


class FileCollector:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.families = list(text_string_to_metric_families(file.read()))

    def collect(self):
        return self.families


class MetricsHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Header and body are two writes: with Nagle's algorithm the second waits 40 ms.
    disable_nagle_algorithm = True

    def do_GET(self):
        body = generate_latest(registry)
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            # As prometheus_client itself compresses.
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


registry = CollectorRegistry()
registry.register(FileCollector(sys.argv[1]))
server = ThreadingHTTPServer(("127.0.0.1", 0), MetricsHandler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
