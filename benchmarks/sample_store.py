"""Own time of browsing, filtering, searching and annotating at 1,000, 10,000 and 100,000 samples.

Calls go through the routes of `/v1/datasets` as their function serves them (validation, use case, reply) to
a MiniStack. Own time is the processor time that this process spends on a call, writing and reading of the
store's requests and replies included; the emulator's work, and waiting for it, is not. `after an edit` means
that the version has changed since the call before, so that nothing kept of the index counts; `cold` that the
process has kept nothing at all. The slope is own p95 at 100,000 samples over that at 1,000: 1 is no growth,
100 linear growth. Budget: `docs/architecture.md` section 7.
"""

import argparse
import importlib.util
import json
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.httpsession import URLLib3Session

from openbml.core.ids import new_id
from openbml.core.scope import Principal, ProjectScope
from openbml.datasets import api_access, wiring
from openbml.datasets.datasets import VersionKey
from openbml.datasets.objects_s3 import S3ObjectStore, S3UploadStore
from openbml.datasets.samples import Sample
from openbml.identity.projects import ProjectAccess
from openbml_formats.annotations import Annotation
from tests.contract.datasets.conftest import World
from tests.contract.datasets.planting import planted
from tests.contract.emulator import client, emulator, make_table

REPOSITORY = Path(__file__).resolve().parents[1]
HANDLER = REPOSITORY / "functions" / "serve_datasets_api" / "handler.py"
RESULT = Path(__file__).parent / "results" / "sample_store.json"
SIZES = (1_000, 10_000, 100_000)
BUDGET_MS = 150.0
LABELS = [f"label_{number:02}" for number in range(20)]

Call = Callable[[], tuple[str, str, Any, dict[str, str]]]


class Requests:
    """Counts requests to the store."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        inner = URLLib3Session.send

        def send(session: URLLib3Session, request: Any) -> Any:
            self.count += 1
            return inner(session, request)

        URLLib3Session.send = send  # type: ignore[method-assign]
        try:
            yield
        finally:
            URLLib3Session.send = inner  # type: ignore[method-assign]


class Everyone:
    """Lets everybody do everything in one project."""

    def __init__(self, scope: ProjectScope) -> None:
        self._scope = scope

    def require(self, principal: Principal, project_id: int, permission: str) -> ProjectAccess:
        return ProjectAccess(
            scope=self._scope, user_id=principal.user_id, permissions=frozenset({permission})
        )


def made_world(url: str) -> World:
    mark = uuid.uuid4().hex[:10]
    s3 = client("s3", url)
    for name in ("uploads", "data"):
        s3.create_bucket(Bucket=f"{name}-{mark}")
    return World(
        url=url,
        scope=ProjectScope(account_id=1, region="us-east-1", project_id=new_id()),
        table=make_table(url, "datasets"),
        s3=s3,
        archives=S3ObjectStore(s3, f"uploads-{mark}", s3),
        data=S3ObjectStore(s3, f"data-{mark}", s3),
        uploads=S3UploadStore(s3, f"uploads-{mark}", s3),
    )


def served(world: World) -> Any:
    """Return the API function's module, working on the world's table."""
    secret = client("secretsmanager", world.url).create_secret(Name=world.table.name, SecretString="k" * 32)
    os.environ.update(
        {
            "AWS_ENDPOINT_URL": world.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "CURSOR_SECRET_ARN": secret["ARN"],
            "EVENT_BUS_NAME": "default",
            "DATASETS_TABLE_NAME": world.table.name,
            "DATA_BUCKET_NAME": world.data._bucket,
            "UPLOADS_BUCKET_NAME": world.archives._bucket,
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
    )
    everyone = Everyone(world.scope)
    api_access.authorizer = lambda: everyone  # type: ignore[attr-defined]  # the module's own name
    specification = importlib.util.spec_from_file_location("serve_datasets_api_handler", HANDLER)
    if specification is None or specification.loader is None:
        raise FileNotFoundError(HANDLER)
    handler = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(handler)
    return handler


def request(method: str, path: str, body: Any, query: dict[str, str]) -> dict[str, Any]:
    return {
        "resource": "/v1/datasets/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": {"proxy": path},
        "stageVariables": None,
        "requestContext": {
            "requestId": "request-1",
            "authorizer": {"user_id": "7", "account_id": "1", "email": "a@example.com"},
            "httpMethod": method,
            "path": path,
            "stage": "dev",
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def annotation_of(place: int) -> Annotation:
    if place % 4 == 3:
        return Annotation()
    return Annotation(labels=(LABELS[place * 7 % len(LABELS)],))


class Cases:
    """Calls with changing arguments on one version."""

    def __init__(self, key: VersionKey, samples: Sequence[Sample]) -> None:
        self._chance = random.Random(1)
        self._samples = samples
        scope = f"/v1/datasets/projects/{key.scope.project_id}"
        self._version = f"{scope}/datasets/{key.dataset_id}/versions/{key.version_number}"
        self._revisions: dict[int, int] = {}

    def all(self) -> dict[str, Call]:
        return {
            "browse": lambda: self._list(offset=self._place()),
            "filter label": lambda: self._list(label=self._label()),
            "filter label, state, source": lambda: self._list(
                label=self._label(), annotation_state="labelled", annotation_source="imported"
            ),
            "search name": lambda: self._list(name=f"{self._chance.randrange(1000):03}.jpg"),
            "search size and label": lambda: self._list(
                label=self._label(), min_size_bytes=str(1000 + len(self._samples) // 2)
            ),
            "order by name": lambda: self._list(order="name", label=self._label(), offset="10"),
            "next sample": lambda: ("GET", f"{self._version}/next-sample", None, {}),
            "annotate": self.annotate,
        }

    def annotate(self) -> tuple[str, str, Any, dict[str, str]]:
        sample_id = self._chance.choice(self._samples).sample_id
        revision = self._revisions.get(sample_id, 1)
        self._revisions[sample_id] = revision + 1
        # A label that the sample does not have, so that there is something to write.
        body = {
            "annotation": {"labels": [f"label_{self._chance.randrange(20, 40)}_{revision}"]},
            "expected_revision": revision,
        }
        return "PUT", f"{self._version}/samples/{sample_id}/annotation", body, {}

    def _list(self, **query: str) -> tuple[str, str, Any, dict[str, str]]:
        return "GET", f"{self._version}/samples", None, {"limit": "50", **query}

    def _place(self) -> str:
        return str(self._chance.randrange(len(self._samples)))

    def _label(self) -> str:
        return self._chance.choice(LABELS)


class Bench:
    def __init__(self, handler: Any) -> None:
        self._handler = handler
        self._requests = Requests()

    def run(self, key: VersionKey, samples: Sequence[Sample], repeats: int) -> list[dict[str, Any]]:
        cases = Cases(key, samples)
        calls = cases.all()
        rows = []
        with self._requests.counted():
            for name, call in calls.items():
                self._timed(call())  # imports, connections
                rows.append(self._row(name, [self._timed(call()) for _ in range(repeats)]))
                if name not in ("annotate", "next sample"):
                    rows.append(self._row(f"{name}, after an edit", self._edited(call, cases, repeats)))
            cold = [self._cold(calls["search name"]) for _ in range(max(3, repeats // 8))]
            rows.append(self._row("search name, cold", cold))
        return rows

    def _edited(self, call: Call, cases: Cases, repeats: int) -> list[tuple[float, float, int]]:
        times = []
        for _ in range(repeats):
            self._timed(cases.annotate())
            times.append(self._timed(call()))
        return times

    def _cold(self, call: Call) -> tuple[float, float, int]:
        wiring.sample_index.cache_clear()
        return self._timed(call())

    def _timed(self, wanted: tuple[str, str, Any, dict[str, str]]) -> tuple[float, float, int]:
        """Return own time, whole time, requests."""
        event = request(*wanted)
        requests = self._requests.count
        started, worked = time.perf_counter(), time.process_time()
        reply = self._handler.app.resolve(event, None)
        own, whole = time.process_time() - worked, time.perf_counter() - started
        if reply["statusCode"] != 200:
            raise RuntimeError(reply["body"])
        return own, whole, self._requests.count - requests

    @staticmethod
    def _row(name: str, times: Sequence[tuple[float, float, int]]) -> dict[str, Any]:
        own = sorted(row[0] * 1000 for row in times)
        whole = sorted(row[1] * 1000 for row in times)
        return {
            "call": name,
            "own_p50_ms": round(statistics.median(own), 1),
            "own_p95_ms": round(own[int(0.95 * (len(own) - 1))], 1),
            "whole_p95_ms": round(whole[int(0.95 * (len(whole) - 1))], 1),
            "requests": round(statistics.mean(row[2] for row in times), 1),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    given = parser.parse_args()
    results: dict[int, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory(prefix="openbml-bench-") as folder, emulator(Path(folder)) as url:
        world = made_world(url)
        bench = Bench(served(world))
        for size in given.sizes:
            key = world.dataset(f"samples {size}")
            samples = planted(world, key, size, annotation_of)
            results[size] = bench.run(key, samples, given.repeats)
    print(f"{'call':44} {'samples':>8} {'own p50':>8} {'own p95':>8} {'whole p95':>10} {'requests':>9}")
    for place, row in enumerate(results[given.sizes[0]]):
        for size in given.sizes:
            at = results[size][place]
            print(
                f"{row['call']:44} {size:8} {at['own_p50_ms']:8} {at['own_p95_ms']:8} "
                f"{at['whole_p95_ms']:10} {at['requests']:9}"
            )
        last = results[given.sizes[-1]][place]
        last["slope"] = round(last["own_p95_ms"] / max(row["own_p95_ms"], 0.1), 2)
    worst = max(row["own_p95_ms"] for rows in results.values() for row in rows)
    print(f"worst own p95 {worst} ms, budget {BUDGET_MS} ms")
    document = {
        "calls": {str(size): rows for size, rows in results.items()},
        "budget_own_p95_ms": BUDGET_MS,
        "worst_own_p95_ms": worst,
        "cores": os.cpu_count(),
        "repeats": given.repeats,
    }
    RESULT.write_text(json.dumps(document, indent=2) + "\n")
    sys.exit(worst > BUDGET_MS)


if __name__ == "__main__":
    main()
