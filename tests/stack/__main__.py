"""`make stack`: the real template and the real binaries on an emulated AWS, walked once.

python tests/stack [--no-build] [--profile release] [--seed COMMAND] [--keep]
"""

import argparse
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from cloud import API_ID, Cloud
from deploy import contexts, deploy
from walk import Walk

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LAMBDAS = TARGET / "lambda"
ENVIRONMENT = "dev"


def build(profile):
    packages = [argument for context in contexts(ROOT) for argument in ("--package", context)]
    # cargo-lambda and the linker it brings are in the environment of this Python.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["cargo", "lambda", "build", "--profile", profile, "--lambda-dir", LAMBDAS, *packages]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path, "CARGO_TARGET_DIR": str(TARGET)}, check=True)


def walk(cloud, seed_command):
    started = time.monotonic()
    deployed = deploy(
        cloud,
        ROOT,
        LAMBDAS,
        ENVIRONMENT,
        overrides={
            "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
            # Registers the sender, so that the emulated SES accepts it.
            "MailDomain": "dev.careplane.example",
            "Issuer": cloud.api,
        },
        tags={"ms-custom-id": API_ID},
    )
    print(f"ok   the template deploys ({time.monotonic() - started:.1f} s)")
    journey, failed = Walk(cloud, deployed, ENVIRONMENT, seed_command), 0
    for step in Walk.STEPS:
        name = step.__name__.replace("_", " ")
        try:
            step(journey)
            print(f"ok   {name}")
        except Exception as error:  # one broken step must not hide the others
            failed += 1
            print(f"FAIL {name}: {error or traceback.format_exc(limit=-1)}")
    return 1 + len(Walk.STEPS) - failed, failed


def main():
    arguments = argparse.ArgumentParser(prog="make stack")
    arguments.add_argument("--no-build", action="store_true", help="walk with the binaries that are there")
    arguments.add_argument("--profile", default="release", help="of cargo")
    arguments.add_argument("--seed", default=f"{TARGET}/debug/seed", help="the command that seeds the directory; see seed.py")
    arguments.add_argument("--keep", action="store_true", help="keep the emulator's log")
    options = arguments.parse_args()
    if not options.no_build:
        build(options.profile)
    directory = Path(tempfile.mkdtemp(prefix="careplane-stack-"))
    passed, failed = 0, 1
    try:
        with Cloud(directory) as cloud:
            passed, failed = walk(cloud, shlex.split(options.seed))
    except Exception as error:
        print(f"FAIL the template deploys: {error}")
    finally:
        if options.keep or failed:
            print(f"emulator's log: {directory}/ministack.log")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
