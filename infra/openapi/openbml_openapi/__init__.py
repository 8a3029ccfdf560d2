"""Builds the one OpenAPI document of the control API from the contexts' routers."""
