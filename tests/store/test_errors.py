"""The errors as others rely on them."""

from __future__ import annotations

from store import errors


def _all(root: type[errors.StoreError]) -> list[type[errors.StoreError]]:
    return [root, *(found for child in root.__subclasses__() for found in _all(child))]


def test_every_error_has_a_code_of_its_own() -> None:
    """No two errors share a code, so that a table from code to status can be complete."""
    codes = [error.code for error in _all(errors.StoreError)]
    assert len(codes) == len(set(codes))


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """The drawing at the top of the file names exactly the errors there are."""
    assert errors.__doc__ is not None
    for error in _all(errors.StoreError):
        assert error.__name__ in errors.__doc__
