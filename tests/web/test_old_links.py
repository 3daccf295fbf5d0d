"""Links out of mails that do nothing any more share one page; each says where to go on."""

import pytest

from tests.web.conftest import words


@pytest.mark.parametrize(
    ("path", "advice", "button", "leads_to"),
    [
        ("/s/unknown", "Sign up again: then we send you a new one.", "See the programme", "/"),
        ("/me/addresses/prove/unknown", "Add the address again in your settings.", "Open my settings", "/me/settings"),
        ("/sign-in/unknown", "Ask for a new one. A link works once, for 15 minutes.", "Send me a new link", "/sign-in"),
    ],
)
def test_an_old_link_says_so_once_and_leads_on(app, client, path, advice, button, leads_to):
    for answer in (client.get(path), client.post(path)):
        page = words(answer)
        assert answer.status_code == 410
        assert page.partition("<main")[2].count("This link no longer works") == 1
        assert f"<p>{advice}</p>" in page
        assert f'href="{leads_to}">{button}</a>' in page
