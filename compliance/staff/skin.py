"""How django-unfold dresses the staff door; plain data, read by the settings as UNFOLD."""

from typing import Any

_LOOK = "compliance.staff.look"

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Countersign",
    "SITE_HEADER": "Countersign",
    "SITE_SUBHEADER": f"{_LOOK}.organisation",
    "SITE_URL": None,
    "SITE_ICON": f"{_LOOK}.icon",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{_LOOK}.icon"}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    # The colours of the skin come as a file, because the policy of the pages drops inline style.
    "STYLES": [f"{_LOOK}.theme", f"{_LOOK}.stylesheet", f"{_LOOK}.pages", f"{_LOOK}.heat"],
    "SCRIPTS": [f"{_LOOK}.clocks", f"{_LOOK}.script", f"{_LOOK}.palette"],
    "ACCOUNT": {"navigation": f"{_LOOK}.account_links"},
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "compliance.staff.navigation.groups",
    },
}
