"""A cloud of our own: ministack on a free loopback port, refusing what IAM refuses."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "000000000000"
# The emulator takes the API's id from a tag, so the issuer's address can be a
# parameter of the deploy instead of something known only afterwards.
API_ID = "ca4e91a0"


def until(what, probe, seconds=30):
    """Polls until the probe answers something true; says what was awaited when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


class Cloud:
    def __init__(self, directory: Path):
        self.log = directory / "ministack.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.api = f"{self.url}/_aws/execute-api/{API_ID}"
        environment = {
            # Credentials and endpoints of whoever runs this are not for the functions.
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "AWS_ENDPOINT_URL": self.url,
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": str(directory),
        }
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("ministack")],
            cwd=directory,
            env=environment,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            # Its functions are its children: one group, so that none outlives it.
            start_new_session=True,
        )

    def __enter__(self):
        until("ministack is ready", self.ready, 60)
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"ministack ended with {self.process.returncode}; see {self.log}")
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/ready", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def client(self, service, key=("test", "test", None)):
        access, secret, token = key
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )
