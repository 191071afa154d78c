"""Every kind of check. Importing this package registers each of its modules; an error in one stops the program."""

from importlib import import_module
from pkgutil import iter_modules

for _module in sorted(info.name for info in iter_modules(__path__)):
    import_module(f"{__name__}.{_module}")
