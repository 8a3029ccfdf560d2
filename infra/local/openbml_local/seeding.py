"""The administrator of a fresh local cloud."""

from openbml_local.stack import Stack
from openbml_local.state_directory import Administrator


def seed_administrator(stack: Stack, *, pool_id: str, administrator: Administrator) -> bool:
    """Make the administrator able to sign in with the remembered password.

    Returns:
        Whether anything had to be done.
    """
    recorded = f"{pool_id} {administrator.email}"
    pool = stack.client("cognito-idp")
    try:
        status = pool.admin_get_user(UserPoolId=pool_id, Username=administrator.email)["UserStatus"]
    except pool.exceptions.UserNotFoundException:
        pool.admin_create_user(
            UserPoolId=pool_id,
            Username=administrator.email,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": administrator.email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
        status = "FORCE_CHANGE_PASSWORD"
    if status == "CONFIRMED" and stack.recorded("administrator") == recorded:
        return False
    pool.admin_set_user_password(
        UserPoolId=pool_id, Username=administrator.email, Password=administrator.password, Permanent=True
    )
    stack.record("administrator", recorded)
    return True
