"""Every form of our pages is taken from our own pages alone: a rule, not a habit."""

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant

from backend.web.signed_in import OwnForm, OwnSite, PageRoute
from tests.backend.web.operator_desk import routes_of_app

#: Whoever holds the link acts, and nobody is signed in by it: the token in the address is asked.
BY_LINK_ALONE = {"/activation/{token}", "/code-oublie"}
#: The token is looked for in a body that is read as it comes: test_establishment_borders.py,
#: test_holder_card.py and organisations/test_documents.py ask for it.
STREAMED = {
    "/espace/etablissement/{establishment_id}/import",
    "/espace/etablissement/{establishment_id}/eleves/{enrolment_id}/photo",
    "/espace/organisme/{organisation_id}/pieces",
    "/espace/pass/{beneficiary_id}/carte/photo",
}
GUARDS = {OwnForm.dependency, OwnSite.dependency}


def calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for below in dependant.dependencies:
        yield from calls(below)


def test_every_form_asks_where_it_comes_from() -> None:
    routes = [
        one
        for one in routes_of_app()
        if "POST" in (one.methods or ()) and not one.include_in_schema
    ]
    assert len(routes) > 40
    open_ones = {one.path for one in routes if not GUARDS & set(calls(one.dependant))}
    assert open_ones <= BY_LINK_ALONE | STREAMED, open_ones


def test_no_page_of_people_changes_anything_when_it_is_opened() -> None:
    """A mail scanner, a browser that reads ahead: GET is not among what acts."""
    routes = [one for one in routes_of_app() if isinstance(one, PageRoute)]
    assert len(routes) > 60
    for one in routes:
        assert one.methods in ({"GET"}, {"POST"}), one.path
