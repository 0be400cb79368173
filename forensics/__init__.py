"""Explains, with proof, why a database's migration machinery broke, and hands over the fix.

`investigate` and `check` are the two that most programs need; `forensics.pipeline` has all.
"""

from typing import TYPE_CHECKING

from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from forensics.pipeline import Investigation, check, investigate
    from forensics.progress import Progress
else:  # so that `import forensics` stays light, and a type checker still knows every name

    def __getattr__(name):  # noqa: ANN001, ANN202
        """Load what is requested by name; raises `AttributeError` for anything else."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from forensics import pipeline

        return getattr(pipeline, name)


__version__ = "0.1.0"
__all__ = ["ForensicsError", "Investigation", "Progress", "check", "investigate"]
