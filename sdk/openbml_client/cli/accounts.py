"""`bml login | logout | whoami | apps … | projects …`."""

from typing import Annotated

import typer

from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
)
from openbml_client.client import Client
from openbml_client.errors import OpenBMLClientError
from openbml_client.transport import Transport

apps = typer.Typer(no_args_is_help=True)
projects = typer.Typer(no_args_is_help=True)

_APPLICATION = [
    ("App id", field("app_id")),
    ("Name", field("name")),
    ("API Key", field("api_key")),
    ("Secret Key", field("secret_key")),
    ("Datasets", field("data_access")),
    ("Created", field("created_at")),
]


def login(
    email: Annotated[str | None, typer.Option(envvar="OPENBML_EMAIL", help="Your e-mail address.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="OPENBML_PASSWORD", help="Asked for when left out.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(envvar="OPENBML_URL", help="Address of the installation.")
    ] = None,
) -> None:
    """Sign in and remember the session."""
    transport = Transport(url)
    email = email or typer.prompt("E-mail")
    password = password or typer.prompt("Password", hide_input=True)
    reply = transport.sign_in(email, password)
    if reply.get("challenge") == "NEW_PASSWORD_REQUIRED":
        notes.print("This is your first sign-in: choose a password of your own.")
        new_password = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
        transport.answer_new_password(email, new_password, reply["session"])
    elif not reply.get("id_token"):
        raise OpenBMLClientError(f"The sign-in asks for {reply.get('challenge')}; use the console for it.")
    notes.print(f"Signed in to {transport.url} as {email}.")


def logout() -> None:
    """Forget the session."""
    Transport().forget()
    notes.print("Signed out.")


def whoami(as_json: JsonFlag = False) -> None:
    """Show who is signed in, and where."""
    client = Client()
    document = {**client.me(), "url": client.transport.url}
    print_fields(
        document,
        [
            ("E-mail", field("email")),
            ("Account", field("account_id")),
            ("Installation", field("url")),
            ("Paid billing", lambda me: "active" if me["paid_billing"] else "not activated"),
            ("Projects", lambda me: ", ".join(project["name"] for project in me["projects"])),
        ],
        as_json=as_json,
    )


@apps.command("create")
def create_application(
    name: str,
    description: str = "",
    project: ProjectOption = None,
    data_access: Annotated[
        str, typer.Option(help="Datasets it may reach: none, read, write or manage.")
    ] = "manage",
    as_json: JsonFlag = False,
) -> None:
    """Create an application; its API Key and Secret Key get tokens for predictions and for the data API."""
    client = Client()
    project_id = client.project(project).project_id if project else None
    made = client.create_application(name, description, project_id=project_id, data_access=data_access)
    print_fields(made, _APPLICATION, as_json=as_json)


@apps.command("list")
def list_applications(as_json: JsonFlag = False) -> None:
    """List your applications with their keys."""
    empty = "No applications yet. `bml apps create NAME` makes one."
    print_list(Client().applications(), _APPLICATION, as_json=as_json, empty=empty)


@apps.command("delete")
def delete_application(app_id: int) -> None:
    """Delete an application; its tokens stop working."""
    Client().delete_application(app_id)
    notes.print(f"Deleted application {app_id}.")


@projects.command("list")
def list_projects(as_json: JsonFlag = False) -> None:
    """List the projects you have a grant in."""
    columns = [
        ("Project id", field("project_id")),
        ("Name", field("name")),
        ("Description", field("description")),
    ]
    empty = "You have no project. Ask a project administrator for a grant."
    print_list(Client().projects(), columns, as_json=as_json, empty=empty)


@projects.command("create")
def create_project(name: str, description: str = "", as_json: JsonFlag = False) -> None:
    """Create a project."""
    document = Client().create_project(name, description)
    if as_json:
        print_json(document)
    else:
        notes.print(f"Created project {document['name']} ({document['project_id']}).")


@projects.command("use")
def use_project(project: str) -> None:
    """Make a project the default of later commands."""
    client = Client()
    chosen = client.project(project)
    session = client.transport.session
    if session is None:
        raise OpenBMLClientError("Run `bml login` first: the choice is kept with the session.")
    client.transport.remember(session.model_copy(update={"project_id": chosen.project_id}))
    notes.print(f"Later commands work in project {project}.")
