"""What must hold on the deployed stack, in the order in which a patient meets it."""

import base64
import hashlib
import hmac
import json
import re
import struct
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from cloud import API_ID, until
from seed import seed

EMAIL = "ada.lovelace@patients.example"
PASSWORD = "analytical engine no. 1"
MANAGER = "grace.hopper@clinics.example"
OPERATOR = "annie.easley@operations.example"
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
NURSE = "mary.seacole@clinics.example"
TAGS = {"Environment", "Project", "Compliance", "Owner", "ManagedBy"}


def totp(secret, steps_ahead=0):
    """What an app shows (RFC 6238), or will show soon: a code is good once, and one that is a step early is taken."""
    step = int(time.time()) // 30 + steps_ahead
    tag = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = tag[19] & 15
    return f"{(struct.unpack('>I', tag[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class Walk:
    def __init__(self, cloud, deployed, environment, seed_command):
        self.cloud = cloud
        self.stack, self.outputs, self.templates = deployed
        self.environment, self.seed_command = environment, seed_command
        self.token = None
        self.cookies = {}  # of the last answer that set some
        self.secrets = {EMAIL, MANAGER, NURSE, OPERATOR, PASSWORD, "Lovelace", "Hopper", "Seacole", "Easley"}

    def call(self, method, path, body=None, token=None, key=None, cookies=None, seen=None):
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if key:
            headers["idempotency-key"] = key
        if seen:
            headers["if-match"] = seen
        if cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
            headers["x-csrf-token"] = cookies["__Secure-csrf"]
        request = urllib.request.Request(
            self.cloud.api + path,
            method=method,
            headers=headers,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, self.read(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, self.read(refusal)

    def read(self, answer):
        pairs = [cookie.split(";")[0].split("=", 1) for cookie in answer.headers.get_all("set-cookie", [])]
        if pairs:
            self.cookies = dict(pairs)
            self.secrets |= {value for value in self.cookies.values() if value}
        text = answer.read().decode()
        return json.loads(text) if "json" in answer.headers.get("content-type", "") else text

    def expect(self, wanted, method, path, **options):
        status, body = self.call(method, path, **options)
        assert status == wanted, f"{method} {path}: {status} {body}, wanted {wanted}"
        return body

    def functions(self):
        pages = self.cloud.client("lambda").get_paginator("list_functions").paginate()
        return [function for page in pages for function in page["Functions"]]

    def roles(self):
        """Every role of the template with its statements."""
        iam = self.cloud.client("iam")
        for role in iam.get_paginator("list_roles").paginate().search("Roles"):
            if not role["RoleName"].startswith(self.stack):
                continue
            for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
                yield role, document["Statement"]

    def acting_as(self, function):
        """Credentials of the role of a function."""
        name = f"careplane-{self.environment}-{function}"
        role = self.cloud.client("lambda").get_function_configuration(FunctionName=name)["Role"]
        given = self.cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="walk")["Credentials"]
        return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]

    def mails(self, to, subject):
        with urllib.request.urlopen(f"{self.cloud.url}/_ministack/ses/messages", timeout=10) as answer:
            sent = json.load(answer)["messages"]
        return [mail for account in sent.values() for mail in account if to in mail["To"] and subject in mail["Subject"]]

    def link(self, to, subject, path):
        """The token of the link in a mail: whoever has it has read the mail."""
        mail = until(f"the mail to {to} arrives", lambda: self.mails(to, subject), 30)[-1]
        token = re.search(rf"{path}#token=([\w-]+)", mail["BodyText"])[1]
        self.secrets.add(token)
        return token

    def register(self, email, given_name, family_name):
        who = {"email": email, "password": PASSWORD, "given_name": given_name, "family_name": family_name}
        assert self.expect(202, "POST", "/v1/patients", body=who) == {"email": email}

    def sign_in(self, email):
        session = self.expect(201, "POST", "/v1/sessions", body={"email": email, "password": PASSWORD})
        self.secrets.add(session["access_token"])
        return session

    def accept(self, email, given_name, family_name):
        token = self.link(email, "invited", "/invitation")
        details = {"token": token, "given_name": given_name, "family_name": family_name, "password": PASSWORD}
        return self.expect(200, "POST", "/v1/invitations/acceptance", body=details)

    def enrol(self, half):
        """An app that shows codes: a token with both factors, and the app's secret."""
        secret = self.expect(201, "POST", "/v1/me/factors/totp", body={}, token=half)["secret"]
        enrolled = self.expect(200, "PUT", "/v1/me/factors/totp", body={"code": totp(secret)}, token=half)
        assert len(enrolled["recovery_codes"]) == 10
        token = enrolled["session"]["access_token"]
        self.secrets |= {secret, token, *enrolled["recovery_codes"]}
        assert enrolled["session"]["second_factor"] == "done"
        return token, secret

    def refresh(self, cookies, key):
        return self.call("POST", "/v1/sessions/refresh", body={}, cookies=cookies, key=key)

    # ------------------------------------------------------------------ the template

    def every_function_has_a_role_of_its_own(self):
        roles = [function["Role"] for function in self.functions()]
        assert roles and len(roles) == len(set(roles)), f"{len(roles)} functions share {len(set(roles))} roles"

    def every_function_carries_the_tags_and_keeps_its_logs_for_a_while(self):
        logs = {
            group["logGroupName"]: group for page in self.cloud.client("logs").get_paginator("describe_log_groups").paginate() for group in page["logGroups"]
        }
        for function in self.functions():
            tags = self.cloud.client("lambda").list_tags(Resource=function["FunctionArn"])["Tags"]
            assert TAGS <= tags.keys(), f"{function['FunctionName']} lacks {TAGS - tags.keys()}"
            group = logs[f"/aws/lambda/{function['FunctionName']}"]
            assert group.get("retentionInDays") and group.get("kmsKeyId"), group

    def each(self, kind):
        """Every resource of a kind, named, with what the templates say of it: the emulator keeps less."""
        for template, document in self.templates.items():
            for name, resource in document["Resources"].items():
                if resource["Type"] == kind:
                    yield f"{template}/{name}", resource

    def no_template_comes_near_the_limit_of_500_resources(self):
        for name, document in self.templates.items():
            assert len(document["Resources"]) < 450, f"{name}: {len(document['Resources'])}"

    def tables_are_encrypted_restorable_and_kept_in_production(self):
        tables = dict(self.each("AWS::DynamoDB::Table"))
        assert len(tables) > 1
        for name, table in tables.items():
            properties = table["Properties"]
            assert properties["SSESpecification"]["KMSMasterKeyId"], name
            assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], name
            assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["IsProd", True, False]}, name
            assert table["DeletionPolicy"] == {"Fn::If": ["IsProd", "Retain", "Delete"]}, name

    def queues_topics_and_logs_are_encrypted(self):
        for kind, key in (("SQS::Queue", "KmsMasterKeyId"), ("SNS::Topic", "KmsMasterKeyId"), ("Logs::LogGroup", "KmsKeyId")):
            resources = dict(self.each(f"AWS::{kind}"))
            assert resources
            for name, resource in resources.items():
                assert resource["Properties"].get(key), name

    def buckets_are_private_encrypted_versioned_and_talk_tls(self):
        buckets = dict(self.each("AWS::S3::Bucket"))
        assert len(buckets) == len(dict(self.each("AWS::S3::BucketPolicy"))) >= 3
        for name, bucket in buckets.items():
            properties = bucket["Properties"]
            assert all(properties["PublicAccessBlockConfiguration"].values()), name
            assert properties["BucketEncryption"] and properties["VersioningConfiguration"] == {"Status": "Enabled"}, name
        for name, policy in self.each("AWS::S3::BucketPolicy"):
            refusals = [statement.get("Condition") for statement in policy["Properties"]["PolicyDocument"]["Statement"] if statement["Effect"] == "Deny"]
            assert {"Bool": {"aws:SecureTransport": "false"}} in refusals, name

    def keys_rotate_where_a_key_can(self):
        kms = self.cloud.client("kms")
        for alias in kms.list_aliases()["Aliases"]:
            if alias["AliasName"].startswith(f"alias/careplane-{self.environment}-"):
                hmac = kms.describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]["KeySpec"].startswith("HMAC")
                assert hmac or kms.get_key_rotation_status(KeyId=alias["TargetKeyId"])["KeyRotationEnabled"], alias

    # ------------------------------------------------------------------ who may do what

    def nobody_may_change_the_audit_trail(self):
        audit = f"table/{self.outputs['AuditTable']}"
        for role, statements in self.roles():
            for statement in statements:
                # What is open to everything but something is open to everything.
                named = statement.get("Resource", "*")
                resources = named if isinstance(named, list) else [named]
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                touches = [action for action in actions if action.startswith("dynamodb:") and action != "dynamodb:ListStreams"]
                assert not (touches and "*" in resources), f"{role['RoleName']} may {touches} everywhere"
                if any(audit in resource for resource in resources):
                    allowed = {"dynamodb:PutItem", "dynamodb:ConditionCheckItem"}
                    verifies = "AnchorAudit" in role["RoleName"] or "VerifyAudit" in role["RoleName"]
                    allowed |= {"dynamodb:Query"} if verifies else set()
                    assert set(actions) <= allowed, f"{role['RoleName']}: {actions}"

    def a_role_is_refused_what_its_function_does_not_declare(self):
        key = self.acting_as("get-appointment")
        dynamodb = self.cloud.client("dynamodb", key)
        item = {"pk": {"S": "nobody"}, "sk": {"S": "nobody"}}
        dynamodb.get_item(TableName=f"careplane-{self.environment}-scheduling", Key=item)
        attempts = {
            "writes its own table": lambda: dynamodb.delete_item(TableName=f"careplane-{self.environment}-scheduling", Key=item),
            "reads another context": lambda: dynamodb.get_item(TableName=f"careplane-{self.environment}-identity", Key=item),
            "deletes from the audit trail": lambda: dynamodb.delete_item(TableName=self.outputs["AuditTable"], Key=item),
            "lists tables": lambda: dynamodb.list_tables(),
            "seals": lambda: self.cloud.client("kms", key).encrypt(KeyId=f"alias/careplane-{self.environment}-data", Plaintext=b"x"),
            "lists documents": lambda: self.cloud.client("s3", key).list_objects_v2(Bucket=self.outputs["Documents"]),
        }
        for what, attempt in attempts.items():
            try:
                attempt()
            except ClientError as refusal:
                code = refusal.response["Error"]["Code"]
                assert code in ("AccessDenied", "AccessDeniedException"), f"{what}: {code}"
            else:
                raise AssertionError(f"get-appointment {what}")

    # ------------------------------------------------------------------ the journey

    def discovery_names_the_issuer_and_its_keys(self):
        document = self.expect(200, "GET", "/.well-known/openid-configuration")
        assert document["issuer"] == self.cloud.api, document
        with urllib.request.urlopen(document["jwks_uri"], timeout=10) as answer:
            assert json.load(answer)["keys"], "no key: the gate of the template did not wait for one"
        authorizer = self.cloud.client("apigatewayv2").get_authorizers(ApiId=API_ID)["Items"][0]
        assert authorizer["JwtConfiguration"]["Issuer"] == document["issuer"], authorizer

    def the_platform_is_healthy_and_ready(self):
        self.expect(200, "GET", "/health")
        self.expect(200, "GET", "/ready")
        assert self.expect(200, "GET", "/openapi.json")["openapi"].startswith("3.1")
        self.expect(200, "GET", "/docs")

    def a_stranger_stays_outside(self):
        self.expect(401, "GET", "/v1/me")
        self.expect(401, "GET", "/v1/me", token="a.b.c")

    def a_patient_registers(self):
        self.register(EMAIL, "Ada", "Lovelace")
        self.expect(401, "POST", "/v1/sessions", body={"email": EMAIL, "password": PASSWORD})

    def and_opens_the_link_in_the_mail(self):
        token = self.link(EMAIL, "Confirm your email address", "/verify")
        assert self.expect(200, "POST", "/v1/email-verifications", body={"token": token, "password": PASSWORD})["email"] == EMAIL
        self.expect(422, "POST", "/v1/email-verifications", body={"token": token, "password": PASSWORD})
        until("the welcome arrives", lambda: self.mails(EMAIL, "Welcome"), 30)

    def and_signs_in(self):
        wrong = {"email": EMAIL, "password": PASSWORD + "!"}
        self.expect(401, "POST", "/v1/sessions", body=wrong)
        session = self.sign_in(EMAIL)
        assert session["second_factor"] == "not-needed", session
        self.token = session["access_token"]
        me = self.expect(200, "GET", "/v1/me", token=self.token)
        assert me["email"] == EMAIL and me["role"] == "patient", me

    def and_stays_signed_in(self):
        spent = self.cookies
        status, session = self.refresh(spent, "refresh-0001")
        assert status == 200, (status, session)
        fresh, self.token = self.cookies, session["access_token"]
        self.secrets.add(self.token)
        assert fresh["__Secure-refresh"] != spent["__Secure-refresh"]
        status, again = self.refresh(spent, "refresh-0001")
        assert status == 200 and self.cookies == fresh, (status, again)
        self.expect(200, "GET", "/v1/me", token=self.token)

    def a_used_refresh_token_ends_its_session(self):
        self.sign_in(EMAIL)
        spent = self.cookies
        assert self.refresh(spent, "refresh-0002")[0] == 200
        fresh = self.cookies
        for cookies, key in ((spent, "refresh-0003"), (fresh, "refresh-0004")):
            status, problem = self.refresh(cookies, key)
            assert status == 401 and problem["code"] == "SESSION_ENDED", (status, problem)
        until("the warning arrives", lambda: self.mails(EMAIL, "signed out to be safe"), 30)
        self.expect(200, "GET", "/v1/me", token=self.token)

    def a_forged_token_is_refused(self):
        head, _, signature = self.token.split(".")
        other = self.token.split(".")[1].swapcase()
        self.expect(401, "GET", "/v1/me", token=f"{head}.{other}.{signature}")

    def shows_a_picture_of_herself(self):
        self.expect(404, "GET", "/v1/me/picture", token=self.token)
        kept = self.expect(200, "PUT", "/v1/me/picture", body={"image": PICTURE}, token=self.token)
        assert self.expect(200, "GET", "/v1/me/picture", token=self.token) == kept
        self.expect(422, "PUT", "/v1/me/picture", body={"image": "PHN2Zy8+"}, token=self.token)

    def finds_a_free_time(self):
        self.place = seed(self.cloud, self.seed_command, self.environment)
        self.expect(200, "GET", f"/v1/clinics/{self.place['clinic']}")
        start = (datetime.now(UTC) + timedelta(days=2)).date()
        path = f"/v1/clinics/{self.place['clinic']}/providers/{self.place['provider']}/availability?service={self.place['service']}&from={start}&days=14"

        def offered():
            status, found = self.call("GET", path)
            return [time for day in found["days"] for time in day["times"]] if status == 200 else []

        # The hours come by stream, topic and queue.
        self.time = until("scheduling learns the calendar", offered, 30)[0]

    def book(self, key):
        body = {"provider": self.place["provider"], "service": self.place["service"], "start": self.time["start"]}
        return self.call("POST", f"/v1/clinics/{self.place['clinic']}/appointments", body=body, token=self.token, key=key)

    def books_it_once(self):
        status, self.appointment = self.book("booking-0001")
        assert status == 201 and self.appointment["status"] == "scheduled", (status, self.appointment)
        again, same = self.book("booking-0001")
        assert again == 201 and same["id"] == self.appointment["id"], (again, same)
        status, problem = self.book("booking-0002")
        assert status == 409 and problem["code"] in ("PROVIDER_CONFLICT", "USER_CONFLICT"), (status, problem)

    def sees_it(self):
        mine = self.expect(200, "GET", "/v1/appointments", token=self.token)["items"]
        assert [appointment["id"] for appointment in mine] == [self.appointment["id"]], mine

    def and_gets_one_mail(self):
        def confirmations():
            return self.mails(EMAIL, "appointment is confirmed")

        mail = until("the confirmation arrives", confirmations, 30)
        assert len(mail) == 1, mail
        sqs = self.cloud.client("sqs")
        queue = sqs.get_queue_url(QueueName=f"careplane-{self.environment}-send-confirmation")["QueueUrl"]
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def drained():
            left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=counts)["Attributes"]
            return all(left[count] == "0" for count in counts)

        until("its queue has nothing left", drained, 30)
        assert len(confirmations()) == 1, confirmations()

    def and_cancels(self):
        path = f"/v1/clinics/{self.place['clinic']}/appointments/{self.appointment['id']}/cancellation"
        cancelled = self.expect(200, "POST", path, body={"reason": "feeling better"}, token=self.token, key="cancel-0001")
        assert cancelled["status"] == "cancelled", cancelled

    # ------------------------------------------------------------------ those who work there

    def an_operator_is_appointed_by_whoever_deploys(self):
        assert self.command("invite-operator", {"email": OPERATOR, "role": "operator"})["expires_at"]
        joined = self.accept(OPERATOR, "Annie", "Easley")
        assert joined["role"] == "operator" and joined["clinic"] is None, joined
        half = self.sign_in(OPERATOR)
        assert half["role"] == "operator" and half["second_factor"] == "enrolment-required", half
        self.expect(403, "GET", "/v1/accounts", token=half["access_token"])
        self.operator, _ = self.enrol(half["access_token"])

    def and_says_what_everybody_is_told(self):
        assert self.expect(200, "GET", "/v1/settings")["registration_open"] is True
        provider = {"id": "google", "name": "Google", "protocol": "openid-connect", "issuer": "https://accounts.google.com"}
        provider |= {"client_id": "us", "client_secret": "a-secret-of-the-walk"}
        self.secrets.add(provider["client_secret"])
        told = {"registration_open": True, "announcement": {"text": "Closed on Monday."}, "identity_providers": [provider]}
        self.expect(403, "PUT", "/v1/settings", body=told, token=self.token)
        self.expect(428, "PUT", "/v1/settings", body=told, token=self.operator)
        self.expect(200, "PUT", "/v1/settings", body=told, token=self.operator, seen='"0"')
        now = self.expect(200, "GET", "/v1/settings")
        assert now["announcement"]["text"] == "Closed on Monday.", now
        assert provider["client_secret"] not in json.dumps(now)

    def and_finds_who_has_an_account(self):
        def patients():
            found = self.expect(200, "GET", "/v1/accounts?group=patients&limit=10", token=self.operator)["items"]
            return [account for account in found if account["email"] == EMAIL]

        # The index follows the table.
        [account] = until("the patient is listed", patients, 30)
        assert self.expect(200, "GET", f"/v1/accounts/{account['user']}", token=self.operator)["last_sign_in_at"]

    def a_manager_needs_a_second_factor(self):
        clinic = f"/v1/clinics/{self.place['clinic']}"
        invitation = {"email": MANAGER, "role": "manager"}
        self.expect(201, "POST", f"{clinic}/invitations", body=invitation, token=self.operator, key="invite-0000")
        assert self.accept(MANAGER, "Grace", "Hopper")["role"] == "manager"
        session = self.sign_in(MANAGER)
        assert session["role"] == "manager" and session["second_factor"] == "enrolment-required", session
        half = session["access_token"]
        self.expect(403, "GET", f"{clinic}/members", token=half)
        _, self.secret = self.enrol(half)

    def and_signs_in_with_it(self):
        session = self.sign_in(MANAGER)
        assert session["second_factor"] == "required", session
        half = session["access_token"]
        self.expect(403, "GET", f"/v1/clinics/{self.place['clinic']}/members", token=half)
        wrong = {"method": "totp", "code": "000000"}
        self.expect(422, "POST", "/v1/me/second-factor", body=wrong, token=half)
        code = totp(self.secret, steps_ahead=1)
        session = self.expect(200, "POST", "/v1/me/second-factor", body={"method": "totp", "code": code}, token=half)
        self.manager = session["access_token"]
        self.secrets.add(self.manager)

    def and_invites_a_nurse(self):
        clinic = f"/v1/clinics/{self.place['clinic']}"
        invitation = {"email": NURSE, "role": "nurse"}
        self.expect(201, "POST", f"{clinic}/invitations", body=invitation, token=self.manager, key="invite-0001")
        token = self.link(NURSE, "invited", "/invitation")
        self.expect(422, "POST", "/v1/invitations/acceptance", body={"token": token})
        details = {"token": token, "given_name": "Mary", "family_name": "Seacole", "password": PASSWORD}
        joined = self.expect(200, "POST", "/v1/invitations/acceptance", body=details)
        assert joined["role"] == "nurse" and joined["new_account"], joined
        members = self.expect(200, "GET", f"{clinic}/members", token=self.manager)["items"]
        assert [member["role"] for member in members if member["email"] == NURSE] == ["nurse"], members
        assert self.sign_in(NURSE)["second_factor"] == "enrolment-required"

    def staff_see_the_patients_of_their_clinic(self):
        path = f"/v1/clinics/{self.place['clinic']}/patients/{self.appointment['patient']}"

        def known():
            status, patient = self.call("GET", path, token=self.manager)
            return status == 200 and patient

        # That she is one of theirs comes by stream, topic and queue.
        patient = until("identity learns of the visit", known, 30)
        assert patient["email"] == EMAIL and patient["clinical"] is None, patient

    # ------------------------------------------------------------------ afterwards

    def command(self, function, said):
        """What a function answers to whoever runs the environment."""
        name = f"careplane-{self.environment}-{function}"
        answer = self.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(said))
        told = json.load(answer["Payload"])
        assert "FunctionError" not in answer, told
        return told

    def the_audit_trail_knows_and_holds(self):
        count = self.cloud.client("dynamodb").scan(TableName=self.outputs["AuditTable"], Select="COUNT")["Count"]
        # The emulator has no TLS, without which the bucket gives and takes nothing: here it must.
        s3 = self.cloud.client("s3")
        [archive] = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if "-archive-" in bucket["Name"]]
        s3.delete_bucket_policy(Bucket=archive)
        today = datetime.now(UTC).date()
        span = {"from": str(today - timedelta(days=1)), "to": str(today)}
        # The index of first records follows the table.
        seen = until("all of the trail is seen", lambda: (now := self.command("verify-audit", span))["records"] >= count and now, 30)
        assert seen["fault"] is None and seen["chains"] > 10, seen
        self.command("anchor-audit", {})
        assert self.command("verify-audit", span)["anchored"] == 1
        assert self.command("verify-audit", span)["fault"] is None

    def nothing_was_given_up_on(self):
        sqs = self.cloud.client("sqs")
        for queue in sqs.list_queues(QueueNamePrefix=f"careplane-{self.environment}-").get("QueueUrls", []):
            if queue.endswith("-dead-letters"):
                waiting = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
                assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0", queue

    def the_logs_name_nobody(self):
        logs = self.cloud.client("logs")
        for page in logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
                for event in events:
                    for secret in self.secrets:
                        assert secret not in event["message"], f"{group['logGroupName']}: {event['message'][:200]}"

    STEPS = [
        every_function_has_a_role_of_its_own,
        every_function_carries_the_tags_and_keeps_its_logs_for_a_while,
        no_template_comes_near_the_limit_of_500_resources,
        tables_are_encrypted_restorable_and_kept_in_production,
        queues_topics_and_logs_are_encrypted,
        buckets_are_private_encrypted_versioned_and_talk_tls,
        keys_rotate_where_a_key_can,
        nobody_may_change_the_audit_trail,
        a_role_is_refused_what_its_function_does_not_declare,
        discovery_names_the_issuer_and_its_keys,
        the_platform_is_healthy_and_ready,
        a_stranger_stays_outside,
        a_patient_registers,
        and_opens_the_link_in_the_mail,
        and_signs_in,
        and_stays_signed_in,
        a_used_refresh_token_ends_its_session,
        a_forged_token_is_refused,
        shows_a_picture_of_herself,
        finds_a_free_time,
        books_it_once,
        sees_it,
        and_gets_one_mail,
        and_cancels,
        an_operator_is_appointed_by_whoever_deploys,
        and_says_what_everybody_is_told,
        and_finds_who_has_an_account,
        a_manager_needs_a_second_factor,
        and_signs_in_with_it,
        and_invites_a_nurse,
        staff_see_the_patients_of_their_clinic,
        the_audit_trail_knows_and_holds,
        nothing_was_given_up_on,
        the_logs_name_nobody,
    ]
