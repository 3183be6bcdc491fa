"""Gives the deployed directory something to book: one clinic with a provider and a service.

The directory has no function yet that makes clinics, so a command writes them
as its functions would, outbox included: hours reach scheduling by stream, topic
and queue, like anything else. The command finds AWS in its environment, the
tables as `careplane-<CAREPLANE_ENV>-<context>`, and prints one JSON object
`{"clinic": …, "provider": …, "service": …}`.
"""

import json
import os
import subprocess

from cloud import REGION


def seed(cloud, command: list[str], environment: str) -> dict:
    done = subprocess.run(
        command,
        env=os.environ
        | {
            "AWS_ENDPOINT_URL": cloud.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "CAREPLANE_ENV": environment,
        },
        stdout=subprocess.PIPE,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout)
