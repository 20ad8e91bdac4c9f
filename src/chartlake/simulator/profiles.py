"""Users as JSON: as others see them, and as they see themselves."""

from collections.abc import Collection
from urllib.parse import quote

from chartlake.simulator.payloads import Json, Shape, links
from chartlake.simulator.users import User


def user_links(user_id: str) -> Json:
    """What every mention of a user has; ids of free text are quoted in addresses."""
    return {**links("user", quote(user_id, safe="")), "id": user_id}


def public_profile(user: User, shape: Shape) -> Json:
    """A user as others see them."""
    profile = {**user_links(user.user_id), "display_name": user.display_name, "images": []}
    if shape != "2026":
        profile["followers"] = {"href": None, "total": len(user.user_id)}
    return profile


def private_profile(user: User, shape: Shape, scopes: Collection[str]) -> Json:
    """A user as they see themselves, as far as the scopes go."""
    profile = public_profile(user, shape)
    if shape == "2026":
        return profile
    if "user-read-email" in scopes:
        profile["email"] = f"listener.{len(user.display_name)}@mail.example"
    if "user-read-private" in scopes:
        explicit = {"filter_enabled": False, "filter_locked": False}
        profile |= {"country": user.country, "explicit_content": explicit, "product": "premium"}
    return profile
