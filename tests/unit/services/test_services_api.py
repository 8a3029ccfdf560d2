"""`/v1/services`: the control side of services as its function serves it, over fakes."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.compute.hostings import HostingState
from openbml.core.errors import PermissionDeniedError
from openbml.core.http import control_api
from openbml.core.pages import CursorCodec
from openbml.core.scope import Principal
from openbml.identity.projects import ProjectAccess
from openbml.services import api, api_ab_tests, api_policies
from tests.fakes.services_desk import ServicesDesk
from tests.fakes.services_memory import InMemoryCallRights
from tests.fakes.services_samples import SCOPE

EVENT = json.loads((Path(__file__).parents[3] / "functions/serve_services_api/event.json").read_text())
APP = control_api(api.router, api_ab_tests.router, api_policies.router)
FORM = {"name": "digits", "suffix": "digits", "model_id": 3, "model_version": 1}
MODULES = (api, api_ab_tests, api_policies)


class FakeAuthorizer:
    held: tuple[str, ...] = ("services.read", "services.write")

    def require(self, principal: Principal, project_id: int, permission: str) -> ProjectAccess:
        if permission not in self.held:
            raise PermissionDeniedError(permission=permission, project_id=project_id)
        return ProjectAccess(
            scope=SCOPE.model_copy(update={"project_id": project_id}),
            user_id=principal.user_id,
            permissions=frozenset(self.held),
        )


class Api:
    def __init__(self, desk: ServicesDesk, authorizer: FakeAuthorizer) -> None:
        self.desk = desk
        self.authorizer = authorizer

    def call(self, method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        return self.call_in(SCOPE.project_id, method, path, body)

    def call_in(self, project_id: int, method: str, path: str, body: Any) -> tuple[int, Any]:
        text = None if body is None else json.dumps(body)
        place = f"/v1/services/projects/{project_id}/services{path}"
        event = {**EVENT, "httpMethod": method, "path": place, "body": text}
        reply = APP.resolve(event, LambdaContext())
        return int(reply["statusCode"]), json.loads(reply["body"]) if reply["body"] else None

    def running(self) -> str:
        return f"/{self.desk.running()}"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Api:
    desk, authorizer = ServicesDesk(), FakeAuthorizer()
    rights = InMemoryCallRights()
    collaborators: dict[str, Any] = {
        "authorizer": lambda: authorizer,
        "call_rights": lambda: rights,
        "compute_gateway": lambda: desk.hostings,
        "cursor_codec": lambda: CursorCodec(b"k" * 32),
        "event_publisher": lambda: desk.events,
        "funds": lambda: desk.funds,
        "last_calls": lambda: desk.last_calls,
        "new_id": desk.new_id,
        "orders": lambda: desk.orders,
        "public_url": lambda: "https://bml.example",
        "services": lambda: desk.services,
        "utc_now": desk.now,
        "versions": lambda: desk.versions,
        "wake_orders": lambda: desk.wake_orders,
    }
    for module in MODULES:
        for name, value in collaborators.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    return Api(desk, authorizer)


def test_a_service_without_machines_waits_for_them(served: Api) -> None:
    status, made = served.call("POST", body={**FORM, "compute_units": None, "instances": None})
    assert (status, made["state"], made["compute_units"]) == (202, "unconfigured", None)
    assert (made["price_per_hour"], made["actions"]) == ("0.0", ["details", "edit", "delete"])
    path = f"/{made['service_id']}"

    for action in ("stop", "restart", "wake"):
        assert served.call("POST", f"{path}/{action}")[0] == 409
    status, half = served.call("PATCH", path, {"compute_units": 2})
    assert (status, half["error"]["code"]) == (400, "invalid_request")
    status, edited = served.call("PATCH", path, {"compute_units": 2, "instances": 2})

    assert (status, edited["state"], edited["price_per_hour"]) == (202, "deploying", "1.6")
    assert len(served.desk.orders.messages) == 1


def test_a_service_that_never_had_machines_is_deleted(served: Api) -> None:
    _, made = served.call("POST", body={**FORM, "compute_units": None, "instances": None})

    assert served.call("DELETE", f"/{made['service_id']}") == (204, None)
    assert served.call("GET", f"/{made['service_id']}")[0] == 404


def test_a_second_service_of_a_model_is_refused_with_the_first_ones_id(served: Api) -> None:
    path = served.running()

    status, refused = served.call("POST", body={**FORM, "name": "other", "suffix": "other"})

    assert (status, refused["error"]["code"]) == (409, "model_deployed")
    assert path.removeprefix("/") in refused["error"]["message"]


def test_a_test_of_two_versions_from_beginning_to_end(served: Api) -> None:
    path = served.running()
    status, added = served.call("POST", f"{path}/challenger", {"model_version": 2, "share": 20})
    assert (status, added["challenger"]["state"]) == (202, "deploying")
    assert added["traffic"] == {"challenger_share": 20, "sticky": False, "shadow": False}
    assert served.call("POST", f"{path}/challenger", {"model_version": 3})[1]["error"]["code"] == (
        "challenger_exists"
    )
    served.desk.apply(5)
    served.desk.hosting_becomes(5, HostingState.IN_SERVICE, deployment_id="5b")

    status, split = served.call("PUT", f"{path}/traffic", {"challenger_share": 80, "sticky": True})
    assert (status, split["traffic"]["challenger_share"], split["traffic"]["sticky"]) == (200, 80, True)
    status, scaled = served.call("PATCH", f"{path}/challenger", {"instances": 3})
    assert (status, scaled["challenger"]["state"], scaled["challenger"]["price_per_hour"]) == (
        202,
        "updating",
        "1.2",
    )
    assert served.call("POST", f"{path}/challenger/promote")[0] == 409
    served.desk.apply(5)
    served.desk.hosting_becomes(5, HostingState.IN_SERVICE, deployment_id="5b")
    status, promoted = served.call("POST", f"{path}/challenger/promote")

    assert (status, promoted["model_version"], promoted["challenger"]) == (200, 2, None)
    assert served.call("DELETE", f"{path}/challenger")[1]["error"]["code"] == "challenger_not_found"


def test_a_sleep_policy_is_set_shown_and_removed(served: Api) -> None:
    path = served.running()
    served.desk.last_calls.note(5, served.desk.now())
    policy = {
        "idle_minutes": 15,
        "starts_at": "2027-01-01T00:00:00+08:00",
        "while_asleep": "ticket",
        "prewarm": [{"cron": "50 7 * * mon-fri", "time_zone": "Asia/Shanghai"}],
    }

    status, view = served.call("PUT", f"{path}/sleep-policy", policy)
    assert (status, view["sleep_policy"]["state"], view["sleep_policy"]["ends_at"]) == (200, "pending", None)
    assert view["sleep_policy"]["prewarm"] == policy["prewarm"]
    assert view["last_call_at"] is not None
    _, listed = served.call("GET")
    assert listed["items"][0]["last_call_at"] == view["last_call_at"]
    wrong = {**policy, "prewarm": [{"cron": "61 * * * *", "time_zone": "Asia/Shanghai"}]}
    status, refused = served.call("PUT", f"{path}/sleep-policy", wrong)
    assert (status, refused["error"]["code"]) == (400, "invalid_request")
    status, view = served.call("DELETE", f"{path}/sleep-policy")

    assert (status, view["sleep_policy"]) == (200, None)


def test_what_is_recorded_and_how_often_is_called_is_set(served: Api) -> None:
    path = served.running()

    recording = {"mode": "sampled", "percent": 5, "keep_inputs": True}
    assert served.call("PUT", f"{path}/recording", recording)[1]["recording"] == recording
    assert served.call("PUT", f"{path}/limits", {"qps": 3})[1]["limits"]["qps"] == 3

    route = served.desk.route()
    assert (route.recording.percent, route.limits.qps) == (5, 3)
    malformed: list[Any] = [{"mode": "some"}, {"percent": 0}, {"percent": 101}, {"mode": None}, []]
    for wrong in malformed:
        assert served.call("PUT", f"{path}/recording", wrong)[0] == 400


def test_a_sleeping_service_is_woken_up(served: Api) -> None:
    path = f"/{served.desk.asleep()}"
    assert served.call("GET", path)[1]["actions"] == ["details", "stop", "change", "wake"]

    status, waking = served.call("POST", f"{path}/wake")

    assert (status, waking["state"]) == (202, "waking")
    assert len(served.desk.wake_orders.messages) == 1


def test_applications_of_others_are_given_the_right_to_call_and_it_is_taken_back(served: Api) -> None:
    path = f"{served.running()}/call-rights"

    for _ in range(2):
        status, right = served.call("POST", path, {"app_id": 77})
        assert (status, right["app_id"]) == (201, 77)
    assert [row["app_id"] for row in served.call("GET", path)[1]["items"]] == [77]
    for _ in range(2):
        assert served.call("DELETE", f"{path}/77") == (204, None)
    assert served.call("GET", path)[1]["items"] == []
    for wrong in ({"app_id": 0}, {"app_id": "x"}, {}, {"app_id": 1, "more": 2}):
        assert served.call("POST", path, wrong)[0] == 400


def test_services_are_listed_with_their_states_and_actions(served: Api) -> None:
    path = served.running()
    served.call("POST", f"{path}/stop")
    waiting = {**FORM, "name": "later", "suffix": "later", "model_id": 4}
    served.call("POST", body={**waiting, "compute_units": None, "instances": None})

    rows = {row["name"]: (row["state"], row["actions"]) for row in served.call("GET")[1]["items"]}

    assert rows == {
        "digits": ("stopping", ["details"]),
        "later": ("unconfigured", ["details", "edit", "delete"]),
    }


ROUTES = [
    ("POST", "", FORM),
    ("PATCH", "/5", {"instances": 3}),
    ("DELETE", "/5", None),
    ("POST", "/5/stop", None),
    ("POST", "/5/restart", None),
    ("POST", "/5/wake", None),
    ("PUT", "/5/limits", {}),
    ("PUT", "/5/recording", {}),
    ("PUT", "/5/sleep-policy", {"idle_minutes": 5}),
    ("DELETE", "/5/sleep-policy", None),
    ("POST", "/5/challenger", {"model_version": 2}),
    ("PATCH", "/5/challenger", {}),
    ("DELETE", "/5/challenger", None),
    ("POST", "/5/challenger/promote", None),
    ("PUT", "/5/traffic", {}),
    ("POST", "/5/call-rights", {"app_id": 77}),
    ("DELETE", "/5/call-rights/77", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_readers_change_nothing_and_other_projects_see_nothing(
    served: Api, method: str, path: str, body: Any
) -> None:
    served.running()
    served.authorizer.held = ("services.read",)
    assert served.call(method, path, body)[0] == 403
    assert served.call("GET", "/5")[0] == 200
    served.authorizer.held = FakeAuthorizer.held
    if path:
        assert served.call_in(43, method, path, body)[0] == 404
