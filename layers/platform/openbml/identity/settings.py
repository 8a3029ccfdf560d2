"""Environment of whoever checks permissions, and of whoever signs users in."""

from openbml.core.settings import Settings


class IdentitySettings(Settings):
    identity_table_name: str
    aws_region: str


class UserPoolSettings(Settings):
    user_pool_id: str
    user_pool_client_id: str


class TokenSettings(UserPoolSettings):
    """Where id tokens are verified; the endpoint variables are the AWS SDKs' own."""

    aws_region: str
    aws_endpoint_url: str = ""
    aws_endpoint_url_cognito_identity_provider: str = ""

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.{self.aws_region}.amazonaws.com/{self.user_pool_id}"

    @property
    def key_set_url(self) -> str:
        endpoint = self.aws_endpoint_url_cognito_identity_provider or self.aws_endpoint_url
        base = f"{endpoint.rstrip('/')}/{self.user_pool_id}" if endpoint else self.issuer
        return f"{base}/.well-known/jwks.json"
