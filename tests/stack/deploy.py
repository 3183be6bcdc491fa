"""Deploys template.yaml as it is: what `sam package`, the SAM transform and `sam deploy` do, in that order.

The emulator transforms a root template but not a nested one, so every template
goes through the official translator here and arrives as plain CloudFormation.
"""

import copy
import io
import json
import logging
import os
import tomllib
import zipfile
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from cloud import REGION, until

BUCKET = "artefacts"

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of its own telemetry


def nested(root: Path):
    """The templates that the root template points at, in its order."""
    document = yaml_parse((root / "template.yaml").read_text())
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Application":
            yield root / resource["Properties"]["Location"]


def contexts(root: Path) -> list[str]:
    """The binaries that the templates ask for."""
    names = {}
    for path in nested(root):
        for resource in yaml_parse(path.read_text())["Resources"].values():
            uri = resource.get("Properties", {}).get("CodeUri")
            if resource["Type"] == "AWS::Serverless::Function" and uri:
                names[(path.parent / uri).name] = None
    return list(names)


class NoManagedPolicies:
    """Every role of ours spells its statements out; a managed policy would fail here."""

    def load(self):
        return {}


class Packages:
    def __init__(self, s3, root: Path, lambdas: Path):
        self.s3, self.root, self.lambdas, self.done = s3, root, lambdas, {}
        self.templates = {}  # in plain CloudFormation, by file name
        s3.create_bucket(Bucket=BUCKET)

    def code(self, template: Path, uri: str) -> str:
        """Zips a context's binary, once for all of its functions."""
        context = (template.parent / uri).resolve().name
        if context not in self.done:
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
                entry = zipfile.ZipInfo("bootstrap")
                entry.external_attr = 0o755 << 16
                bundle.writestr(entry, (self.lambdas / context / "bootstrap").read_bytes(), zipfile.ZIP_DEFLATED, 1)
            self.s3.put_object(Bucket=BUCKET, Key=f"{context}.zip", Body=archive.getvalue())
            self.done[context] = f"s3://{BUCKET}/{context}.zip"
        return self.done[context]

    def template(self, path: Path) -> dict:
        """The template in plain CloudFormation, everything that it points at uploaded."""
        document = yaml_parse(path.read_text())
        for resource in document["Resources"].values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::Serverless::Function" and "CodeUri" in properties:
                properties["CodeUri"] = self.code(path, properties["CodeUri"])
            if resource["Type"] == "AWS::Serverless::Application":
                child = path.parent / properties["Location"]
                self.s3.put_object(Bucket=BUCKET, Key=f"{child.stem}.json", Body=json.dumps(understood(self.template(child))))
                properties["Location"] = f"{self.s3.meta.endpoint_url}/{BUCKET}/{child.stem}.json"
        # The transform list keeps what the emulator itself understands.
        transforms = document.pop("Transform", [])
        transforms = [transforms] if isinstance(transforms, str) else transforms
        os.environ["AWS_DEFAULT_REGION"] = REGION  # the translator takes it from nowhere else
        plain = transform(document, {}, NoManagedPolicies())
        plain.pop("Transform", None)
        others = [name for name in transforms if not name.startswith("AWS::Serverless")]
        if others:
            plain["Transform"] = others
        self.templates[path.stem] = plain
        return plain


def understood(template: dict) -> dict:
    """The template without what the emulator refuses: alarms that add metrics up. It evaluates none, and gets the first metric of each."""
    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        sums = resource["Properties"].pop("Metrics", []) if resource["Type"] == "AWS::CloudWatch::Alarm" else []
        metrics = [summand["MetricStat"] for summand in sums if "MetricStat" in summand]
        if metrics:
            resource["Properties"] |= metrics[0]["Metric"] | {"Period": metrics[0]["Period"], "Statistic": metrics[0]["Stat"]}
    return template


def pairs(settings):
    return dict(setting.split("=", 1) for setting in settings)


def deploy(cloud, root: Path, lambdas: Path, environment: str, overrides: dict, tags: dict) -> tuple[str, dict, dict]:
    """Deploys an environment of samconfig.toml; answers the stack's name, outputs and templates."""
    config = tomllib.loads((root / "samconfig.toml").read_text())[environment]["deploy"]["parameters"]
    parameters = pairs(config["parameter_overrides"]) | overrides
    tags = pairs(config["tags"]) | tags
    s3, formation = cloud.client("s3"), cloud.client("cloudformation")
    packages = Packages(s3, root, lambdas)
    plain = packages.template(root / "template.yaml")
    s3.put_object(Bucket=BUCKET, Key="root.json", Body=json.dumps(understood(plain)))
    name = config["stack_name"]
    formation.create_stack(
        StackName=name,
        TemplateURL=f"{cloud.url}/{BUCKET}/root.json",
        Capabilities=config["capabilities"],
        OnFailure="DO_NOTHING",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )

    def settled():
        stack = formation.describe_stacks(StackName=name)["Stacks"][0]
        return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack

    stack = until(f"stack {name} settles", settled, 180)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise RuntimeError(f"{name} is {stack['StackStatus']}:\n" + "\n".join(failures(formation)))
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    return name, outputs, packages.templates


def failures(formation):
    for stack in formation.describe_stacks()["Stacks"]:
        for event in formation.describe_stack_events(StackName=stack["StackId"])["StackEvents"]:
            if event["ResourceStatus"].endswith("FAILED"):
                yield f"  {stack['StackName']} {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
