"""The staff door with all its pages: a module of this folder registers its pages by being there."""

from importlib import import_module
from pkgutil import iter_modules

from compliance import staff
from compliance.staff.site import site

__all__ = ["site"]

for _module in iter_modules(staff.__path__, prefix=f"{staff.__name__}."):
    if _module.name != __name__:
        import_module(_module.name)
