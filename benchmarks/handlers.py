"""What our own code costs a call: own time of handlers, cold imports, package sizes.

Own time is a handler's whole work over in-memory stores: parsing, validation, permission check, use case,
reply, logging; no emulator, no network. Cold import is a fresh interpreter on one core importing the handler,
as a Lambda sandbox does before its first call. Reference: the budgets of `docs/architecture.md` section 7.
"""

import argparse
import base64
import contextlib
import importlib.util
import io
import json
import os
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
FUNCTIONS = REPOSITORY / "functions"
LAYERS = [REPOSITORY / "layers" / name for name in ("platform", "catalog", "formats")]
RESULT = Path(__file__).parent / "results" / "handlers.json"
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_METRICS_NAMESPACE": "OpenBML",
    "POWERTOOLS_SERVICE_NAME": "bench",
}
OWN_P50_MS, OWN_P99_MS, IMPORT_MS, PACKAGE_MB = 5.0, 25.0, 400.0, 10.0
ACCOUNT, PROJECT = 7, 42
Handler = Callable[[dict[str, Any], Any], Any]


class Context:
    """The Lambda context, as far as the handlers' decorators read it."""

    function_name = "bench"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"
    aws_request_id = "8c397ec5-539e-42f3-a2ae-f2184c8423b5"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 28_000


def load(function: str) -> ModuleType:
    path = FUNCTIONS / function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"bench_{function}", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def request(method: str, path: str, body: Any = None) -> dict[str, Any]:
    area = path.split("/")[2]
    return {
        "resource": f"/v1/{area}/{{proxy+}}",
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "requestContext": {
            "requestId": "8c397ec5",
            "stage": "dev",
            "resourcePath": f"/v1/{area}/{{proxy+}}",
            "httpMethod": method,
            "path": path,
            "authorizer": {
                "account_id": str(ACCOUNT),
                "user_id": "1",
                "email": "a@example.com",
                "is_owner": "true",
            },
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


class Bench:
    """Handlers over in-memory stores; the stores hold what a small account has."""

    def __init__(self) -> None:
        from openbml.core.pages import CursorCodec
        from openbml.core.scope import ProjectScope
        from openbml.identity.access import Authorizer
        from openbml.identity.projects import Project
        from tests.fakes.compute_memory import NOON, RecordedEvents
        from tests.fakes.identity_memory import InMemoryGrantRepository, InMemoryProjectRepository
        from tests.fakes.services_memory import RecordedQueue

        self.noon = NOON
        self.scope = ProjectScope(account_id=ACCOUNT, region="us-east-1", project_id=PROJECT)
        projects = InMemoryProjectRepository()
        projects.add(Project(scope=self.scope, name="default", created_at=NOON))
        authorizer = Authorizer(projects=projects, grants=InMemoryGrantRepository(), region="us-east-1")
        codec, events, queue = CursorCodec(b"0123456789abcdef"), RecordedEvents(), RecordedQueue()
        self.shared: dict[str, Any] = {
            "authorizer": lambda: authorizer,
            "cursor_codec": lambda: codec,
            "event_publisher": lambda: events,
        }
        self.queue = queue

    def handler(self, function: str, api: str, **collaborators: Any) -> Handler:
        module = importlib.import_module(api)
        given = {name: value for name, value in self.shared.items() if hasattr(module, name)}
        for name, value in {**given, **collaborators}.items():
            setattr(module, name, value)
        handler: Handler = load(function).lambda_handler
        return handler

    def models(self) -> Iterator[tuple[str, Handler, Callable[[], dict[str, Any]]]]:
        from tests.fakes.models_memory import FakeRunSource, InMemoryModelFiles, InMemoryModelRepository

        repository, files, runs = InMemoryModelRepository(), InMemoryModelFiles(), FakeRunSource()
        handler = self.handler(
            "serve_models_api",
            "openbml.models.api",
            models=lambda: repository,
            model_files=lambda: files,
            run_source=lambda: runs,
            copy_queue=lambda: self.queue,
        )
        base, numbers = f"/v1/models/projects/{PROJECT}/models", iter(range(10**9))

        def create() -> dict[str, Any]:
            name = f"m{next(numbers)}"
            return request("POST", base, {"name": name, "task_type": "image_classification"})

        for _ in range(20):
            handler(create(), Context())
        model_id = json.loads(handler(create(), Context())["body"])["model_id"]

        def publish() -> dict[str, Any]:
            return request("POST", f"{base}/{model_id}/versions", {"run_id": next(numbers) + 1})

        yield "models: create", handler, create
        yield "models: publish", handler, publish
        yield "models: one", handler, lambda: request("GET", f"{base}/{model_id}")

    def services(self) -> Iterator[tuple[str, Handler, Callable[[], dict[str, Any]]]]:
        from tests.fakes.services_memory import (
            FakeFunds,
            FakeVersions,
            InMemoryLastCalls,
            InMemoryServiceRepository,
        )
        from tests.fakes.services_samples import service

        repository, versions, funds = InMemoryServiceRepository(), FakeVersions(), FakeFunds()
        last_calls = InMemoryLastCalls()
        for number in range(1, 51):
            repository.add(service(number))
        handler = self.handler(
            "serve_services_api",
            "openbml.services.api",
            services=lambda: repository,
            versions=lambda: versions,
            funds=lambda: funds,
            last_calls=lambda: last_calls,
            orders=lambda: self.queue,
            public_url=lambda: "https://bml.example",
        )
        base, numbers = f"/v1/services/projects/{PROJECT}/services", iter(range(1000, 10**9))

        def deploy() -> dict[str, Any]:
            number = next(numbers)
            body = {"name": f"s{number}", "suffix": f"s{number}", "model_id": number, "model_version": 1}
            return request("POST", base, body)

        yield "services: list of 50", handler, lambda: request("GET", base)
        yield "services: one", handler, lambda: request("GET", f"{base}/5")
        yield "services: deploy", handler, deploy

    def metering(self) -> Iterator[tuple[str, Handler, Callable[[], dict[str, Any]]]]:
        from openbml.metering.ledger import settle
        from tests.fakes.metering_memory import FakeAccounts, InMemoryLedger
        from tests.fakes.metering_samples import open_usage, usage

        ledger, accounts = InMemoryLedger(), FakeAccounts(ACCOUNT)
        for number in range(50):
            used = usage(usage_id=f"run:{number}", resource={"type": "run", "id": number, "name": "digits"})
            before = ledger.allowance(ACCOUNT, *used.pool)
            ledger.record(*settle(used, before, paid_billing=True, at=self.noon))
        ledger.keep_open(open_usage())
        handler = self.handler(
            "serve_metering_api", "openbml.metering.api", ledger=lambda: ledger, accounts=lambda: accounts
        )
        yield "metering: bill of 50", handler, lambda: request("GET", "/v1/metering/bill")
        yield "metering: prices", handler, lambda: request("GET", "/v1/metering/prices")

    def prediction(self) -> Iterator[tuple[str, Handler, Callable[[], dict[str, Any]]]]:
        from tests.fakes.prediction_desk import PATH, PredictionDesk

        desk = PredictionDesk()
        module = load("answer_prediction")
        module.prediction_api = lambda: desk.api  # type: ignore[attr-defined]  # the module's own name
        module.applications = lambda: desk.applications  # type: ignore[attr-defined]
        module.calls_queue = lambda: self.queue  # type: ignore[attr-defined]
        token = desk.token()

        def predict(kilobytes: int) -> Callable[[], dict[str, Any]]:
            body = b'{"image": "' + b"A" * (kilobytes * 1024) + b'"}'
            event = {
                "httpMethod": "POST",
                "path": PATH,
                "headers": {"Content-Type": "application/json"},
                "queryStringParameters": {"access_token": token},
                "body": base64.b64encode(body).decode(),
                "isBase64Encoded": True,
            }
            return lambda: event

        keys = {"grant_type": "client_credentials", "client_id": "key1", "client_secret": "secret"}
        ask = {"httpMethod": "GET", "path": "/oauth/2.0/token", "queryStringParameters": keys}
        yield "prediction: 100 KB", module.lambda_handler, predict(100)
        yield "prediction: 4 MB", module.lambda_handler, predict(4096)
        yield "prediction: token", module.lambda_handler, lambda: ask


def own_times(repeats: int) -> list[dict[str, Any]]:
    bench, rows = Bench(), []
    for area in (bench.models, bench.services, bench.metering, bench.prediction):
        for name, handler, event in area():
            times = []
            for number in range(repeats + 10):
                given = event()
                started = time.perf_counter()
                reply = handler(given, Context())
                passed = (time.perf_counter() - started) * 1000
                if reply["statusCode"] >= 400 or '"error_code"' in reply["body"]:
                    raise RuntimeError(f"{name}: {reply['body'][:300]}")
                if number >= 10:
                    times.append(passed)
            times.sort()
            p99 = times[int(len(times) * 0.99) - 1]
            rows.append({"name": name, "p50_ms": round(statistics.median(times), 2), "p99_ms": round(p99, 2)})
    return rows


def package_bytes(folder: Path) -> int:
    """Return the size of the zip a function's own files make; layers and locked packages come on top."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(folder))
    return len(packed.getvalue())


def cold_import_ms(folder: Path, rounds: int) -> float | None:
    """Return the fastest of some fresh imports on one core; None where a function has packages of its own."""
    if (folder / "requirements.txt").exists():
        return None
    code = "import time; t = time.perf_counter(); import handler; print((time.perf_counter() - t) * 1000)"
    env = {
        **os.environ,
        **ENVIRONMENT,
        "PYTHONPATH": os.pathsep.join(map(str, [folder, *LAYERS])),
        "PYTHONDONTWRITEBYTECODE": "",  # the first round writes what the others read
        "LAMBDA_TASK_ROOT": str(folder),  # libraries behave otherwise outside Lambda
        "USER_POOL_ID": "us-east-1_x",
        "USER_POOL_CLIENT_ID": "x",
    }
    one_core = ["taskset", "-c", "0"] if sys.platform == "linux" else []
    command = [*one_core, sys.executable, "-c", code]
    runs = [
        subprocess.run(command, env=env, capture_output=True, text=True, check=True) for _ in range(rounds)
    ]
    return round(min(float(run.stdout.splitlines()[-1]) for run in runs), 1)


def packages(rounds: int) -> list[dict[str, Any]]:
    folders = sorted(path.parent for path in FUNCTIONS.glob("*/handler.py"))
    return [
        {
            "function": folder.name,
            "import_ms": cold_import_ms(folder, rounds),
            "package_kb": round(package_bytes(folder) / 1024, 1),
        }
        for folder in folders
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    sys.path[:0] = [str(REPOSITORY), *map(str, LAYERS)]
    with (Path(os.devnull)).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        times = own_times(given.repeats)
    print(f"{'own time of a call':28} {'p50 ms':>8} {'p99 ms':>8}   budget {OWN_P50_MS:g} / {OWN_P99_MS:g}")
    for row in times:
        print(f"{row['name']:28} {row['p50_ms']:8.2f} {row['p99_ms']:8.2f}")
    sizes = packages(given.rounds)
    print(f"\n{'function':28} {'import ms':>9} {'zip KB':>8}   budget {IMPORT_MS:g} ms, {PACKAGE_MB:g} MB")
    for row in sizes:
        shown = "-" if row["import_ms"] is None else f"{row['import_ms']:.0f}"
        print(f"{row['function']:28} {shown:>9} {row['package_kb']:8.1f}")
    RESULT.parent.mkdir(exist_ok=True)
    document = {"own_time": times, "packages": sizes, "cores": os.cpu_count(), "repeats": given.repeats}
    RESULT.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
